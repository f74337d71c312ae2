"""An ordered queue has ordered dead letters: what cannot work leaves its line and lets the others pass."""

from tests.integration.world import message


def test_a_finalization_that_names_no_invoice_is_set_aside_with_its_reason(sales):
    command = message("sales", "FinalizeInvoice.v1", {"legal_entity": "main"}, subject="invoice/inv_x")

    sales.put_on_queue("finalize", command, group="ten_a.main.invoice")
    sales.settle()

    [letter] = sales.dead
    assert letter["reason"] == "MalformedEventError: FinalizeInvoice.v1: invoice: missing"


def test_what_stands_behind_it_is_numbered(sales):
    command = message("sales", "FinalizeInvoice.v1", {"legal_entity": "main"}, subject="invoice/inv_x")
    sales.put_on_queue("finalize", command, group="ten_a.main.invoice")

    sales.ask("POST", "/sales/subscriptions", {"customer": "ada", "plan": "team", "currency": "USD"})
    sales.settle()

    [invoice] = sales.said("InvoiceFinalized.v1")
    assert invoice["invoice"]["number"] == "INV-000001"
