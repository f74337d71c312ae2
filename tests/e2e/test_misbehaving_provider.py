"""A provider that misbehaves at every step of four stories: what becomes of them is that of good days."""

import pytest

from local.console import Screen
from local.demo.mishaps import MISHAPS, UNDISTURBED
from local.demo.trials import COLUMNS, TITLE, Trial, double_charges, play, row

# Amounts with 8.1 % of tax: 59.00 with the set-up of 10.00, 49.00 without.
FIRST = [("2023-11-01", "succeeded", 6378, None)]
BOTH_PAID = [("paid", "2023-11-01", 6378, 0), ("paid", "2023-12-01", 5297, 0)]
NO_CREDIT = {"credited": [], "subscription": "active"}


def failed(*days):
    return [(f"2023-12-{day:02}", "failed", 5297, "do_not_honor") for day in days]


GOOD_DAYS = {
    "Paid, refunded": {
        "invoices": BOTH_PAID,
        "tried": [FIRST, [("2023-12-01", "succeeded", 5297, None)]],
        "charges": [(6378, "succeeded", 1081), (5297, "succeeded", 0)],
        "credited": [1081],
        "subscription": "active",
        "letters": {"welcome": 1, "invoice": 2, "receipt": 2, "credit_note": 1, "refund": 1},
    },
    "Declined, new card": NO_CREDIT
    | {
        "invoices": BOTH_PAID,
        "tried": [FIRST, [*failed(1, 2), ("2023-12-02", "succeeded", 5297, None)]],
        "charges": [(6378, "succeeded", 0), *[(5297, "failed", 0)] * 2, (5297, "succeeded", 0)],
        "letters": {"welcome": 1, "invoice": 2, "receipt": 2, "payment_failed": 2},
    },
    "Bank asks": NO_CREDIT
    | {
        "invoices": BOTH_PAID,
        "tried": [FIRST, [("2023-12-01", "succeeded", 5297, None)]],
        "charges": [(6378, "succeeded", 0), (5297, "failed", 0), (5297, "succeeded", 0)],
        "letters": {"welcome": 1, "invoice": 2, "receipt": 2, "action_required": 1},
    },
    "Never pays": {
        "invoices": [("paid", "2023-11-01", 6378, 0), ("written_off", "2023-12-01", 5297, 0)],
        "tried": [FIRST, failed(1, 2, 4, 8, 15)],
        "charges": [(6378, "succeeded", 0), *[(5297, "failed", 0)] * 5],
        "credited": [],
        "subscription": "ended",
        "letters": {"welcome": 1, "invoice": 2, "receipt": 1, "payment_failed": 5}
        | {"overdue": 1, "reminder": 2, "restricted": 1, "ended": 1},
    },
}
PLAYED = {}


@pytest.fixture
def played(open_tenant):
    """Every misfortune and the undisturbed run, side by side, once: the trial and its outcome by title."""
    if not PLAYED:
        trials = [
            Trial(open_tenant(f"x{number}"), mishap) for number, mishap in enumerate((UNDISTURBED, *MISHAPS))
        ]
        outcomes = play(Screen(), trials)
        PLAYED.update(
            {trial.mishap.title: (trial, outcome) for trial, outcome in zip(trials, outcomes, strict=True)}
        )
    return PLAYED


def test_on_good_days_every_story_ends_as_it_must(played):
    _, outcome = played[UNDISTURBED.title]

    assert outcome["stories"] == GOOD_DAYS
    assert outcome["numbers"] == [f"INV-{number:06}" for number in range(1, 9)]
    assert outcome["reconciliation"] == {"agrees": True, "matched": 7, "differences": []}
    # 4 first invoices of 63.78 and 3 renewals of 52.97 less 10.81 sent back; one renewal is lost
    assert outcome["payments"]["balances"]["USD"] == {"provider_clearing": 40322, "collections": -40322}
    balances = outcome["sales"]["balances"]["USD"]
    assert [balances[name] for name in ("collections", "receivable", "bad_debt")] == [40322, 0, 5297]
    assert (outcome["sales"]["sound"], outcome["payments"]["sound"]) == (True, True)


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.title.replace(" ", "_"))
def test_the_outcome_is_that_of_the_undisturbed_run(played, mishap):
    _, undisturbed = played[UNDISTURBED.title]

    trial, outcome = played[mishap.title]

    assert outcome == undisturbed
    assert double_charges(outcome) == 0
    assert trial.missed == []


def test_the_table_of_what_went_wrong(played):
    _, undisturbed = played[UNDISTURBED.title]
    rows = [row(trial, outcome, undisturbed) for trial, outcome in played.values()]

    Screen().table(COLUMNS, rows, title=TITLE)

    assert {tuple(row[-3:]) for row in rows} == {("403.22 USD", "equal", 0)}
    assert len(rows) == 12
