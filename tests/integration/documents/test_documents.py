"""From a finalized invoice to a document that is stored, told, opened, sent again and packed."""

import hashlib
import io
import json
import os
import zipfile
from urllib.parse import urlsplit

import boto3
from pypdf import PdfReader

from billing.aws.items import pack
from local.gallery.invoices import invoice, line
from tests.integration.documents.conftest import STORE
from tests.integration.world import message


def text(pdf):
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).replace("\u00a0", " ")


def test_an_invoice_is_made_stored_and_told(documents):
    made = documents.finalized()

    [ready] = documents.said("DocumentReady.v1")
    pdf = documents.stored(made.id)
    assert (ready["document_kind"], ready["number"], ready["customer"]) == ("invoice", "RE-1", "cus_ada")
    assert (ready["amount_minor"], ready["due_minor"], ready["currency"]) == (29631, 29631, "EUR")
    assert ready["formats"] == ["cii.xml", "html", "json", "pdf", "ubl.xml"]
    assert ready["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert "296,31 €" in text(pdf)
    assert "Nordlicht GmbH" in text(pdf)
    seen = documents.document(made.id)
    assert (seen["status"], seen["format"], seen["lacks"]) == ("ready", "factur_x", [])


def test_what_is_stored_is_never_made_again(documents):
    made = documents.finalized()
    first = documents.stored(made.id)

    documents.seller(sequence=2, name="Another Name GmbH")
    again = message(
        "documents", "MakeDocument.v1", {"document": made.id}, subject="document/x", id_="evt_again"
    )
    documents.put_on_queue("make", again)
    documents.settle()

    assert documents.stored(made.id) == first
    assert len(documents.said("DocumentReady.v1")) == 1


def test_a_crash_behind_the_store_leaves_the_document_that_was_stored(documents):
    key = "documents/ten_a/inv_re-1/inv_re-1.pdf"
    documents.s3.put_object(Bucket="billing-test-documents", Key=key, Body=b"set before the crash")

    documents.finalized("RE-1")

    [ready] = documents.said("DocumentReady.v1")
    assert documents.stored("inv_re-1") == b"set before the crash"
    assert ready["sha256"] == hashlib.sha256(b"set before the crash").hexdigest()


def test_a_link_opens_for_whoever_has_it_and_for_nobody_else(documents):
    documents.finalized()
    [ready] = documents.said("DocumentReady.v1")

    answer = documents.open(ready["link"])
    assert answer["statusCode"] == 303
    place = urlsplit(answer["headers"]["Location"])
    assert place.path.endswith(".pdf")
    assert "Signature" in place.query

    assert documents.open(ready["link"][:-2] + "xx")["statusCode"] == 404
    other = ready["link"].replace("ten_a", "ten_b")
    assert documents.open(other)["statusCode"] == 404
    assert documents.open(ready["link"][:-2] + "é")["statusCode"] == 404


def test_a_receipt_waits_for_the_document_of_its_invoice(documents):
    made = invoice("RE-1", "EUR", [line("Plattform", "EUR", ("1", "249"))], {"standard": "19"})
    documents.paid(made)
    assert documents.said("DocumentReady.v1") == []
    assert documents.dead == []

    documents.finalized()

    invoice_ready, receipt = documents.said("DocumentReady.v1")
    assert (invoice_ready["document_kind"], receipt["document_kind"]) == ("invoice", "receipt")
    assert receipt["due_minor"] == 0
    assert "Quittung" in text(documents.stored(receipt["document"]))


def test_a_receipt_confirms_what_was_paid_and_not_what_a_credit_note_met(documents):
    documents.paid(documents.finalized(), paid_minor=23681)  # of 296.31; 59.50 was credited

    receipt = documents.said("DocumentReady.v1")[-1]
    read = " ".join(text(documents.stored(receipt["document"])).split())
    assert "Bezahlt 236,81 €" in read
    assert "Gesamtbetrag 296,31 € Gutgeschrieben -59,50 € Bezahlt 236,81 €" in read
    assert "Bezahlt 296,31 €" not in read


def test_a_reminder_is_written_of_an_invoice_that_is_due(documents):
    made = documents.finalized()
    step = {
        "invoice": made.id,
        "customer": "cus_ada",
        "legal_entity": "main",
        "step": 2,
        "action": "remind",
        "amount_minor": 20000,
        "currency": "EUR",
        "number": "RE-1",
    }

    documents.tell("payments", "DunningStepDue.v1", step, subject=f"invoice/{made.id}")

    _, reminder = documents.said("DocumentReady.v1")
    assert "2. Mahnung" in text(documents.stored(reminder["document"]))
    assert "200,00 €" in text(documents.stored(reminder["document"]))


def test_an_invoice_that_must_be_electronic_and_cannot_is_parked_until_it_is_mended(documents):
    documents.seller(sequence=2, tax_id=None)
    public = {"endpoint": "0204:991-12345-67", "reference": "991-12345-67"}
    documents.customer(sequence=2, tax_id="DE811193231", **public)

    made = documents.finalized()

    assert documents.said("DocumentReady.v1") == []
    [parked] = documents.said("DocumentParked.v1")
    assert parked["rules"] == ["BR-S-02: the seller has no tax number; set `tax_id`"]
    assert documents.document(made.id)["status"] == "parked"
    assert documents.call("POST", f"/documents/documents/{made.id}/resend")[0] == 422

    documents.seller(sequence=3)
    assert documents.call("POST", f"/documents/documents/{made.id}/retry")[0] == 202
    documents.settle()
    assert documents.document(made.id)["format"] == "xrechnung"


def test_without_addresses_there_is_a_document_and_it_says_what_an_e_invoice_lacks(documents):
    documents.seller(sequence=2, address=None)

    made = documents.finalized()

    seen = documents.document(made.id)
    assert (seen["status"], seen["format"]) == ("ready", None)
    assert seen["lacks"] == ["BR-08: the seller has no address; set `address` with its country"]


def test_a_record_that_is_not_the_finalized_one_goes_to_the_dead_letters(documents):
    documents.finalized(tampered=b"{}")

    assert [letter["reason"] for letter in documents.dead] == [
        "RuleError: record_changed: the record is not the one that was finalized"
    ]


def test_a_document_is_sent_again(documents):
    made = documents.finalized()

    assert documents.call("POST", f"/documents/documents/{made.id}/resend")[0] == 202
    documents.settle()

    first, again = documents.said("DocumentReady.v1")
    assert (first["sha256"], again["document"]) == (again["sha256"], made.id)


def test_a_year_in_one_file(documents):
    first, second = documents.finalized("RE-1"), documents.finalized("RE-2", "10")

    status, asked = documents.call("POST", "/documents/packages", {"year": 2026})
    assert (status, asked["ready"]) == (202, False)
    documents.settle()

    _, package = documents.call("GET", f"/documents/packages/{asked['id']}")
    assert (package["ready"], package["documents"]) == (True, 2)
    key = f"packages/ten_a/{asked['id']}.zip"
    body = documents.s3.get_object(Bucket="billing-test-documents", Key=key)["Body"].read()
    names = zipfile.ZipFile(io.BytesIO(body)).namelist()
    assert len(names) == 4
    assert f"invoice/RE-1-{first.id[-6:]}.pdf" in names
    assert f"invoice/RE-2-{second.id[-6:]}.ubl.xml" in names
    assert documents.call("POST", "/documents/packages", {"year": 20260})[0] == 422


def another(documents, made, item, number):
    """One more document like the one that was made, and its files."""
    id_ = f"inv_{number.lower()}"
    text = json.dumps(item, default=int).replace(made.id, id_).replace(made.number, number)
    listed = {"pk": "T#ten_a#tenant/ten_a", "sk": f"YEAR#2026#2026-12-01#{id_}", "document": id_}
    for row in (json.loads(text), listed):
        boto3.client("dynamodb").put_item(TableName=os.environ["TABLE_NAME"], Item=pack(row))
    for ending in ("pdf", "ubl.xml"):
        source = {"Bucket": STORE, "Key": f"documents/ten_a/{made.id}/{made.id}.{ending}"}
        documents.s3.copy_object(CopySource=source, Bucket=STORE, Key=source["Key"].replace(made.id, id_))


def test_hundreds_of_documents_in_one_file(documents):
    made = documents.finalized("RE-0001")
    [item] = [row for row in documents.rows("DOCUMENT") if row["sk"] == "DOCUMENT"]
    for number in range(2, 301):
        another(documents, made, item, f"RE-{number:04}")

    _, asked = documents.call("POST", "/documents/packages", {"year": 2026})
    documents.settle()

    assert documents.call("GET", f"/documents/packages/{asked['id']}")[1]["documents"] == 300
    packed = documents.s3.get_object(Bucket=STORE, Key=f"packages/ten_a/{asked['id']}.zip")["Body"].read()
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert (len(names), names) == (600, sorted(names))


def test_another_tenant_sees_nothing(documents):
    made = documents.finalized()

    assert documents.call("GET", f"/documents/documents/{made.id}", tenant="ten_b")[0] == 404
    status, listed = documents.call("GET", "/documents/customers/cus_ada", tenant="ten_b")
    assert (status, listed["documents"]) == (200, [])
    [mine] = documents.call("GET", "/documents/customers/cus_ada")[1]["documents"]
    assert mine["id"] == made.id


def test_every_message_leaves_its_receipt(documents):
    documents.finalized()

    assert documents.unsettled() == set()


def test_a_statement_is_drawn_from_its_record_and_mailed_only_on_wish(documents):
    drawn = documents.statement()

    [ready] = documents.said("DocumentReady.v1")
    assert (ready["document"], ready["document_kind"], ready["due_minor"]) == (drawn, "statement", -4000)
    assert (ready["invoice"], ready["mail"]) == ("", False)
    page = text(documents.stored(drawn))
    assert "Kontoauszug" in page
    assert "Bewegungen auf Ihrem Konto vom 01.11.2026 bis 30.11.2026" in page
    assert "256,31" in page  # after the invoice
    assert "Dieser Saldo besteht zu Ihren Gunsten." in page
    assert documents.open(ready["link"])["statusCode"] == 303

    assert documents.call("POST", f"/documents/documents/{drawn}/resend")[0] == 202
    documents.settle()
    assert [said["mail"] for said in documents.said("DocumentReady.v1")] == [False, True]


def test_every_kind_of_document_is_sent_again(documents):
    made = documents.finalized()
    documents.paid(made)
    documents.statement()

    for kind in ("invoice", "receipt", "statement"):
        [first] = [s for s in documents.said("DocumentReady.v1") if s["document_kind"] == kind]
        assert documents.call("POST", f"/documents/documents/{first['document']}/resend")[0] == 202
        documents.settle()
        told = [s for s in documents.said("DocumentReady.v1") if s["document_kind"] == kind]
        assert [said["sha256"] for said in told] == [first["sha256"]] * 2
