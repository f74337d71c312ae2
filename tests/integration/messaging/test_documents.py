"""What has a document is told when it can be read, with its link, once; and again when somebody asks."""

import pytest

from tests.integration.messaging.conftest import (
    RECORD,
    credited,
    customer,
    documented,
    dunning,
    finalized,
    method,
    paid,
    voided,
)


@pytest.fixture
def world(world, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://api.acme.example/")
    return world


def test_a_receipt_waits_for_its_document_and_leads_to_it(world):
    world.tell(finalized(record=RECORD))
    world.tell(paid())
    assert world.mails == []

    world.tell(documented("receipt", due=0, about_at="2023-12-01T00:00:00Z"))

    (mail,) = world.mails
    assert mail.subject == "Receipt for invoice INV-1: $1,234.56"
    assert "We have received your payment for invoice INV-1." in mail.text
    assert "Paid on: December 1, 2023\n" in mail.text
    assert "Receipt as PDF:\nhttps://api.acme.example/documents/open/ten_a.receipt_1\n" in mail.text


def test_a_payment_heard_of_before_its_invoice_is_told_by_the_document_too(world):
    world.tell(paid(), finalized(record=RECORD))
    world.tell(documented("receipt", due=0))

    assert [mail.tags["template"] for mail in world.mails] == ["receipt"]
    assert ("receipt", "dropped", "told_by_its_document") in world.notices()


def test_what_the_balance_paid_has_no_receipt_to_wait_for(world):
    world.tell(finalized(record=RECORD), paid(payment=None))

    assert "has been settled from your balance" in world.mail("receipt").text


def test_an_invoice_that_the_balance_paid_is_sent_and_asks_for_nothing(world):
    data = finalized(record=RECORD)
    data["data"]["invoice"]["due_minor"] = 0

    world.tell(data, documented("invoice", due=0))

    mail = world.mail("invoice")
    assert mail.subject == "Invoice INV-1 from Acme: $1,234.56"
    assert "This invoice has been paid in the meantime." in mail.text
    assert "Invoice as PDF:\nhttps://api.acme.example/documents/open/ten_a.invoice_1\n" in mail.text
    assert "Pay invoice" not in mail.text


def test_a_credit_note_leads_to_its_document_and_says_where_the_money_is(world):
    note = credited(balance_minor=3000, record=RECORD)
    note["data"]["credit_note"]["credit_note"] = "credit_note_1"

    world.tell(finalized(record=RECORD), note)
    assert [mail.tags["template"] for mail in world.mails] == []
    world.tell(documented("credit_note", 3000, number="CN-1"))

    mail = world.mail("credit_note")
    assert mail.subject == "Credit note CN-1 from Acme: $30.00"
    assert "Your balance has grown" in mail.text
    assert "Credit note as PDF:\nhttps://api.acme.example/documents/open/ten_a.credit_note_1\n" in mail.text


def test_a_reminder_leads_to_its_letter_unless_the_invoice_is_settled(world):
    world.tell(finalized(record=RECORD), dunning(number="INV-1"))
    assert world.mails == []
    world.tell(documented("reminder"))

    mail = world.mail("reminder")
    assert "Reminder as PDF:\nhttps://api.acme.example/documents/open/ten_a.reminder_1\n" in mail.text

    world.tell(paid())
    world.tell(documented("reminder", sequence=2, again=True))
    assert ("reminder", "dropped", "stale_invoice_paid") in world.notices()


def test_without_a_document_everything_is_told_at_once(world):
    world.tell(finalized(), paid(), credited(applied_minor=3000), dunning(number="INV-1"))

    assert sorted(template for template, _, _ in world.notices()) == [
        "credit_note",
        "invoice",
        "receipt",
        "reminder",
    ]


def test_every_kind_is_sent_again_when_somebody_asks(world):
    note = credited(balance_minor=3000, record=RECORD)
    note["data"]["credit_note"]["credit_note"] = "credit_note_1"
    world.tell(finalized(record=RECORD), note)
    kinds = ("invoice", "receipt", "credit_note", "reminder", "statement")
    for kind in kinds:
        for sequence in (1, 2):
            world.tell(documented(kind, sequence=sequence, again=sequence == 2))

    sent = [mail.tags["template"] for mail in world.mails]
    assert {kind: sent.count(kind) for kind in kinds} == dict.fromkeys(kinds, 2)


def test_a_voided_invoice_is_not_sent_again(world):
    world.tell(finalized(record=RECORD), voided())
    world.tell(documented(sequence=2, again=True))

    assert world.mails == []


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (3000, "Balance to pay: $30.00\n"),
        (-3000, "Balance in your favour: $30.00\n"),
        (0, "Balance: $0.00\n"),
    ],
)
def test_a_statement_says_what_is_owed_and_leads_to_it(world, due, said):
    world.tell(documented("statement", 0, due, number="20231130-ABC", invoice="", mail=True))

    mail = world.mail("statement")
    assert mail.subject == "Account statement 20231130-ABC from Acme"
    assert said in mail.text
    assert "Statement as PDF:\nhttps://api.acme.example/documents/open/ten_a.statement_1\n" in mail.text


def test_a_statement_nobody_wants_mailed_is_not(world):
    world.tell(documented("statement", 0, 3000, invoice="", mail=False))

    assert world.mails == []


@pytest.mark.parametrize(
    ("rail", "brand", "last4", "said"),
    [
        ("card", "Visa", "4242", "(Visa mit der Endziffer 4242)"),
        ("sepa_debit", "SEPA debit", "3201", "(SEPA-Lastschrift mit der Endziffer 3201)"),
        ("twint", "TWINT", None, "(TWINT)"),
    ],
)
def test_a_german_reads_of_a_card_in_german(world, rail, brand, last4, said):
    printed = {"brand": brand} | ({"last4": last4} if last4 else {})
    world.tell(customer(locale="de_DE", sequence=2), method(rail=rail, **printed), finalized())

    (mail,) = world.mails
    assert said in mail.text
    assert "ending in" not in mail.text + mail.html
