"""A provider that misbehaves at every step: documents, books and its own list are those of good days."""

import pytest

from local.console import Screen
from local.demo.mishaps import COLUMNS, MISHAPS, TITLE, UNDISTURBED, Trial, double_charges, row
from local.demo.story import CATALOGUE

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
OUTCOMES = {}


def played(open_tenant, mishap):
    if mishap.title not in OUTCOMES:
        trial = Trial(open_tenant(), mishap)
        try:
            OUTCOMES[mishap.title] = trial, trial.play(CATALOGUE, "team")
        finally:
            trial.sandbox.all_well()
    return OUTCOMES[mishap.title]


@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.title.replace(" ", "_"))
def test_the_books_are_those_of_the_undisturbed_run(open_tenant, mishap):
    _, undisturbed = played(open_tenant, UNDISTURBED)
    assert {name: undisturbed[name] for name in GOOD_DAYS} == GOOD_DAYS
    assert undisturbed["sales"]["sound"]

    trial, outcome = played(open_tenant, mishap)

    assert outcome == undisturbed
    assert double_charges(outcome) == 0
    assert all(trial.struck[part] for part in mishap.strikes)


def test_the_table_of_what_went_wrong(open_tenant):
    undisturbed = played(open_tenant, UNDISTURBED)[1]
    rows = [row(trial, outcome, undisturbed) for trial, outcome in OUTCOMES.values()]

    Screen().table(COLUMNS, rows, title=TITLE)

    assert {(books, doubles) for *_, books, doubles in rows} == {("equal", 0)}
