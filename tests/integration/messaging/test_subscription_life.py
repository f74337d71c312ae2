"""What a customer is told of a trial's end, a pause and a resume."""

import pytest

from tests.integration.messaging.conftest import ADA, customer, plan, said, started, subscription


def ending(outcome, minor=0, sequence=2):
    state = subscription(status="trialing")["data"]["state"]
    data = {
        "state": state,
        "ends_at": "2023-11-15T00:00:00Z",
        "outcome": outcome,
        "amount_minor": minor,
    }
    return said("sales", "SubscriptionTrialEnding.v1", data, subject="subscription/sub_1", sequence=sequence)


def method():
    data = {"customer": ADA, "method": "pm_1", "rail": "card", "label": "Visa ending in 4242"}
    return said("payments", "PaymentMethodSaved.v1", data, subject=f"customer/{ADA}")


def test_the_end_of_a_trial_is_told_with_what_will_be_charged_and_how(world):
    world.tell(plan(), started(status="trialing"), method(), ending("charge", 6378))

    mail = world.mail("trial_ending")
    assert mail.subject == "Your trial of Team ends on November 15, 2023"
    assert "$63.78 will be charged to your saved payment method (Visa ending in 4242)" in mail.text
    assert "cancel before that day and you pay nothing" in mail.text


@pytest.mark.parametrize(
    ("outcome", "minor", "says"),
    [
        ("invoice", 6378, "wir senden Ihnen eine Rechnung über 63,78"),
        ("cancel", 0, "deshalb endet Ihr Abonnement an diesem Tag"),
        ("pause", 0, "deshalb ruht Ihr Abonnement von diesem Tag an"),
        ("free_plan", 0, "mit unserem kostenlosen Tarif weiter"),
    ],
)
def test_without_a_method_it_is_told_what_happens_instead(world, outcome, minor, says):
    world.tell(plan(), customer(locale="de", sequence=2), started(status="trialing"), ending(outcome, minor))

    text = world.mail("trial_ending").text.replace("\n", " ")
    assert says in text
    assert "belastet (" not in text


def test_a_method_that_was_removed_is_not_named(world):
    data = {"customer": ADA, "method": "pm_1"}
    gone = said("payments", "PaymentMethodRemoved.v1", data, subject=f"customer/{ADA}", sequence=2)
    world.tell(plan(), started(status="trialing"), method(), gone, ending("charge", 6378))

    assert "Visa" not in world.mail("trial_ending").text


def test_who_has_gone_on_already_is_not_told_that_the_trial_will_end(world):
    world.tell(plan(), started(), ending("invoice", 6378, sequence=0))

    assert ("trial_ending", "dropped", "stale_subscription_active") in world.notices()


def test_a_pause_is_told_with_the_day_it_ends_and_so_is_the_resume(world):
    paused = subscription("Paused", status="paused", sequence=2)
    paused["data"]["state"]["resumes_at"] = "2024-01-10T00:00:00Z"
    world.tell(plan(), started(), paused)
    assert "It goes on by itself on January 10, 2024." in world.mail("paused").text

    world.tell(subscription("Resumed", sequence=3))

    assert world.mail("resumed").subject == "Your Team subscription goes on"
