from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.core.collection import Collection, CollectionStatus, begin, follow, stop
from billing.core.errors import ConflictError
from billing.core.instalments import Instalment
from billing.core.money import Money
from billing.core.payment import AttemptStatus, Outcome, apply_outcome, attempt_id

AT = datetime(2023, 11, 1, tzinfo=UTC)


def a_collection(**more) -> Collection:
    return Collection(
        invoice="inv_1",
        number="INV-000001",
        customer="cus_1",
        legal_entity="main",
        currency="USD",
        due_minor=6378,
        due_at=AT,
        **more,
    )


def attempted(collection):
    return begin(collection, "ten_a", provider="stripe", method="pm_1", at=AT)


def test_an_attempt_is_named_by_its_invoice_and_number():
    collection, attempt = attempted(a_collection())

    assert attempt.id == attempt_id("ten_a", "inv_1", 1)
    assert attempt.id != attempt_id("ten_b", "inv_1", 1)
    assert (attempt.amount_minor, attempt.number) == (6378, 1)
    assert collection.active == attempt.id


def test_while_one_attempt_is_under_way_there_is_no_other():
    collection, attempt = attempted(a_collection())
    unknown = apply_outcome(attempt, Outcome(AttemptStatus.UNKNOWN))

    with pytest.raises(ConflictError, match="attempt_under_way"):
        attempted(follow(collection, unknown))


def test_what_is_stopped_begins_nothing_and_still_counts_money():
    collection, attempt = attempted(a_collection())
    stopped = stop(collection)

    after = follow(stopped, apply_outcome(attempt, Outcome(AttemptStatus.SUCCEEDED)))

    assert (after.status, after.received_minor, after.active) == (CollectionStatus.STOPPED, 6378, None)
    with pytest.raises(ConflictError, match="not_open"):
        attempted(after)


def test_what_came_before_is_not_collected_again():
    _, attempt = attempted(a_collection(received_minor=1000, attempts=1))

    assert (attempt.amount_minor, attempt.number) == (5378, 2)


def test_stopping_what_is_collected_changes_nothing():
    collected = a_collection(status=CollectionStatus.COLLECTED)

    assert stop(collected) is collected


@given(st.lists(st.sampled_from([AttemptStatus.FAILED, AttemptStatus.CANCELED, AttemptStatus.UNKNOWN])))
def test_only_money_collects(outcomes):
    collection = a_collection()
    for status in outcomes:
        if collection.active:
            break
        collection, attempt = attempted(collection)
        collection = follow(collection, apply_outcome(attempt, Outcome(status)))

    assert collection.open
    assert collection.received_minor == 0
    assert replace(collection).wanted.minor == 6378


@given(
    parts=st.lists(st.integers(1, 10_000), min_size=2, max_size=12),
    received=st.integers(0, 60_000),
    credited=st.integers(0, 60_000),
    days=st.lists(st.integers(-10, 400), min_size=2, max_size=6),
    accelerated=st.booleans(),
)
def test_what_is_due_of_instalments_only_grows_and_is_never_more_than_is_left(
    parts, received, credited, days, accelerated
):
    dated = tuple(Instalment(AT + timedelta(days=30 * n), Money(m, "USD")) for n, m in enumerate(parts))
    collection = replace(
        a_collection(),
        due_minor=sum(parts) - min(credited, sum(parts)),
        received_minor=received,
        instalments=dated,
        accelerated=accelerated,
    )

    due = [collection.due_by(AT + timedelta(days=day)).minor for day in sorted(days)]

    assert due == sorted(due)
    assert all(0 <= minor <= collection.wanted.minor for minor in due)
    assert sum(collection.left) == collection.wanted.minor
    assert collection.due_by(dated[-1].due_at).minor == collection.wanted.minor
