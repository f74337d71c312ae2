"""The words of documents by language; a language is a file in texts/, and a seller may replace some."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "texts"
Words = Mapping[str, Mapping[str, str]]


@cache
def languages() -> frozenset[str]:
    """The languages there are words in."""
    return frozenset(file.stem for file in _FOLDER.glob("*.toml") if "_" not in file.stem)


def words(language: str, territory: str | None, own: Mapping[str, str] | None = None) -> Words:
    """The words of a language, where its territory has others those; `own` replaces some, as `label.net`."""
    found = {group: dict(texts) for group, texts in _read(language).items()}
    for group, texts in _read(f"{language}_{territory}").items():
        found[group] |= texts
    for name, text in (own or {}).items():
        group, _, key = name.partition(".")
        if key in found.get(group, {}):
            found[group][key] = text
    return found


def known(name: str) -> bool:
    """Whether a word of this name exists, so that a theme can replace it."""
    group, _, key = name.partition(".")
    return key in _read("en").get(group, {})


@cache
def _read(language: str) -> Mapping[str, Mapping[str, Any]]:
    file = _FOLDER / f"{language}.toml"
    return tomllib.loads(file.read_text("utf-8")) if file.exists() else {}
