"""Promotional credit by hand: what an invoice draws, and what of it comes back instead of money."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue import Timing
from billing.core.discounts import Coupon
from billing.core.invoicing import Invoice, Line, LineDiscount, Side, discounted, taxes
from billing.core.late_usage import settled as kept_of_usage
from billing.core.money import Money
from billing.core.periods import Period
from billing.core.promotional import PromotionalCredit, Purse, settled, undone
from billing.core.rounding import Rounding

RATES = {"standard": Fraction("8.1"), "reduced": Fraction("2.6")}


def day(number: int, month: int = 11) -> datetime:
    return datetime(2025, month, number, tzinfo=UTC)


FIRST = day(1)
NOVEMBER = Period(FIRST, day(1, 12))


def chf(minor: int) -> Money:
    return Money(minor, "CHF")


def line(minor: int, price: str = "base", *, tax: str = "standard", period: Period | None = NOVEMBER) -> Line:
    which = period.start.isoformat() if period else "once"
    one = Fraction(1)
    return Line(f"sub_1/{price}/v1/{which}", price, price, period, Timing.ADVANCE, one, one, chf(minor), tax)


def rest(minor: int, start: int, side: Side = Side.CREDIT, price: str = "base") -> Line:
    """A line of a change for the rest of November, by days of 30."""
    share = Fraction(31 - start, 30)
    found = line(minor, price, period=Period(day(start), day(1, 12)))
    return replace(found, id=f"{found.id}/{side}", quantity=share, billed=share, side=side)


def draft(*lines: Line, at: datetime = FIRST, rounding: Rounding | None = None) -> Invoice:
    due = taxes(lines, RATES, "CHF", rounding or Rounding.HALF_UP)
    return Invoice(f"inv_{at:%d}", "cus_1", "main", "CHF", at, lines, due, rounding=rounding)


def credit(
    minor: int, id_: str = "pcr_1", until: datetime | None = None, given: int = 1
) -> PromotionalCredit:
    return PromotionalCredit(id_, chf(minor), f"For {id_}", day(given, 10), until)


def purse(*credits: PromotionalCredit) -> Purse:
    return Purse(credits)


def amounts(invoice: Invoice) -> list[int]:
    return [each.amount.minor for each in invoice.lines]


def rests(found: Purse) -> list[int]:
    return [each.rest.minor for each in found.credits]


def test_credit_is_taken_off_net_and_the_tax_is_that_of_what_is_left():
    invoice, after = settled(draft(line(10000)), purse(credit(2500)))

    assert amounts(invoice) == [7500]
    assert (invoice.tax.minor, invoice.total.minor) == (608, 8108)  # 8.1 % of 75.00 is 6.075
    assert invoice.lines[0].discounts == (LineDiscount("For pcr_1", chf(2500), "pcr_1"),)
    assert rests(after) == [0]


def test_two_rates_share_it_by_what_their_lines_ask():
    drafted = draft(line(3000), line(1000, "book", tax="reduced", period=None))

    invoice, _ = settled(drafted, purse(credit(1000)))

    assert amounts(invoice) == [2250, 750]  # 7.50 and 2.50 of the ten
    assert [(tax.taxable.minor, tax.amount.minor) for tax in invoice.taxes] == [(2250, 182), (750, 20)]


def test_the_tax_is_rounded_as_the_invoice_rounds():
    invoice, _ = settled(draft(line(10000), rounding=Rounding.DOWN), purse(credit(2500)))

    assert invoice.tax.minor == 607  # 6.075


def test_coupons_act_first():
    lines = discounted([line(10000)], [Coupon("half", percent=Fraction(50))], "CHF", Rounding.HALF_UP)

    invoice, after = settled(draft(*lines), purse(credit(8000)))

    assert amounts(invoice) == [0]
    assert [(each.coupon, each.amount.minor) for each in invoice.lines[0].discounts] == [
        ("half", 5000),
        ("For pcr_1", 5000),
    ]
    assert (invoice.total.minor, rests(after)) == (0, [3000])


def test_more_than_an_invoice_asks_goes_on_to_the_next_ones():
    found, totals = purse(credit(25000)), []
    for month in (10, 11, 12):
        period = Period(day(1, month), day(1, month) + timedelta(days=30))
        invoice, found = settled(draft(line(10000, period=period), at=period.start), found)
        totals.append((invoice.net.minor, rests(found)))

    assert totals == [(0, [15000]), (0, [5000]), (5000, [0])]


def test_the_earliest_end_goes_first_then_the_oldest():
    given_ = [
        credit(300, "pcr_never", given=1),
        credit(300, "pcr_late", day(1, 12), given=2),
        credit(300, "pcr_young", day(20), given=3),
        credit(300, "pcr_old", day(20), given=2),
    ]

    invoice, after = settled(draft(line(800)), purse(*given_))

    assert [each.credit for each in invoice.lines[0].discounts] == ["pcr_old", "pcr_young", "pcr_late"]
    assert rests(after) == [300, 100, 0, 0]


@pytest.mark.parametrize(
    "none",
    [credit(500, until=day(1)), replace(credit(500), withdrawn_at=day(30, 10))],
    ids=["ended", "withdrawn"],
)
def test_what_has_ended_or_was_withdrawn_does_not_act(none):
    drafted = draft(line(800))

    assert settled(drafted, purse(none)) == (drafted, purse(none))


def test_an_invoice_late_in_getting_its_number_loses_nothing():
    """What counts is what it is billed for, whenever that is."""
    invoice, _ = settled(draft(line(800), at=day(1)), purse(credit(500, until=day(2))))

    assert amounts(invoice) == [300]


def test_it_pays_no_more_than_the_invoice_asks_in_all():
    gives, asks = rest(-3000, 16, price="seats"), line(10000)

    invoice, after = settled(draft(gives, asks), purse(credit(50000)))

    assert (amounts(invoice), invoice.total.minor, rests(after)) == ([-3000, 3000], 0, [43000])


@pytest.mark.parametrize("minor", [-100, -3000])
def test_an_invoice_that_asks_nothing_draws_nothing(minor):
    drafted = draft(line(100), rest(minor, 16, price="seats"))

    invoice, after = settled(drafted, purse(credit(500)))

    assert (invoice, rests(after)) == (drafted, [500])


def test_a_tax_that_is_given_back_is_never_paid_out_by_credit():
    """100.00 without tax less 30.00 with 8.1 %: drawing 70.00 would leave a tax of -2.43 to pay out."""
    gives = rest(-3000, 16, price="seats")
    drafted = draft(line(10000, tax="free"), gives)

    invoice, after = settled(drafted, purse(credit(50000)))

    assert (invoice.net.minor, invoice.tax.minor, invoice.total.minor) == (243, -243, 0)
    assert rests(after) == [43243]


def test_what_credit_paid_whole_comes_back_to_it_and_nothing_in_money():
    _, found = settled(draft(line(10000)), purse(credit(10000)))

    invoice, after = settled(draft(rest(-5000, 16), at=day(16)), found)

    assert (amounts(invoice), invoice.total.minor, rests(after)) == ([0], 0, [5000])
    assert invoice.lines[0].discounts == (LineDiscount("For pcr_1", chf(-5000), "pcr_1"),)


def test_of_a_line_half_paid_by_credit_half_comes_back_and_half_is_money():
    _, found = settled(draft(line(10000)), purse(credit(5000)))

    invoice, after = settled(draft(rest(-3333, 21), at=day(21)), found)

    assert (amounts(invoice), rests(after)) == ([-1666], [1667])  # 16.665, rounded once
    assert invoice.tax.minor == -135


def test_a_change_carries_it_over_to_what_it_charges():
    _, found = settled(draft(line(10000)), purse(credit(10000)))

    change = draft(rest(-6667, 11), rest(20000, 11, Side.CHARGE), at=day(11))
    invoice, after = settled(change, found)

    assert (amounts(invoice), rests(after)) == ([0, 13333], [0])  # 66.67 came back and was drawn again

    # ten days later: of 100.00 for the rest of the month credit has paid a third
    stop, after = settled(draft(rest(-10000, 21), at=day(21)), after)
    assert (amounts(stop), rests(after)) == ([-6667], [3333])


def test_what_comes_back_of_a_credit_that_has_lapsed_still_serves_the_change_itself():
    lapsing = credit(10000, until=day(5))
    _, found = settled(draft(line(10000)), purse(lapsing))

    up, behind = settled(draft(rest(-5000, 16), rest(15000, 16, Side.CHARGE), at=day(16)), found)
    stop, lapsed = settled(draft(rest(-5000, 16), at=day(16)), found)
    again, _ = settled(draft(line(10000, period=Period(day(1, 12), day(31, 12))), at=day(1, 12)), lapsed)

    assert (amounts(up), rests(behind)) == ([0, 10000], [0])
    assert (amounts(stop), rests(lapsed), again.net.minor) == ([0], [5000], 10000)


def test_no_more_comes_back_than_was_drawn():
    _, found = settled(draft(line(10000)), purse(credit(10000)))
    _, found = settled(draft(rest(-5000, 16), at=day(16)), found)

    second, after = settled(draft(rest(-5000, 16), at=day(16)), found)
    third, after = settled(draft(rest(-5000, 16), at=day(16)), after)

    # by time half of the month is given back already: what is asked again was not paid by credit
    assert rests(after) == [5000]
    assert (amounts(second), amounts(third)) == ([-5000], [-5000])


def test_seats_that_came_later_and_were_paid_in_money_come_back_in_money():
    """Fifty for five seats by credit, twenty more for three from the 11th on: 26.67 for the last ten days."""
    _, found = settled(draft(line(5000, "seats")), purse(credit(5000)))
    more = rest(2000, 11, Side.CHARGE, "seats")
    _, found = settled(draft(more, at=day(11)), found)

    invoice, after = settled(draft(rest(-2667, 21, price="seats"), at=day(21)), found)

    assert (amounts(invoice), rests(after)) == ([-1000], [1667])  # 16.67 of credit, 10.00 of money


def test_what_money_paid_before_there_was_credit_comes_back_in_money():
    """The same the other way round: what the month opened with is not known to any credit."""
    more = rest(2000, 11, Side.CHARGE, "seats")
    _, found = settled(draft(more, at=day(11)), purse(credit(2000)))

    invoice, after = settled(draft(rest(-2667, 21, price="seats"), at=day(21)), found)

    assert (amounts(invoice), rests(after)) == ([-1667], [1000])


def test_a_net_line_is_given_back_in_the_same_way():
    _, found = settled(draft(line(10000)), purse(credit(10000)))

    invoice, after = settled(draft(rest(-2000, 16, Side.NET), at=day(16)), found)

    assert (amounts(invoice), rests(after)) == ([0], [2000])


def test_late_usage_gives_back_to_the_credit_that_paid_it():
    used = replace(line(8000, "calls"), timing=Timing.ARREARS)
    _, found = settled(draft(used, at=day(1, 12)), purse(credit(6000)))
    late = replace(used, id=f"{used.id}/late/1", amount=chf(-2000), reason="late_usage")

    invoice, after = settled(draft(late, at=day(1, 12)), found)

    assert (amounts(invoice), rests(after)) == ([-500], [1500])


def test_usage_known_from_a_numbered_invoice_is_kept_as_it_was_before_credit():
    usage = line(1000, "calls")
    made, _ = settled(draft(usage), purse(credit(400)))

    kept = kept_of_usage(made.lines[0], NOVEMBER, NOVEMBER)

    assert (amounts(made), kept.amount, kept.charged, kept.coupons) == ([600], chf(1000), None, ())


def test_a_correction_paid_by_credit_of_usage_paid_in_money_gives_back_only_what_it_was():
    used = replace(line(8000, "calls"), timing=Timing.ARREARS)
    more, less = (
        replace(used, id=f"{used.id}/late/{n}", amount=chf(minor), reason="late_usage")
        for n, minor in ((1, 2000), (2, -3000))
    )
    _, found = settled(draft(more, at=day(1, 12)), purse(credit(2000)))

    invoice, after = settled(draft(less, at=day(1, 12)), found)

    assert (amounts(invoice), rests(after)) == ([-1000], [2000])


def test_a_draft_that_waited_does_not_let_credit_pay_what_was_given_back_meanwhile():
    """The month's invoice waits for another subscription; the stop on the 1st is numbered before it."""
    stop, found = settled(draft(rest(-10000, 1), at=day(1)), purse(credit(10000)))

    month, after = settled(draft(line(10000), at=day(1)), found)

    assert (amounts(stop), amounts(month), rests(after)) == ([-10000], [10000], [10000])


