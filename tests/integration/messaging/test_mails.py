"""What customers read: literal subjects and bodies, in their language, with hostile input inside."""

from html import unescape

from tests.integration.messaging.conftest import (
    ADA,
    customer,
    failed,
    finalized,
    method,
    paid,
    plan,
    said,
    seller,
    started,
    to_confirm,
)


def test_a_subscriber_is_welcomed(world):
    world.tell(started())

    (mail,) = world.mails
    assert (mail.sender, mail.to) == ("Acme <billing@acme.example>", "ada@example.com")
    assert mail.subject == "Welcome to Acme: your Team plan is active"
    assert mail.text == (
        "Hello Ada Byron,\n\n"
        "Thank you for subscribing to Team. Your subscription is active and you can start right away.\n\n"
        "Whenever there is something to pay, we send you an invoice, and a receipt for every payment.\n\n"
        "Plan: Team\nSince: November 1, 2023\n\n"
        "Kind regards\nAcme\n\n--\n"
        "You receive this message because you are a customer of Acme.\n"
        "Acme AG, Switzerland\n"
    )
    assert world.said("NoticeSent.v1") == [
        {"notice": mail.tags["notice"], "customer": ADA, "template": "welcome", "channel": "email"}
    ]


def test_an_invoice_that_a_saved_card_pays_asks_for_nothing(world, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://api.acme.example/")

    world.tell(method(), finalized())

    (mail,) = world.mails
    assert mail.subject == "Invoice INV-1 from Acme: $1,234.56"
    assert mail.text == (
        "Hello Ada Byron,\n\n"
        "We will charge this amount to your saved payment method (Visa ending in 4242). "
        "There is nothing you need to do.\n\n"
        "Amount due: $1,234.56\n"
        "Invoice number: INV-1\n"
        "Due date: December 15, 2023\n"
        "Issued by: Acme AG\n\n"
        "Kind regards\nAcme\n\n--\n"
        "You receive this message because you are a customer of Acme.\n"
        "Acme AG, Switzerland\n"
    )


def test_an_invoice_to_be_paid_by_hand_names_the_day_and_the_way(world, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://api.acme.example/")

    world.tell(finalized())

    (mail,) = world.mails
    assert "Please pay this invoice by December 15, 2023. Thank you.\n" in mail.text
    assert "Pay invoice:\nhttps://api.acme.example/payments/pay/ten_a/inv_1\n" in mail.text
    assert (
        'href="https:&#x2f;&#x2f;api.acme.example&#x2f;payments&#x2f;pay&#x2f;ten_a&#x2f;inv_1"' in mail.html
    )


def test_an_invoice_paid_before_its_mail_left_says_so_and_asks_for_nothing(world, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "https://api.acme.example/")

    world.tell(paid(), finalized())

    receipt, invoice = world.mail("receipt"), world.mail("invoice")
    assert receipt.subject == "Receipt for invoice INV-1: $1,234.56"
    assert "Paid on: December 1, 2023\n" in receipt.text
    assert "This invoice has been paid in the meantime. There is nothing left to do.\n" in invoice.text
    assert "\nAmount: $1,234.56\nInvoice number: INV-1\nIssued by: Acme AG\n" in invoice.text
    assert "Pay invoice" not in invoice.text


def test_a_receipt_says_where_the_money_came_from(world):
    world.tell(finalized(), paid(payment=None))

    assert "Invoice INV-1 has been settled from your balance." in world.mail("receipt").text


def test_nothing_to_pay_is_nothing_to_say(world):
    world.tell(finalized(minor=0), paid(minor=0))

    assert world.mails == []


def test_a_declined_payment_is_told_with_what_helps_and_never_with_the_banks_reason(world):
    world.tell(finalized(), method(), failed("lost_or_stolen", "new_instrument"))

    mail = world.mail("payment_failed")
    assert mail.subject == "Your payment of $1,234.56 to Acme did not go through"
    assert "Please choose another payment method, as this one can no longer be charged.\n" in mail.text
    assert "stolen" not in mail.text + mail.html


def test_what_only_we_can_mend_is_not_told(world):
    world.tell(finalized(), failed("provider_error"), failed("not_sent", sequence=2))

    assert [mail.tags["template"] for mail in world.mails] == ["invoice"]


def test_a_bank_that_wants_a_confirmation_gets_it_through_its_link(world):
    world.tell(finalized(), to_confirm())

    mail = world.mail("action_required")
    assert mail.subject == "Please confirm your payment of $1,234.56 to Acme"
    assert "Confirm payment:\nhttps://pay.example/confirm/1\n" in mail.text


def test_a_link_a_browser_should_not_follow_is_left_out(world):
    world.tell(finalized(), to_confirm("javascript:alert(1)"))

    mail = world.mail("action_required")
    assert "javascript" not in mail.text + mail.html


def test_a_german_reads_german_with_german_numbers_and_the_day_where_they_live(world):
    world.tell(customer(locale="de-DE", zone="America/New_York", sequence=2), method(), finalized())

    (mail,) = world.mails
    assert mail.subject == "Rechnung INV-1 von Acme: 1.234,56\xa0$"
    assert "Guten Tag Ada Byron\n" in mail.text
    assert "Fällig am: 14. Dezember 2023\n" in mail.text
    assert "Acme AG, Schweiz\n" in mail.text
    assert '<html lang="de-DE" dir="ltr">' in mail.html


def test_a_swiss_reads_swiss_numbers_and_a_frenchman_english_for_now(world):
    world.tell(customer(locale="de_CH", sequence=2), finalized())
    world.tell(customer(locale="fr-FR", sequence=3), paid())

    swiss, french = world.mails
    assert swiss.subject == "Rechnung INV-1 von Acme: $\xa01’234.56"
    assert french.subject == "Receipt for invoice INV-1: 1\u202f234,56\xa0US$"


def test_a_locale_that_is_none_is_english(world):
    for sequence, locale in enumerate(["", "xx", "../../etc/passwd", "de\r\nBcc: eve@example.com", "🙂"], 2):
        world.tell(customer(locale=locale, sequence=sequence))
        world.tell(started(id_=f"evt_{sequence}"))

    assert world.dead == []
    assert [mail.subject.split()[0] for mail in world.mails] == ["Welcome"] * 5


def test_names_with_line_breaks_markup_and_emoji_stay_text(world):
    hostile = "Ada\r\nBcc: eve@example.com\u202e <b>Byron</b> {seller} {{7*7}} 🎉"
    world.tell(customer(hostile, sequence=2), plan("Team"))
    world.tell(seller('Acme "Ärger" <eve@example.com>\r\nX: y', country="ZZ", sequence=2), started())

    (mail,) = world.mails
    assert "Hello Ada Bcc: eve@example.com <b>Byron</b> {seller} {{7*7}} 🎉,\n" in mail.text
    assert "&lt;b&gt;Byron&lt;&#x2f;b&gt; {seller} {{7*7}} 🎉" in mail.html
    assert "<b>Byron" not in mail.html
    for header in (mail.sender, mail.to, mail.subject, *mail.tags.values()):
        assert header.isprintable()
    assert mail.to == "ada@example.com"


def test_names_that_nobody_can_see_do_not_keep_a_mail_from_leaving(world):
    unseen = "\u202e\u200f\r\n"
    world.tell(seller(unseen, unseen, sequence=2), customer(unseen, sequence=2))
    world.tell(plan(unseen), finalized(number=unseen), started())

    assert world.dead == []
    assert world.mail("invoice").subject == "Invoice inv_1 from ten_a: $1,234.56"
    assert world.mail("invoice").text.startswith("Hello,\n")
    assert world.mail("welcome").sender == "ten_a <billing@acme.example>"


def test_a_sellers_name_is_no_way_into_the_sender(world):
    world.hear(seller("Acme =?utf-8?q?=0ABcc:_eve=40example.com?=", sequence=2))
    world.tell(started())

    assert world.mails[0].sender == '"Acme = ?utf-8?q?=0ABcc:_eve=40example.com?=" <billing@acme.example>'


def test_a_customer_abroad_is_written_to_at_the_address_mail_servers_know(world):
    world.tell(customer(email="ada@bücher.example", sequence=2), started())

    assert world.mails[0].to == "ada@xn--bcher-kva.example"


def test_a_mail_loads_nothing_from_elsewhere(world):
    world.tell(started(), method(), finalized(), paid(), failed(), to_confirm())

    for mail in world.mails:
        for loading in ("<img", "<link", "<script", "url(", "@import", "src="):
            assert loading not in mail.html
        assert "prefers-color-scheme: dark" in mail.html


def test_the_mail_of_an_invoice_waits_for_its_document_and_leads_to_it(world):
    event = finalized()
    event["data"]["invoice"]["record"] = {"location": "s3://records/x", "sha256": "x"}
    world.tell(event)
    assert world.mails == []

    data = {
        "document": "inv_1",
        "document_kind": "invoice",
        "number": "INV-1",
        "customer": ADA,
        "legal_entity": "main",
        "invoice": "inv_1",
        "sha256": "x",
        "formats": ["pdf"],
        "link": "https://billing.example/documents/open/t",
        "amount_minor": 123456,
        "due_minor": 123456,
        "currency": "USD",
    }
    for sequence in (1, 2):  # the second one because somebody asked for it again
        world.tell(said("documents", "DocumentReady.v1", data, subject="document/inv_1", sequence=sequence))

    first, again = world.mails
    assert first.subject == again.subject == "Invoice INV-1 from Acme: $1,234.56"
    assert "Invoice as PDF:\nhttps://billing.example/documents/open/t" in first.text
    assert 'href="https://billing.example/documents/open/t"' in unescape(first.html)
