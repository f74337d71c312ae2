"""How a seller's documents look and what they say beside the figures: data, no code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from xml.etree import ElementTree as ET

from billing.core.errors import RuleError
from billing.core.record import Record
from documents.words import known, languages

LARGEST_LOGO = 200_000  # bytes
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_FAMILIES = ("Inter", "Liberation Sans")


class Column(StrEnum):
    """Columns of the lines that a seller may leave out; description and amount always stand."""

    QUANTITY = "quantity"
    PRICE = "price"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class Theme(Record):
    """Logo (SVG text), accent colour, font, columns, and own words by language as `label.net`.

    `closing` and `footer` stand under the figures and on every page, by language; `*` is for all others.
    """

    logo: str | None = None
    accent: str = "#1f4e79"
    font: str = "Inter"
    columns: tuple[Column, ...] = tuple(Column)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    closing: Mapping[str, str] = field(default_factory=dict[str, str])
    footer: Mapping[str, str] = field(default_factory=dict[str, str])

    def said(self, texts: Mapping[str, str], language: str) -> str:
        """What a theme says in a language."""
        return texts.get(language, texts.get("*", ""))


def check_theme(theme: Theme) -> None:
    """Refuse what would make documents ugly or fail; the error names the field."""
    if not _COLOUR.fullmatch(theme.accent):
        raise RuleError("invalid_colour", "a colour is written #1f4e79", "theme.accent")
    if _luminance(theme.accent) > 0.4:  # noqa: PLR2004 -- white text on it would fail WCAG's 3:1
        raise RuleError("colour_too_light", "choose a darker colour: amounts are set in it", "theme.accent")
    if theme.font not in _FAMILIES:
        raise RuleError("unknown_font", f"one of: {', '.join(_FAMILIES)}", "theme.font")
    if theme.logo is not None:
        _check_logo(theme.logo)
    for language, own in theme.words.items():
        if language not in languages():
            names = ", ".join(sorted(languages()))
            raise RuleError("unknown_language", f"one of: {names}", f"theme.words.{language}")
        for name in own:
            if not known(name):
                raise RuleError("unknown_word", "see texts/en.toml", f"theme.words.{language}.{name}")


def _check_logo(logo: str) -> None:
    """An SVG that draws by itself: nothing loaded from elsewhere, no script, not too large."""
    if len(logo.encode()) > LARGEST_LOGO:
        raise RuleError("logo_too_large", f"at most {LARGEST_LOGO} bytes; simplify its paths", "theme.logo")
    if "<!DOCTYPE" in logo or "<!ENTITY" in logo:
        raise RuleError("logo_not_plain", "an SVG without document type and entities", "theme.logo")
    try:
        root = ET.fromstring(logo)  # noqa: S314
    except ET.ParseError as error:
        raise RuleError("logo_not_svg", f"it is not well formed: {error}", "theme.logo") from error
    if root.tag.rpartition("}")[2] != "svg":
        raise RuleError("logo_not_svg", "its outermost element is svg", "theme.logo")
    for element in root.iter():
        links = [value for name, value in element.attrib.items() if name.rpartition("}")[2] == "href"]
        if element.tag.rpartition("}")[2] == "script" or any(not link.startswith("#") for link in links):
            raise RuleError("logo_not_plain", "it loads or runs something; embed plain paths", "theme.logo")


def _luminance(colour: str) -> float:
    """Relative luminance (WCAG)."""
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]  # noqa: PLR2004
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
