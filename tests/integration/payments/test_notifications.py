"""What the provider tells: proven at the door, asked back, applied once, and found where it was lost."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from billing.core.money import Money
from billing.core.payment import AttemptStatus
from payments import providers
from payments.provider import ForgedError, Topic
from payments.stripe_webhooks import notification_in
from tests.integration.payments.conftest import SECRET

SECRET_B, NEW, EMPTY = "whsec_of_tenant_b", "whsec_new", "whsec_"
TEXT = json.dumps(
    {"id": "evt_x", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_x"}}}
)


@pytest.fixture
def acting(payments):
    """An attempt that waits for its customer."""
    payments.save_card("pm_3ds_1")
    payments.finalize()
    return payments


def verdicts(payments):
    return {row["pk"].rsplit("/", 1)[1]: row["verdict"] for row in payments.rows("NOTIFICATION")}


def test_a_webhook_told_five_times_is_applied_once(acting):
    told = acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)

    for _ in range(5):
        assert acting.deliver(told) == 200
    acting.settle()
    acting.deliver(told)
    acting.settle()

    assert acting.attempts() == [(1, "succeeded")]
    assert acting.balances() == {"provider_clearing": 6378, "collections": -6378}
    assert len(acting.said("PaymentSucceeded.v1")) == 1
    assert acting.unsettled() == {("evt_InvoiceFinalized.v1_invoice/inv_1_1", "payments.on_sales_events")}


def test_webhooks_in_the_wrong_order_change_nothing(acting):
    slow = acting.provider.becomes("pi_1", AttemptStatus.PENDING)
    paid = acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)

    for told in (paid, slow):
        acting.deliver(told)
        acting.settle()

    assert acting.attempts() == [(1, "succeeded")]
    assert verdicts(acting) | {"evt_1": None} == {
        "evt_1": None,
        paid.id: "applied",
        slow.id: "no news",
    }


def test_a_type_nobody_supports_is_kept_and_changes_nothing(payments):
    told = payments.provider.tell("customer.created", Topic.UNSUPPORTED, "cus_1")

    assert payments.deliver(told) == 200
    payments.settle()

    assert verdicts(payments) == {told.id: "unsupported"}
    assert payments.dead == []


def test_a_charge_of_somebody_else_in_the_same_account_is_not_ours(payments):
    payments.provider.takes(500)

    payments.deliver(payments.provider.tell("payment_intent.succeeded", Topic.PAYMENT, "pi_1"))
    payments.settle()

    assert list(verdicts(payments).values()) == ["foreign"]
    assert payments.balances() == {}
    _, found = payments.ask("GET", "/payments/reconciliation")
    assert found == {
        "agrees": False,
        "matched": 0,
        "differences": [
            {"kind": "unknown_to_us", "about": "pi_1", "currency": "USD", "ours": None, "theirs": 500}
        ],
    }


def test_a_charge_of_another_amount_than_asked_for_is_not_applied(acting):
    intent = acting.provider.intents["pi_1"]
    told = acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)
    object.__setattr__(intent.order, "amount", Money(1, "USD"))

    acting.deliver(told)
    acting.settle()

    assert verdicts(acting)[told.id] == "mismatch"
    assert acting.balances() == {}
    [difference] = acting.ask("GET", "/payments/reconciliation")[1]["differences"]
    assert (difference["kind"], difference["theirs"]) == ("unknown_to_us", 1)


def test_a_webhook_of_another_tenant_reaches_nothing_of_ours(acting):
    acting.open_tenant("ten_b", clock="clk_b", secrets=(SECRET_B,))
    told = acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)

    assert acting.deliver(told, tenant="ten_b") == 400  # signed with a secret of ten_a
    assert acting.deliver(told, tenant="ten_b", secret=SECRET_B) == 200
    acting.settle()

    assert acting.attempts() == [(1, "requires_action")]
    assert acting.balances() == {}


def test_what_no_webhook_told_is_found_and_applied_once(acting):
    told = acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)

    acting.later(minutes=6)
    assert acting.attempts() == [(1, "succeeded")]

    acting.deliver(told)
    acting.later(minutes=6)
    assert len(acting.said("PaymentSucceeded.v1")) == 1
    assert acting.balances()["provider_clearing"] == 6378


def test_a_provider_that_is_down_is_asked_again_later(acting):
    acting.provider.faults = ["down"]
    acting.provider.becomes("pi_1", AttemptStatus.SUCCEEDED)
    acting.later(hours=2)
    assert acting.attempts() == [(1, "requires_action")]

    acting.provider.faults = []
    acting.later(hours=7)

    assert acting.attempts() == [(1, "succeeded")]


def test_a_signature_is_accepted_from_either_secret_during_a_rotation(payments):
    payments.set_credentials({"api_key": "sk_test_1", "webhook_secrets": [NEW, SECRET]})

    assert payments.post(TEXT, secret=SECRET)[0] == 200
    assert payments.post(TEXT, secret=NEW)[0] == 200
    assert payments.post(TEXT, secret=SECRET_B)[0] == 400


def test_a_body_wrapped_by_the_gateway_is_the_body_that_was_signed(payments):
    assert payments.post(TEXT, wrapped=True)[0] == 200


def test_what_proves_nothing_reads_one_answer_and_leaves_nothing(payments):
    before = len(payments.rows())
    for body, more in [
        (TEXT, {"secret": "whsec_forged"}),
        (TEXT, {"at": datetime.now(UTC) - timedelta(seconds=301)}),
        (TEXT, {"at": datetime.now(UTC) + timedelta(hours=2)}),
        (TEXT, {"header": ""}),
        (TEXT, {"header": "t=abc,v1=00"}),
        (TEXT, {"header": "v1=00"}),
        (TEXT, {"tenant": "ten_unknown"}),
        (TEXT, {"tenant": "../ten_a"}),
        ('{"id": "evt_x"}', {}),
        ("[]", {}),
        ("not json", {}),
        ('{"id": "a", "id": "b"}', {}),
        ('{"created": 1e1000000}', {}),
        ("[" * 100_000, {}),
        (b"\xff\xfe", {}),
    ]:
        status, answer = payments.post(body, **more)

        assert (status, answer["code"]) == (400, "webhook_refused")
        assert answer["detail"] == "the signature proves nothing for this address"
    assert len(payments.rows()) == before


def test_credentials_that_are_empty_prove_nothing(payments):
    for credentials in (" ", "{}", "nonsense", '{"api_key": "", "webhook_secrets": ["whsec_x"]}'):
        payments.set_credentials(credentials)
        assert payments.post(TEXT)[0] == 400

    payments.set_credentials({"api_key": "sk_test_1", "webhook_secrets": [""]})
    assert payments.post(TEXT, secret=EMPTY)[0] == 400
    payments.set_credentials({"api_key": "sk_test_1", "webhook_secrets": []})
    assert payments.post(TEXT)[0] == 400


def test_the_parser_of_a_notification_does_no_io_and_names_the_topic():
    with pytest.raises(ForgedError):
        notification_in(TEXT.encode(), "t=1,v1=00", (SECRET,))


def test_a_tenant_without_credentials_waits_in_the_dead_letters_by_name(payments, monkeypatch):
    monkeypatch.setattr(providers, "provider_of", payments.open_provider)
    monkeypatch.setenv("PARAMETER_PREFIX", "/billing/test/elsewhere")
    providers._read.cache_clear()
    payments.put_on_queue("webhooks", _received())

    payments.settle()

    [letter] = payments.dead
    assert letter["reason"] == (
        "RuleError: provider_not_configured: "
        "put the tenant's credentials into the parameter /billing/test/elsewhere/ten_a/stripe"
    )


def _received():
    data = {
        "provider": "stripe",
        "notification": "evt_9",
        "type": "payment_intent.succeeded",
        "topic": "payment",
        "ref": "pi_9",
    }
    return {
        "id": "evt_local",
        "source": "billing.payments",
        "type": "NotificationReceived.v1",
        "subject": "notification/evt_9",
        "time": "2023-11-01T00:00:00Z",
        "tenant": "ten_a",
        "sequence": 0,
        "recordedat": "2023-11-01T00:00:00Z",
        "correlationid": "x",
        "causationid": "x",
        "actor": "provider/stripe",
        "data": data,
    }
