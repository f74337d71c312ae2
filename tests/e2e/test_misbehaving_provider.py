"""A provider that misbehaves at every step: documents, books and its own list are those of good days."""

import pytest

from local.console import Screen
from local.demo.mishaps import MISHAPS, UNDISTURBED
from local.demo.trials import COLUMNS, TITLE, Trial, double_charges, missed, play, row

GOOD_DAYS = {
    "invoices": [
        {
            "number": "INV-000001",
            "status": "paid",
            "issued_at": "2023-11-01T00:00:00Z",
            "total": {"minor": 6378, "currency": "USD"},
            "due": {"minor": 0, "currency": "USD"},
        },
        {
            "number": "INV-000002",
            "status": "paid",
            "issued_at": "2023-12-01T00:00:00Z",
            "total": {"minor": 5297, "currency": "USD"},
            "due": {"minor": 0, "currency": "USD"},
        },
    ],
    "credit notes": [("CN-000001", 1081)],
    "payments": {
        "sound": True,
        "balances": {"USD": {"provider_clearing": 10594, "collections": -10594}},  # 63.78 - 10.81 + 52.97
    },
    "reconciliation": {"agrees": True, "matched": 2, "differences": []},
    "charges": [(6378, "succeeded", 1081), (5297, "succeeded", 0)],
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


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.title.replace(" ", "_"))
def test_the_books_are_those_of_the_undisturbed_run(played, mishap):
    _, undisturbed = played[UNDISTURBED.title]
    assert {name: undisturbed[name] for name in GOOD_DAYS} == GOOD_DAYS
    assert undisturbed["sales"]["sound"]

    trial, outcome = played[mishap.title]

    assert outcome == undisturbed
    assert double_charges(outcome) == 0
    assert missed([trial]) == []


def test_the_table_of_what_went_wrong(played):
    _, undisturbed = played[UNDISTURBED.title]
    rows = [row(trial, outcome, undisturbed) for trial, outcome in played.values()]

    Screen().table(COLUMNS, rows, title=TITLE)

    assert {tuple(row[-3:]) for row in rows} == {("105.94 USD", "equal", 0)}
    assert len(rows) == 11
