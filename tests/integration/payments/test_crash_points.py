"""Whoever dies, before or after any call to AWS or the provider: one charge, one refund, the same books."""

import json
from collections import Counter

from billing.core.payment import AttemptStatus
from payments import providers
from tests.integration.payments.conftest import NOVEMBER, Payments
from tests.integration.test_crash_points import a_fresh_cloud, outcome, plans
from tests.wire import Crash, Fault

CALLS = frozenset({"ensure_customer", "begin_setup", "saved", "charge", "cancel", "fetch", "find", "refund"})
RETRIED = {"version", "looks"}  # what a repeated look may count twice


class Dying:
    """A provider whose n-th call of every kind kills whoever makes it, before or after it took effect."""

    def __init__(self, provider, number=0, fault=None):
        self._provider, self._number, self._fault = provider, number, fault
        self.made = Counter()

    def __getattr__(self, name):
        found = getattr(self._provider, name)
        if name not in CALLS:
            return found

        def call(*args):
            kind = "setup" if name in {"ensure_customer", "begin_setup"} else name  # of one request
            self.made[kind] += 1
            strikes = self.made[kind] == self._number
            if strikes and self._fault is Fault.BEFORE:
                raise Crash(name)
            answer = found(*args)
            if strikes and self._fault is Fault.AFTER:
                raise Crash(name)
            return answer

        return call


def play(monkeypatch, wire, number=0, fault=None):
    """A card, a charge, a decline and its retry, a bank that asks, a lost answer, a credit, a refund."""
    payments = Payments(monkeypatch, wire)
    provider = payments.provider
    dying = Dying(provider, number, fault)
    monkeypatch.setattr(providers, "provider_of", lambda _tenant: dying)
    payments.open_tenant()
    payments.finalize("inv_1")
    payments.save_card("pm_declined_1")
    payments.advance(NOVEMBER.replace(day=2))
    payments.save_card("pm_3ds_1")
    payments.sales_says("CollectionHoldRequested.v1", hold="crn_1", invoice="inv_1", customer="cus_ada")
    payments.issue("crn_1", applied=378)
    ref = f"pi_{len(provider.intents)}"
    payments.deliver(provider.becomes(ref, AttemptStatus.SUCCEEDED))
    payments.settle()
    payments.ask("POST", "/payments/invoices/inv_1/refunds", {"minor": 1000}, key="refund")
    payments.settle()
    payments.ask("DELETE", "/payments/customers/cus_ada/methods/pm_declined_1", key="remove")
    payments.now = NOVEMBER.replace(day=2, hour=12)
    payments.save_card("pm_visa")
    provider.faults = ["unsent"]
    payments.finalize("inv_2", 200)
    payments.later(minutes=2)
    payments.later(minutes=6)
    provider.faults = []
    more = {
        "charged": sorted((i.order.attempt, i.outcome.status) for i in provider.intents.values()),
        "refunded": sorted(r.refund for _, r in provider.refunds.values()),
        "books": payments.balances(),
        "attempts": [payments.attempts("inv_1"), payments.attempts("inv_2")],
    }
    return payments, more, dying


def compared(payments, more):
    """The end, but for how often one looked."""
    found = outcome(payments, more)
    rows = {key: json.loads(text) for key, text in found["rows"].items()}
    for row in rows.values():
        if isinstance(row, dict):  # and not a list of audited changes
            for name in RETRIED:
                row.pop(name, None)
    return found | {"rows": rows}


def differing(expected, found):
    """What is there on one side only, or otherwise."""
    if not isinstance(expected, dict):
        return ""
    return {
        key: (expected.get(key), found.get(key))
        for key in expected.keys() | found.keys()
        if expected.get(key) != found.get(key)
    }


def test_whoever_dies_at_the_wire_of_aws(monkeypatch):
    with a_fresh_cloud() as wire:
        expected = compared(*play(monkeypatch, wire)[:2])
        calls = wire.calls
    assert expected["dead"] == []
    assert expected["books"] == {"provider_clearing": 5200, "collections": -5200}
    assert expected["attempts"] == [
        [(1, "failed"), (2, "failed"), (3, "canceled"), (4, "succeeded")],
        [(1, "succeeded")],
    ]
    for plan in plans(calls):
        with a_fresh_cloud() as wire:
            for who, (number, fault) in plan.items():
                wire.strike(who, number, fault)
            found = compared(*play(monkeypatch, wire)[:2])
        for part, value in expected.items():
            assert found[part] == value, (
                f"{part} differs after: {wire.struck} {differing(value, found[part])}"
            )


def test_whoever_dies_at_a_call_to_the_provider(monkeypatch):
    with a_fresh_cloud() as wire:
        payments, more, dying = play(monkeypatch, wire)
        expected = compared(payments, more)
    assert dying.made.keys() >= {"setup", "saved", "charge", "cancel", "fetch", "find", "refund"}
    for number in range(1, max(dying.made.values()) + 1):
        for fault in (Fault.BEFORE, Fault.AFTER):
            with a_fresh_cloud() as wire:
                payments, more, _ = play(monkeypatch, wire, number, fault)
                found = compared(payments, more)
            for part in expected.keys() - {"rows"}:  # who dies may come sooner to a success: no look is owed
                difference = differing(expected[part], found[part])
                assert found[part] == expected[part], f"{part}: {fault} at every {number}. call: {difference}"
