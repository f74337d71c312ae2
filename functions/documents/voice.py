"""How one document speaks: its language, its words, and how values read in them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

from babel import Locale

from billing.core.document import Document, Span
from billing.core.money import Money
from documents import formats
from documents.theme import Theme
from documents.words import languages, words

Written = dict[str, Any]


class Voice:
    """A document, its theme, and the words of its buyer's language."""

    def __init__(self, document: Document, theme: Theme) -> None:
        self.document, self.theme = document, theme
        self.locale: Locale = formats.locale_of(document.locale, languages())
        language: str = self.locale.language
        self.said = words(language, self.locale.territory, theme.words.get(language))
        self.label, self.text = self.said["label"], self.said["text"]
        # A seller that no tax knows says nothing about tax.
        self.taxed = bool(document.tax or document.seller.tax_id or document.exemption)

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        return formats.money(amount, self.locale)

    def count(self, value: int) -> str:
        """A number of things."""
        return formats.number(Fraction(value), self.locale)

    def day(self, on: date | None) -> str:
        """A date; nothing where there is none."""
        return formats.day(on, self.locale) if on else ""

    def days(self, span: Span | None) -> str:
        """A time from day to day; nothing where there is none."""
        return formats.days(span.first, span.last, self.locale) if span else ""
