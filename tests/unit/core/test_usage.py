"""What counts, and what a meter makes of it, in whatever order and portions it comes."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.catalogue import Aggregation, Meter
from billing.core.charges import Dynamic, Matrix
from billing.core.usage import (
    Tally,
    measure,
    measured,
    merged,
    quantity,
    reading_named,
    readings,
    result,
    tally,
)
from billing.core.usage_records import UsageRecord, amended, counted, fingerprint

NOON = datetime(2023, 11, 16, 12, tzinfo=UTC)
METERS = [Meter(f"by {a.value}", "request", a, None if a is Aggregation.COUNT else "n") for a in Aggregation]


def record(id_, n="1", *, at=NOON, source="app", type_="request", **more):
    return UsageRecord(id_, source, at, type_, {"n": n}, **more)


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [("count", 4), ("sum", Fraction("13.5")), ("max", 7), ("unique", 3), ("latest", Fraction("2.5"))],
)
def test_a_meter_counts_sums_and_keeps_the_greatest_the_distinct_and_the_latest(aggregation, expected):
    records = [
        record("a", "2", at=NOON),
        record("b", "7", at=NOON + timedelta(minutes=1)),
        record("d", "2.5", at=NOON + timedelta(minutes=3)),
        record("c", "2", at=NOON + timedelta(minutes=2)),
        record("e", "9", type_="page"),
    ]
    meter = Meter("m", "request", Aggregation(aggregation), "n")

    assert quantity(meter, counted(records)) == expected


def test_the_greatest_of_negative_values_is_negative_and_of_none_is_nothing():
    meter = Meter("m", "request", Aggregation.MAX, "n")

    assert quantity(meter, [record("a", "-3"), record("b", "-5")]) == -3
    assert quantity(meter, []) == 0


def test_an_event_older_than_a_meter_does_not_stop_it():
    meter = Meter("m", "request", Aggregation.SUM, "tokens")

    assert quantity(meter, [record("a"), UsageRecord("b", "app", NOON, "request", {"tokens": "5"})]) == 5


def test_an_identity_counts_once_a_day_and_source():
    tomorrow = NOON + timedelta(days=1)
    records = [
        record("a", "1"),
        record("a", "1"),
        record("a", "2"),  # the first that came stands
        record("a", "4", source="other"),
        record("a", "8", at=tomorrow),
    ]

    assert sorted(r.properties["n"] for r in counted(records)) == ["1", "4", "8"]


def test_a_replacement_counts_instead_and_a_void_takes_away():
    records = [
        record("a", "100"),
        record("a2", "10", replaces="a"),
        record("b", "5"),
        record("undo", "0", voids="b"),
        record("c", "1"),
    ]

    assert [r.id for r in counted(records)] == ["a2", "c"]
    assert {struck[1]: by.id for struck, by in amended(records).items()} == {"a": "a2", "b": "undo"}


def test_amendments_chain_and_two_of_one_event_count_once():
    chain = [record("a"), record("b", replaces="a"), record("c", replaces="b")]
    rivals = [record("a"), record("b", replaces="a"), record("c", replaces="a")]
    taken_back = [record("a"), record("b", replaces="a"), record("undo", voids="b")]

    assert [r.id for r in counted(chain)] == ["c"]
    assert [r.id for r in counted(rivals)] == ["c"]
    assert counted(taken_back) == []


def test_an_amendment_names_an_event_of_its_own_source_and_day():
    records = [record("a"), record("x", source="other", voids="a"), record("y", replaces="zzz")]

    assert [r.id for r in counted(records)] == ["a", "y"]


records = st.lists(
    st.builds(
        record,
        st.sampled_from("abcdefgh"),
        st.sampled_from(["0", "1", "2.5", "-3", "1000000"]),
        at=st.integers(0, 3).map(lambda n: NOON + timedelta(hours=9 * n)),
    ),
    max_size=12,
    unique_by=lambda r: r.identity,
)
amendments = st.lists(
    st.builds(
        record,
        st.sampled_from("uvwx"),
        replaces=st.none() | st.sampled_from("abcuv"),
        voids=st.none(),
    )
    | st.builds(record, st.sampled_from("yz"), voids=st.sampled_from("abcdu")),
    max_size=5,
    unique_by=lambda r: r.identity,
)


@given(records, amendments, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(some, more, random):
    sent = [*some, *more]
    again = [*sent, *random.choices(sent, k=len(sent))] if sent else []
    random.shuffle(again)

    assert fingerprint(counted(again)) == fingerprint(counted(sent))
    for meter in METERS:
        assert quantity(meter, counted(again)) == quantity(meter, counted(sent))


@given(records, st.lists(st.integers(0, 12), max_size=4))
def test_the_tallies_of_portions_merge_to_that_of_the_whole(some, cuts):
    bounds = [0, *sorted(min(cut, len(some)) for cut in cuts), len(some)]
    for meter in METERS:
        whole = Tally()
        for start, end in pairwise(bounds):
            whole = merged(meter, tally(meter, some[start:end]), whole)

        assert whole == tally(meter, some)
        assert Tally.from_data(whole.to_data()) == whole
        assert result(meter, whole) == quantity(meter, some)


@given(records, st.integers(0, 12))
def test_groups_and_what_was_supplied_merge_too(some, cut):
    meter = Meter("tokens", "request", Aggregation.SUM, "n")
    charges = [Matrix(("source", "n"), ()), Dynamic(property="n")]
    found = []
    for reading in readings(meter, charges):
        whole = {}
        for portion in (some[:cut], some[cut:]):
            for name, part in reading.tallies(portion).items():
                whole[name] = merged(meter, whole.get(name, Tally()), part)
        assert all(reading.names(name) for name in whole)
        assert reading_named(reading.key, {"tokens": meter}) == reading
        found.append((reading, whole))

    assert measured(found, ()) == measure(meter, some, charges)
