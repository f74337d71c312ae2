from datetime import UTC, datetime
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from billing.core.payment import (
    ADVICE,
    Advice,
    Attempt,
    AttemptStatus,
    Outcome,
    Reason,
    apply_outcome,
    submit,
)


def an_attempt() -> Attempt:
    return Attempt(
        id="pay_1",
        invoice="inv_1",
        customer="cus_1",
        legal_entity="main",
        amount_minor=6378,
        currency="USD",
        provider="stripe",
        method="pm_1",
        number=1,
        created_at=datetime(2023, 11, 1, tzinfo=UTC),
    )


def outcome(status: AttemptStatus, **more) -> Outcome:
    return Outcome(status, **more)


def test_a_late_processing_does_not_undo_a_success():
    paid = apply_outcome(submit(an_attempt()), outcome(AttemptStatus.SUCCEEDED, provider_ref="pi_1"))

    assert apply_outcome(paid, outcome(AttemptStatus.PENDING)) is paid
    assert apply_outcome(paid, outcome(AttemptStatus.FAILED, reason=Reason.OTHER)) is paid
    assert paid.final


def test_an_unknown_attempt_is_ended_by_a_definite_answer():
    unknown = apply_outcome(submit(an_attempt()), outcome(AttemptStatus.UNKNOWN))

    assert not unknown.final
    assert apply_outcome(unknown, outcome(AttemptStatus.SUCCEEDED)).status is AttemptStatus.SUCCEEDED


def test_an_attempt_sent_before_is_not_sent_back_to_the_start():
    pending = apply_outcome(submit(an_attempt()), outcome(AttemptStatus.PENDING, provider_ref="pi_1"))

    assert submit(pending) is pending


def test_whatever_the_order_a_success_among_passing_states_wins():
    heard = [
        AttemptStatus.UNKNOWN,
        AttemptStatus.REQUIRES_ACTION,
        AttemptStatus.PENDING,
        AttemptStatus.SUCCEEDED,
    ]

    ends = set()
    for order in permutations(heard):
        attempt = submit(an_attempt())
        for status in order:
            attempt = apply_outcome(attempt, outcome(status))
        ends.add(attempt.status)

    assert ends == {AttemptStatus.SUCCEEDED}


@given(st.lists(st.sampled_from(list(AttemptStatus)), max_size=12))
def test_hearing_everything_again_changes_nothing(heard):
    attempt = submit(an_attempt())
    for status in heard:
        attempt = apply_outcome(attempt, outcome(status))

    again = attempt
    for status in heard:
        again = apply_outcome(again, outcome(status))

    assert again == attempt


def test_every_reason_has_its_advice():
    assert set(ADVICE) == set(Reason)
    assert outcome(AttemptStatus.FAILED, reason=Reason.LOST_OR_STOLEN).advice is Advice.NEW_INSTRUMENT
