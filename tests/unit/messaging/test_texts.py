"""The catalogue of texts is whole: every rule, every language, only values that exist."""

import tomllib
from pathlib import Path
from string import Formatter

import pytest

from messaging import texts
from messaging.rules import RULES

FOLDER = Path(texts.__file__).parent / "texts"
TEMPLATES = [rule.template for rule in RULES]
VALUES = {
    *("seller", "entity", "name", "plan", "ends_on", "number", "due_date", "credit_number", "amount"),
    *("date", "method", "feature", "offer", "pay_link", "action_link", "document_link", "statement_number"),
    "instalments",
}
FLAGS = {
    *("automatic", "by_hand", "in_full", "in_part", "invoice_open", "invoice_paid", "payment", "balance"),
    *("automatic_once", "automatic_parts", "by_hand_once", "by_hand_parts"),
    *("applied", "kept", "returned", "retry_later", "new_instrument", "stop"),
    *("owed", "in_favour", "even"),
    *("not_in_plan", "limit_reached"),
    *("charge", "invoice", "cancel", "pause", "free_plan"),
}


def named(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def strings(section):
    if isinstance(section, str):
        return [section]
    parts = section.values() if isinstance(section, dict) else section
    return [text for part in parts for text in strings(part)]


def test_there_are_english_and_german():
    assert {"en", "de"} <= texts.languages()


@pytest.mark.parametrize("language", sorted(texts.languages()))
def test_every_notice_has_a_text(language):
    assert set(TEMPLATES) <= tomllib.loads((FOLDER / f"{language}.toml").read_text()).keys()


@pytest.mark.parametrize("language", sorted(texts.languages()))
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_text_names_only_values_that_exist(language, template):
    section = tomllib.loads((FOLDER / f"{language}.toml").read_text())[template]
    rows = [*section["lines"], *section.get("facts", ()), *section.get("amount", ()), section.get("action")]
    asked = {row["when"] for row in rows if isinstance(row, dict) and "when" in row}
    link = {section["action"]["link"]} if "action" in section else set()

    assert {name for text in strings(section) for name in named(text)} <= VALUES
    assert asked <= VALUES | FLAGS
    assert link <= {"pay_link", "action_link"}
    assert section.get("document", {}).get("link") in {None, "document_link"}


@pytest.mark.parametrize("language", sorted(texts.languages() - {"en"}))
def test_a_translation_names_the_values_the_english_text_names(language):
    english = tomllib.loads((FOLDER / "en.toml").read_text())
    translated = tomllib.loads((FOLDER / f"{language}.toml").read_text())

    assert translated.keys() == english.keys()
    for name, section in english.items():
        assert translated[name].keys() == section.keys()
        for part in section.keys() & {"lines", "facts", "amount", "action", "document"}:
            assert _shape(translated[name][part]) == _shape(section[part]), (name, part)


def _shape(part):
    """What a part is besides its words: conditions and named values, in order."""
    rows = part if isinstance(part, list) else [part]
    return [
        (
            row.get("when") if isinstance(row, dict) else None,
            row.get("link") if isinstance(row, dict) else None,
            sorted({name for text in strings(row) for name in named(text)}),
        )
        for row in rows
    ]
