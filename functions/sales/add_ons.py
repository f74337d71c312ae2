"""Which add-ons a subscription has, at an order and after a change: in which version, and if they fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from billing.aws.table import Table
from billing.core.add_ons import Taken, require_fitting, without_unfitting
from billing.core.agreed import NOTHING, Agreement, TakenAddOn
from billing.core.catalogue import Plan
from billing.core.changing import states_ahead
from billing.core.errors import RuleError
from billing.core.plan_change import Wish
from billing.core.scheduled import NewTerms, PaidChange
from billing.core.subscription import Subscription
from sales import catalogue, overrides

FIELD = "body.add_ons"

Quantities = Mapping[str, int]  # how often each add-on is wanted, by its key


def ordered(
    table: Table, tenant: str, plan: str | None, bundle: str | None, add_ons: Quantities
) -> tuple[Plan, Agreement]:
    """The plan on sale that is ordered, by itself or as a bundle, and what is agreed beside it."""
    if (plan is None) == (bundle is None):
        raise RuleError("plan_or_bundle", "name a plan or a bundle", "body.plan")
    if bundle is None:
        agreement = Agreement(add_ons=_on_sale(table, tenant, add_ons))
        return catalogue.plan_on_sale(table, tenant, plan or ""), agreement
    sold = catalogue.bundle_on_sale(table, tenant, bundle)
    wanted = {each.key: each.quantity for each in sold.add_ons} | dict(add_ons)
    agreement = Agreement(sold.overrides, _on_sale(table, tenant, wanted), sold.ref)
    return catalogue.plan_on_sale(table, tenant, sold.plan), agreement


def wished(
    table: Table,
    tenant: str,
    before: Subscription,
    wish: Wish,
    add_ons: Quantities,
    *,
    plan: str | None,
    give_up: bool,
    newest: Collection[str] = (),
) -> Wish:
    """A wish with its add-ons: one that is had keeps its version, another comes in the one on sale.

    Those of `newest` come in that one too. With `give_up` those are given up that the new plan cannot have.
    """
    had = {each.key: each for each in _had(before)}
    unknown = [key for key, quantity in add_ons.items() if not quantity and key not in had]
    if unknown:
        raise RuleError("add_on_not_had", f"it has no {', '.join(unknown)}", FIELD)
    stay = {key for key, quantity in add_ons.items() if key in had and not (quantity and key in newest)}
    new = _on_sale(table, tenant, {key: n for key, n in add_ons.items() if key not in stay})
    kept = [replace(had[key], quantity=quantity) for key, quantity in add_ons.items() if key in stay]
    taking = Agreement(add_ons=tuple(had.values())).taking([*kept, *new])
    gone: list[TakenAddOn] = []
    if give_up and plan is not None:
        new_plan = catalogue.plan_on_sale(table, tenant, plan)
        fitting = without_unfitting(new_plan, _taken(table, tenant, taking))
        left = {add_on.key for add_on, _ in fitting}
        gone = [replace(each, quantity=0) for each in taking.add_ons if each.key not in left]
    own = overrides.at_change(table, tenant, before, plan)
    return replace(wish, add_ons=(*kept, *new, *gone), same_plan=plan is None, overrides=own)


def require_sound(table: Table, tenant: str, subscription: Subscription) -> None:
    """Refuse add-ons and overrides that do not go with the plan, now or once what waits is in force."""
    for under in states_ahead(subscription):
        if under.agreement != NOTHING:
            plan = catalogue.plan_version(table, tenant, under.plan, under.plan_version)
            require_fitting(plan, _taken(table, tenant, under.agreement), under.currency, FIELD)
            overrides.require_holding(table, tenant, plan, under.agreement)


def require_orderable(table: Table, tenant: str, plan: Plan, agreement: Agreement, currency: str) -> None:
    """Refuse add-ons that do not go with the plan, or with each other."""
    require_fitting(plan, _taken(table, tenant, agreement), currency, FIELD)


def _terms(what: object) -> NewTerms | None:
    if isinstance(what, PaidChange):
        return what.terms
    return what if isinstance(what, NewTerms) else None


def _had(subscription: Subscription) -> tuple[TakenAddOn, ...]:
    """Those it has, and those that are scheduled for it."""
    agreement = subscription.agreement
    for each in subscription.scheduled:
        terms = _terms(each.what)
        coming = terms.add_ons if terms else None
        agreement = agreement.taking(one for one in coming or () if one.quantity)
    return agreement.add_ons


def _on_sale(table: Table, tenant: str, wanted: Quantities) -> tuple[TakenAddOn, ...]:
    found = {key: catalogue.add_on_on_sale(table, tenant, key) for key in wanted}
    return tuple(TakenAddOn(key, found[key].version, quantity) for key, quantity in wanted.items())


def _taken(table: Table, tenant: str, agreement: Agreement) -> list[Taken]:
    return [
        (catalogue.add_on_version(table, tenant, each.key, each.version), each.quantity)
        for each in agreement.add_ons
    ]
