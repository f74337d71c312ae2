"""The documents of a first sale: made by themselves, mailed with a link, opened without a credential."""

import hashlib
from urllib.parse import urlsplit
from urllib.request import urlopen

GOOD = "4242424242424242"


def test_an_invoice_becomes_a_document_that_its_mail_leads_to(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client

    receipt, invoice = client.ask(f"/documents/customers/{ada.id}")["documents"]
    assert [(d["kind"], d["number"], d["status"]) for d in (invoice, receipt)] == [
        ("invoice", "INV-000001", "ready"),
        ("receipt", "INV-000001", "ready"),
    ]
    [mail] = ada.mails("invoice")
    assert urlsplit(invoice["links"]["pdf"]).path.rpartition(".")[0][:60] in mail["text"].replace("=\n", "")

    cloud = seller.cloud
    gateway = f"{cloud.address}/_aws/execute-api/{cloud.outputs['ApiId']}/$default"
    with urlopen(gateway + urlsplit(invoice["links"]["pdf"]).path, timeout=20) as answer:  # noqa: S310
        pdf = answer.read()
    assert pdf.startswith(b"%PDF-1.7")
    assert hashlib.sha256(pdf).hexdigest() == invoice["files"]["pdf"]

    client.send(f"/documents/documents/{invoice['id']}/resend", {})
    package = client.send("/documents/packages", {"year": 2023})
    seller.settle()
    assert client.ask(f"/documents/packages/{package['id']}")["documents"] == 2
    assert client.ask("/documents/looks/main/theme")["version"] == 0


def test_a_statement_of_an_account_is_asked_for_made_and_mailed(seller, subscribe):
    ada, client = subscribe("Ada", card=GOOD), seller.client

    days = {"first": "2023-11-01", "last": "2023-11-01", "mail": True}
    [asked] = client.send(f"/sales/customers/{ada.id}/statements", days)["statements"]
    seller.settle()

    statement = client.ask(f"/documents/documents/{asked['id']}")
    assert (statement["kind"], statement["status"]) == ("statement", "ready")
    [mail] = ada.mails("statement")
    [receipt] = ada.mails("receipt")
    for document, text in ((statement, mail["text"]), (receipt_of(client, ada), receipt["text"])):
        path = urlsplit(document["links"]["pdf"]).path
        assert path.rpartition(".")[0][:60] in text.replace("=\n", "")


def receipt_of(client, customer):
    listed = client.ask(f"/documents/customers/{customer.id}")["documents"]
    return next(document for document in listed if document["kind"] == "receipt")
