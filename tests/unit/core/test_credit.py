from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.credit import CreditStatus, credit_entry, draft_credit, issue_credit
from billing.core.errors import RuleError
from billing.core.invoice_life import finalize, invoice_entry, pay, write_off, write_off_entry
from billing.core.invoicing import Invoice, InvoiceStatus, Side, taxes
from billing.core.journal import Account, trial_balance
from billing.core.money import Money
from billing.core.rounding import Rounding
from tests.unit.core.test_invoicing import DECEMBER, second_invoice

BASE, CONTEXT = "sub_1/base/v1/2023-12-01T00:00:00+00:00", "sub_1/context/v1/2023-11-01T00:00:00+00:00"
LATER = datetime(2023, 12, 5, tzinfo=UTC)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def an_open_invoice() -> Invoice:
    """49.00 ahead, 35.00 and 20.00 of usage, 8.42 tax: 112.42."""
    return finalize(second_invoice(), "INV-000002", at=DECEMBER, due_at=DECEMBER)


def credit(invoice, wanted=None, earlier=(), *, refund=False, id_="crn_1"):
    return draft_credit(id_, invoice, earlier, wanted, reason="goodwill", refund=refund, at=LATER)


def test_an_unpaid_invoice_credited_in_full_is_void_and_nothing_stays_in_the_books():
    invoice = an_open_invoice()

    note, after = issue_credit(credit(invoice), invoice, "CN-000001", at=LATER)

    assert (note.total.minor, note.applied_minor, note.balance_minor) == (11242, 11242, 0)
    assert (after.status, after.due.minor, note.status) == (InvoiceStatus.VOID, 0, CreditStatus.ISSUED)
    balances = trial_balance([invoice_entry(invoice), credit_entry(note)])
    assert set(balances["USD"].values()) == {0}


def test_what_is_annulled_is_credited_with_what_it_gave_back():
    """Crediting only what the invoice asks would pay out the 10.00 that it gave back."""
    drafted = second_invoice()
    gives = replace(drafted.lines[0], id="gives", amount=usd(-1000), side=Side.CREDIT)
    lines = (gives, *drafted.lines)
    drafted = replace(
        drafted, lines=lines, taxes=taxes(lines, {"standard": Fraction("8.1")}, "USD", Rounding.HALF_UP)
    )
    invoice = finalize(drafted, "INV-000002", at=DECEMBER, due_at=DECEMBER)

    note = draft_credit("crn_1", invoice, (), None, reason="no", refund=True, at=LATER, annul=True)
    note, after = issue_credit(note, invoice, "CN-000001", at=LATER)

    assert (note.total, note.balance_minor, after.status) == (invoice.total, 0, InvoiceStatus.VOID)
    balances = trial_balance([invoice_entry(invoice), credit_entry(note)])
    assert set(balances["USD"].values()) == {0}


def test_a_part_of_a_line_is_credited_with_its_tax_and_lowers_what_is_due():
    invoice = an_open_invoice()

    note, after = issue_credit(credit(invoice, {CONTEXT: usd(1000)}), invoice, "CN-000001", at=LATER)

    assert (note.net.minor, note.tax.minor, note.total.minor) == (1000, 81, 1081)  # 8.42 * 10/104 = 0.8096
    assert (after.status, after.due.minor) == (InvoiceStatus.OPEN, 10161)


def test_a_paid_invoice_credited_makes_a_balance_to_refund():
    invoice, _, _ = pay(an_open_invoice(), usd(11242))

    note, after = issue_credit(
        credit(invoice, {BASE: usd(4900)}, refund=True), invoice, "CN-000001", at=LATER
    )

    assert (note.total.minor, note.applied_minor, note.balance_minor, note.refund_minor) == (
        5297,  # 49.00 + 3.97 (8.42 * 49/104 = 3.967)
        0,
        5297,
        5297,
    )
    assert after.status is InvoiceStatus.PAID
    assert {leg.account: leg.minor for leg in credit_entry(note).legs} == {
        Account.DEFERRED_REVENUE: 4900,
        Account.TAX_PAYABLE: 397,
        Account.CUSTOMER_BALANCE: -5297,
    }


def test_a_credit_that_waited_while_its_invoice_was_given_up_lowers_the_loss_and_gives_nobody_money():
    invoice = an_open_invoice()
    part = credit(invoice, {BASE: usd(4900)})
    lost, loss = write_off(invoice)

    note, after = issue_credit(part, lost, "CN-000001", at=LATER)

    assert (note.total.minor, note.applied_minor, note.balance_minor) == (5297, 5297, 0)  # 8.1 %: 3.969
    assert (after.status, after.due.minor) == (InvoiceStatus.WRITTEN_OFF, 0)
    books = [invoice_entry(invoice), write_off_entry(invoice, loss, LATER), credit_entry(note, lost=True)]
    balances = trial_balance(books)["USD"]
    assert (balances[Account.BAD_DEBT], balances[Account.RECEIVABLE]) == (11242 - 5297, 0)
    assert balances.get(Account.CUSTOMER_BALANCE, 0) == 0


def test_what_was_credited_cannot_be_credited_again():
    invoice = an_open_invoice()
    first = credit(invoice, {BASE: usd(4900)})

    with pytest.raises(RuleError, match=r"amount_out_of_range at lines\.sub_1/base"):
        credit(invoice, {BASE: usd(1)}, [first])
    rest = credit(invoice, None, [first], id_="crn_2")

    assert first.total + rest.total == invoice.total
    with pytest.raises(RuleError, match="nothing_to_credit"):
        credit(invoice, None, [first, rest])


def test_a_line_of_another_invoice_is_named():
    with pytest.raises(RuleError, match=r"unknown_line at lines\.sub_9"):
        credit(an_open_invoice(), {"sub_9/base": usd(1)})


def test_a_draft_cannot_be_credited():
    with pytest.raises(RuleError, match="invoice_not_creditable"):
        credit(second_invoice())


@given(st.lists(st.integers(1, 900), min_size=1, max_size=20))
def test_however_it_is_split_all_credits_together_are_the_invoice(parts):
    invoice = an_open_invoice()
    notes = []
    left = 3500
    for wish in parts:
        part = min(wish, left)
        if part:
            notes.append(credit(invoice, {CONTEXT: usd(part)}, notes, id_=f"crn_{len(notes)}"))
            left -= part
    notes.append(credit(invoice, None, notes, id_="crn_rest"))

    assert sum(note.total.minor for note in notes) == invoice.total.minor
    assert sum(note.tax.minor for note in notes) == invoice.tax.minor
