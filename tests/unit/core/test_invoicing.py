from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core import ending
from billing.core import subscription as rules
from billing.core.billing_run import bill
from billing.core.catalogue_file import parse_catalogue
from billing.core.errors import RuleError
from billing.core.invoice_life import balance_entry, finalize, invoice_entry, pay, settle_with_balance
from billing.core.invoicing import Invoice, InvoiceStatus, Usage
from billing.core.journal import Account, trial_balance
from billing.core.money import Money
from tests.builders import a_catalogue

NOVEMBER, DECEMBER = datetime(2023, 11, 1, tzinfo=UTC), datetime(2023, 12, 1, tzinfo=UTC)
TEAM = parse_catalogue(a_catalogue()).plan("team")
VAT = {"standard": Fraction("8.1")}
USED = {"context": Usage(Fraction(16_000_000)), "generated": Usage(Fraction(1_500_000))}


def subscribed():
    return rules.start("sub_1", "cus_1", "main", TEAM, "USD", at=NOVEMBER, zone="UTC")


def first_invoice() -> Invoice:
    sub = subscribed()
    return bill(sub, TEAM, closed=None, opened=sub.period, usage={}, tax_rates=VAT, at=NOVEMBER)


def second_invoice() -> Invoice:
    sub = subscribed()
    after = rules.renew(sub)
    return bill(after, TEAM, closed=sub.period, opened=after.period, usage=USED, tax_rates=VAT, at=DECEMBER)


def test_the_first_invoice_has_the_month_ahead_and_the_set_up_fee():
    invoice = first_invoice()

    assert [(line.price, line.amount.minor) for line in invoice.lines] == [("base", 4900), ("setup", 1000)]
    assert (invoice.net.minor, invoice.tax.minor, invoice.total.minor) == (5900, 478, 6378)  # 477.9


def test_the_second_invoice_has_the_usage_behind_and_the_month_ahead_but_no_set_up_fee():
    invoice = second_invoice()

    assert [(line.price, line.amount.minor) for line in invoice.lines] == [
        ("base", 4900),
        ("context", 3500),
        ("generated", 2000),
    ]
    assert invoice.lines[0].period.start == DECEMBER
    assert invoice.lines[1].period.end == DECEMBER


def test_billing_the_same_moment_twice_gives_the_same_invoice():
    assert second_invoice() == second_invoice()
    assert second_invoice().lines[1].id == "sub_1/context/v1/2023-11-01T00:00:00+00:00"


def test_an_invoice_survives_being_stored():
    invoice = finalize(second_invoice(), "INV-000001", at=DECEMBER, due_at=DECEMBER)

    assert Invoice.from_data(invoice.to_data()) == invoice


def test_what_is_billed_ahead_is_deferred_and_the_books_balance():
    invoice = finalize(first_invoice(), "INV-000001", at=NOVEMBER, due_at=NOVEMBER)

    assert trial_balance([invoice_entry(invoice)]) == {
        "USD": {
            Account.RECEIVABLE: 6378,
            Account.TAX_PAYABLE: -478,
            Account.DEFERRED_REVENUE: -4900,
            Account.REVENUE: -1000,
        }
    }


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_payments_are_allocated_until_nothing_is_due_and_the_rest_is_excess(amounts):
    invoice = finalize(first_invoice(), "INV-000001", at=NOVEMBER, due_at=NOVEMBER)
    allocated = excess = 0

    for minor in amounts:
        invoice, part, rest = pay(invoice, Money(minor, "USD"))
        allocated, excess = allocated + part.minor, excess + rest.minor

    assert allocated == min(sum(amounts), 6378)
    assert allocated + excess == sum(amounts)
    assert (invoice.status is InvoiceStatus.PAID) == (sum(amounts) >= 6378)


def test_a_finalized_invoice_cannot_be_finalized_again():
    invoice = finalize(first_invoice(), "INV-000001", at=NOVEMBER, due_at=NOVEMBER)

    with pytest.raises(RuleError) as refused:
        finalize(invoice, "INV-000002", at=NOVEMBER, due_at=NOVEMBER)

    assert refused.value.code == "transition_not_allowed"


def test_a_free_plan_has_nothing_to_bill():
    free = parse_catalogue(a_catalogue()).plan("free")
    sub = rules.start("sub_2", "cus_1", "main", free, "USD", at=NOVEMBER, zone="UTC")

    assert bill(sub, free, closed=None, opened=sub.period, usage={}, tax_rates={}, at=NOVEMBER) is None


def test_a_cancelled_subscription_goes_on_to_the_end_of_its_period_and_can_be_taken_back():
    canceling = ending.cancel(subscribed())

    assert canceling.ends_at == DECEMBER
    assert ending.uncancel(canceling) == subscribed()
    with pytest.raises(RuleError, match="allowed: cancel, change, uncancel"):
        rules.renew(canceling)


def test_an_ended_subscription_is_never_due_again():
    ended = ending.end(subscribed(), at=DECEMBER)

    assert ended.due_at is None
    with pytest.raises(RuleError, match="allowed: nothing"):
        ending.cancel(ended)


def test_a_currency_the_plan_is_not_sold_in_is_refused():
    with pytest.raises(RuleError) as refused:
        rules.start("sub_3", "cus_1", "main", TEAM, "JPY", at=NOVEMBER, zone="UTC")

    assert (refused.value.code, refused.value.field) == ("currency_not_offered", "currency")


def test_a_balance_pays_as_far_as_it_goes():
    invoice = finalize(second_invoice(), "INV-000002", at=DECEMBER, due_at=DECEMBER)  # 112.42

    partly, took = settle_with_balance(invoice, Money(5000, "USD"))
    assert (partly.status, partly.due.minor, took.minor) == (InvoiceStatus.OPEN, 6242, 5000)

    wholly, took = settle_with_balance(invoice, Money(20000, "USD"))
    assert (wholly.status, wholly.due.minor, took.minor) == (InvoiceStatus.PAID, 0, 11242)

    untouched, took = settle_with_balance(invoice, Money(-300, "USD"))
    assert (untouched, took.minor) == (invoice, 0)


def test_an_invoice_in_the_customers_favour_becomes_their_balance():
    line = replace(second_invoice().lines[0], amount=Money(-3000, "USD"))
    invoice = replace(second_invoice(), lines=(line,), taxes=())
    invoice = finalize(invoice, "INV-000003", at=DECEMBER, due_at=DECEMBER)

    settled, took = settle_with_balance(invoice, Money(100, "USD"))

    assert (settled.status, settled.due.minor, took.minor) == (InvoiceStatus.PAID, 0, -3000)
    balances = trial_balance([invoice_entry(invoice), balance_entry(invoice, took, DECEMBER)])
    assert balances["USD"] == {
        Account.RECEIVABLE: 0,
        Account.DEFERRED_REVENUE: 3000,
        Account.CUSTOMER_BALANCE: -3000,
    }
