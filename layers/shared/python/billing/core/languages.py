"""Names in several languages: that of the customer, without the region where need be, else the default."""

from __future__ import annotations

from collections.abc import Mapping

from billing.core.errors import RuleError

Texts = Mapping[str, str]  # by locale: de, de-CH
LONGEST = 200


def text_in(default: str, texts: Texts | None, language: str | None) -> str:
    """The text for a locale; `de-CH` falls back to `de`, then to the default."""
    tag = (language or "").replace("_", "-")
    while texts and tag:
        if tag in texts:
            return texts[tag]
        tag = tag.rpartition("-")[0]
    return default


def check_texts(texts: Texts | None, field: str) -> None:
    """Locales as BCP 47 writes them, each with a line of text."""
    for locale, text in (texts or {}).items():
        place = f"{field}.{locale}"
        language, *more = locale.split("-")
        known = language.islower() and language.isalpha() and language.isascii() and len(language) in {2, 3}
        if not known or not all(part.isalnum() and part.isascii() for part in more):
            raise RuleError("invalid_locale", "a language, or with its region: de, de-CH", place)
        if not text or len(text) > LONGEST or not text.isprintable():
            raise RuleError("invalid_text", f"one line of 1 to {LONGEST} characters", place)