def test_another_subscription_of_the_same_price_has_its_own():
    _, found = settled(draft(line(10000)), purse(credit(10000)))
    other = rest(-5000, 16)

    invoice, _ = settled(draft(replace(other, id=other.id.replace("sub_1", "sub_2")), at=day(16)), found)

    assert amounts(invoice) == [-5000]


def test_a_withdrawn_credit_gets_back_what_nobody_can_draw():
    _, found = settled(draft(line(10000)), purse(credit(10000)))
    found = replace(found, credits=tuple(replace(c, withdrawn_at=day(2)) for c in found.credits))

    invoice, after = settled(draft(rest(-5000, 16), at=day(16)), found)

    assert (amounts(invoice), after.credits[0].left_at(day(17)).minor) == ([0], 0)


parts = st.tuples(
    st.integers(1, 29),  # the day from which on
    st.integers(0, 30_000),  # what it asks for the whole month
    st.sampled_from(["base", "seats"]),
)
given_credits = st.lists(
    st.tuples(st.integers(1, 40_000), st.one_of(st.none(), st.integers(1, 30))), max_size=4
)


@given(given_credits, st.lists(parts, min_size=1, max_size=8), st.sampled_from(list(Rounding)))
def test_nothing_of_a_credit_is_made_lost_or_turned_into_money(credits, changes, rounding):
    """A month of changes of two prices: each gives the rest of the old back and asks that of the new."""
    named = [credit(minor, f"pcr_{n}", day(end) if end else None) for n, (minor, end) in enumerate(credits)]
    found, had = purse(*named), {"base": 10000, "seats": 7000}
    told = {each.id: 0 for each in named}
    plain = invoiced = 0
    drafts = [draft(line(10000), line(7000, "seats"), rounding=rounding)]
    for start, asked, price in sorted(changes):
        share = Fraction(31 - start, 30)
        gone, come = round(had[price] * share), round(asked * share)
        had[price] = asked
        both = [rest(-gone, start, price=price), rest(come, start, Side.CHARGE, price)]
        drafts.append(draft(*(one for one in both if one.amount), at=day(start), rounding=rounding))

    for each in drafts:
        before = found
        invoice, found = settled(each, found)
        assert (invoice, found) == settled(each, before)
        for old, new in zip(each.lines, invoice.lines, strict=True):
            assert 0 <= new.amount.minor <= old.amount.minor or old.amount.minor <= new.amount.minor <= 0
            for off in new.discounts:
                told[off.credit] += off.amount.minor
        assert invoice.total.minor >= min(each.total.minor, 0)
        plain, invoiced = plain + each.net.minor, invoiced + invoice.net.minor

    for each in found.credits:
        assert 0 <= each.drawn_minor <= each.amount.minor
        assert each.drawn_minor >= told[each.id]  # what comes back is never more than was taken off
    assert invoiced >= plain - sum(each.drawn_minor for each in found.credits)


def test_an_invoice_that_is_credited_whole_takes_nothing():
    first, before = settled(draft(line(10000), line(1000, "once", period=None)), purse(credit(4400)))

    after = undone(first, before, annulled=False)
    stop, again = settled(draft(rest(-5000, 16), at=day(16)), after)

    assert (rests(before), rests(after), rests(again)) == ([0], [4400], [4400])
    assert amounts(stop) == [-5000]  # nothing of the month is paid by credit any more


def test_a_change_that_is_annulled_leaves_the_month_paid_as_it_was():
    _, month = settled(draft(line(10000)), purse(credit(10000)))
    changed, before = settled(draft(rest(-5000, 16), rest(15000, 16, Side.CHARGE), at=day(16)), month)
    assert (amounts(changed), rests(before)) == ([0, 10000], [0])

    after = undone(changed, before, annulled=True)
    stop, behind = settled(draft(rest(-5000, 16), at=day(16)), after)

    assert (rests(after), amounts(stop), rests(behind)) == ([0], [0], [5000])
