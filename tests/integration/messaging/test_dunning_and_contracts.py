"""What customers read while an invoice stays unpaid, is corrected, and when their contract changes."""

from tests.integration.messaging.conftest import (
    about_invoice,
    access,
    credited,
    customer,
    dunning,
    failed,
    finalized,
    method,
    paid,
    plan,
    refunded,
    started,
    subscription,
)


def test_a_reminder_asks_for_what_is_open(world):
    world.tell(finalized(), dunning())

    mail = world.mail("reminder")
    assert mail.subject == "Reminder: invoice INV-1 from Acme, $1,234.56"
    assert "Please pay it as soon as you can." in mail.text


def test_a_reminder_to_who_has_a_card_speaks_of_the_card(world):
    world.tell(finalized(), method(), dunning())

    assert (
        "We could not charge your saved payment method (Visa ending in 4242) so far."
        in world.mail("reminder").text
    )


def test_steps_that_others_act_on_are_not_told_twice(world):
    world.tell(finalized(), dunning("cancel_subscription", 2), dunning("write_off", 3))

    assert [mail.tags["template"] for mail in world.mails] == ["invoice"]


def test_whoever_has_paid_is_not_reminded(world):
    restricted = access("Restricted", since="2023-12-20T00:00:00Z", keeps=[])
    world.tell(finalized(), paid())

    world.tell(dunning(), about_invoice("InvoiceOverdue.v1"), failed(), restricted)

    assert sorted(mail.tags["template"] for mail in world.mails) == ["invoice", "receipt"]
    assert {reason for _, status, reason in world.notices() if status == "dropped"} == {"stale_invoice_paid"}


def test_an_invoice_that_was_given_up_is_not_asked_for(world):
    world.tell(finalized(), about_invoice("InvoiceWrittenOff.v1", reason="uncollectible"))

    world.tell(dunning())

    assert ("reminder", "dropped", "stale_invoice_written_off") in world.notices()


def test_an_overdue_invoice_is_told_with_the_day_it_was_due(world):
    world.tell(finalized(), about_invoice("InvoiceOverdue.v1"))

    mail = world.mail("overdue")
    assert mail.subject == "Invoice INV-1 from Acme is overdue: $1,234.56"
    assert "Invoice INV-1 was due on December 15, 2023" in mail.text


def test_a_restricted_customer_learns_how_to_get_everything_back_and_when_they_have(world):
    world.tell(finalized(), access("Restricted", since="2023-12-20T00:00:00Z", keeps=["login"]))
    world.tell(paid(), access("Restored"))

    assert "Until it is paid, you can use only a part of Acme." in world.mail("restricted").text
    assert world.mail("restored").subject == "Your access to Acme is complete again"


def test_a_credit_note_says_what_became_of_it(world):
    world.tell(finalized(), credited(applied_minor=1000, balance_minor=2000, refund_minor=2000))
    world.tell(refunded(2000))

    note = world.mail("credit_note")
    assert note.subject == "Credit note CN-1 from Acme: $30.00"
    assert "What is due on the invoice is lower by this correction.\n" in note.text
    assert "We are sending money back to you" in note.text
    assert "balance" not in note.text
    assert world.mail("refund").subject == "Your refund of $20.00 from Acme"


def test_the_receipt_of_a_credited_invoice_claims_no_more_than_is_known(world):
    world.tell(finalized(), credited(applied_minor=3000))
    world.tell(paid())

    assert "Invoice total: $1,234.56\n" in world.mail("receipt").text
    assert "Amount paid" not in world.mail("receipt").text


def test_a_changed_plan_is_confirmed(world):
    world.tell(plan("Pro", "pro"), started(), subscription("Changed", plan="pro", sequence=2))

    assert world.mail("plan_changed").subject == "Your plan with Acme is now Pro"


def test_a_change_that_waits_for_the_next_period_is_told_when_it_begins(world):
    waits = subscription("Changed", pending_plan="pro", sequence=2)
    world.tell(plan("Pro", "pro"), started(), waits)
    assert [notice for notice in world.notices() if notice[0] == "plan_changed"] == []

    world.tell(subscription("Changed", plan="pro", sequence=3))

    assert world.mail("plan_changed").subject == "Your plan with Acme is now Pro"


def test_a_cancellation_is_confirmed_with_the_day_it_takes_effect_and_then_the_end(world):
    ends = {"ends_at": "2023-12-01T00:00:00Z"}
    world.tell(customer(locale="de", sequence=2), started())
    world.tell(subscription("Cancelled", status="canceling", sequence=2, **ends))
    world.tell(subscription("Ended", status="ended", sequence=3, **ends))

    assert "Bis zum 1. Dezember 2023 können Sie alles weiter nutzen" in world.mail("cancelled").text
    assert world.mail("ended").subject == "Ihr Abonnement Team bei Acme ist beendet"


def test_a_cancellation_taken_back_before_its_mail_left_is_not_confirmed(world):
    cancelled = subscription("Cancelled", status="canceling", sequence=2, ends_at="2023-12-01T00:00:00Z")
    taken_back = subscription("Renewed", sequence=3)

    world.tell(taken_back, cancelled)

    assert world.notices() == [("cancelled", "dropped", "stale_subscription_active")]


def test_an_older_event_that_comes_late_still_says_its_own(world):
    renewed = subscription("Renewed", sequence=2)

    world.tell(renewed)
    world.tell(started())

    assert [mail.tags["template"] for mail in world.mails] == ["welcome"]


PARTS = [
    {"due_at": "2023-12-01T00:00:00Z", "amount_minor": 23456},
    {"due_at": "2024-01-01T00:00:00Z", "amount_minor": 50000},
    {"due_at": "2024-02-01T00:00:00Z", "amount_minor": 50000},
]


def in_parts(event, **more):
    event["data"]["invoice"] |= {"instalments": PARTS, "due_at": PARTS[-1]["due_at"]}
    event["data"] |= more
    return event


def test_an_invoice_in_instalments_names_each_and_its_day(world):
    world.tell(in_parts(finalized()))

    mail = world.mail("invoice")
    assert mail.subject == "Invoice INV-1 from Acme: $1,234.56"
    said = "$234.56 (December 1, 2023), $500.00 (January 1, 2024), $500.00 (February 1, 2024)"
    assert f"It is payable in instalments: {said}." in mail.text
    assert "Please pay each of them by its day." in mail.text
    assert "Please pay this invoice by" not in mail.text


def test_of_an_invoice_in_instalments_only_what_is_late_is_asked_for(world):
    world.tell(in_parts(finalized()), method())
    late = about_invoice("InvoiceOverdue.v1", late_minor=50000) | {"time": "2024-01-04T00:00:00Z"}

    world.tell(in_parts(late))

    mail = world.mail("overdue")
    assert mail.subject == "Invoice INV-1 from Acme is overdue: $500.00"
    assert "was due on January 1, 2024" in mail.text
