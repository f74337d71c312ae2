import pytest

from billing.aws.settings import SettingError
from billing.core.errors import RuleError
from billing.core.payment import AttemptStatus, Reason
from payments.provider import Topic
from payments.stripe_account import Credentials, credentials_in
from payments.stripe_outcomes import declined, label_of, needs_customer, outcome_of, topic_of
from payments.stripe_provider import StripeProvider

GOOD = Credentials("sk_test_1", ("whsec_1",))


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("succeeded", AttemptStatus.SUCCEEDED),
        ("processing", AttemptStatus.PENDING),
        ("canceled", AttemptStatus.CANCELED),
        ("requires_capture", AttemptStatus.PENDING),
        ("requires_confirmation", AttemptStatus.UNKNOWN),
        ("requires_payment_method", AttemptStatus.UNKNOWN),
        ("a_status_of_next_year", AttemptStatus.UNKNOWN),
    ],
)
def test_the_status_of_an_intent(status, expected):
    assert outcome_of({"id": "pi_1", "status": status}).status is expected


def test_a_decline_in_our_words():
    intent = {
        "id": "pi_1",
        "status": "requires_payment_method",
        "last_payment_error": {"code": "card_declined", "decline_code": "stolen_card"},
    }

    found = outcome_of(intent)

    assert (found.status, found.reason) == (AttemptStatus.FAILED, Reason.LOST_OR_STOLEN)
    assert (found.raw_code, found.provider_ref) == ("stolen_card", "pi_1")


def test_a_code_nobody_wrote_down_is_other_and_kept():
    found = declined({"code": "brand_new", "decline_code": "unheard_of"}, None)

    assert (found.reason, found.raw_code) == (Reason.OTHER, "unheard_of")


def test_a_bank_that_asks_is_not_a_decline_yet():
    asked = {"status": "requires_payment_method", "last_payment_error": {"code": "authentication_required"}}

    assert needs_customer(asked)
    assert not needs_customer(asked | {"status": "requires_action"})
    assert not needs_customer({**asked, "last_payment_error": {"code": "card_declined"}})


def test_what_events_are_about():
    def event(type_, **subject):
        return {"type": type_, "data": {"object": {"id": "x_1", **subject}}}

    assert topic_of(event("payment_intent.succeeded")) == (Topic.PAYMENT, "x_1")
    assert topic_of(event("setup_intent.succeeded")) == (Topic.SETUP, "x_1")
    session = event("checkout.session.completed", mode="setup", setup_intent="seti_1")
    assert topic_of(session) == (Topic.SETUP, "seti_1")
    assert topic_of(event("checkout.session.completed", mode="payment")) == (Topic.UNSUPPORTED, "x_1")
    assert topic_of(event("radar.early_fraud_warning.created")) == (Topic.UNSUPPORTED, "x_1")


@pytest.mark.parametrize(
    ("method", "label"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, "Visa ending in 4242"),
        (
            {"type": "card", "card": {"brand": "american_express", "last4": "0005"}},
            "American Express ending in 0005",
        ),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "3201"}}, "SEPA debit ending in 3201"),
        ({"type": "paypal", "paypal": {}}, "PayPal"),
        ({"type": "twint"}, "TWINT"),
    ],
)
def test_a_method_as_a_person_knows_it(method, label):
    assert label_of(method) == (method["type"], label)


@pytest.mark.parametrize(
    "address", ["http://api.example.com", "http://127.0.0.1.example.com", "ftp://127.0.0.1"]
)
def test_an_address_that_is_neither_https_nor_this_machine_is_refused(address):
    with pytest.raises(SettingError, match="neither https nor on this machine"):
        StripeProvider(GOOD, address)


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
def test_a_live_key_goes_nowhere_but_to_stripe(key):
    with pytest.raises(SettingError, match="live key"):
        StripeProvider(Credentials(key, ("whsec_1",)), "http://127.0.0.1:1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"api_key": "k"}',
        '{"api_key": "", "webhook_secrets": ["whsec_1"]}',
        '{"api_key": "k", "webhook_secrets": []}',
        '{"api_key": "k", "webhook_secrets": ["whsec_"]}',
    ],
)
def test_credentials_that_lack_something_are_refused(text):
    with pytest.raises(RuleError):
        credentials_in(text)
