"""From a notice and what is known to a mail: values are formatted, texts filled, templates drawn.

| value          | what it is                                                    |
|----------------|---------------------------------------------------------------|
| seller, entity | the tenant's name; the legal entity's                         |
| name           | the customer's                                                |
| plan           | the name of a plan                                            |
| number, amount | of the invoice; due_date its last day, date the notice's own  |
| method         | the label of what is charged                                  |
| pay_link, action_link | where the reader can pay or confirm                    |

Without a text, for `when`: open, automatic, by_hand, paid (the invoice); payment, balance (what paid it);
retry_later, new_instrument, stop (what helps).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from minijinja import Environment

from messaging import formats, texts
from messaging.known import Known
from messaging.links import pay_link, safe_link
from messaging.notices import Notice
from messaging.rules import PAID

_FOLDER = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Mail:
    """What a person reads."""

    subject: str
    text: str
    html: str


def write(notice: Notice, known: Known) -> Mail:
    """Write a notice in the customer's language."""
    locale = formats.locale_of(known.customer.locale, texts.languages())
    values = values_of(notice, known, locale)
    text, common = texts.text(locale.language, notice.template), texts.common(locale.language)
    subject = formats.one_line(text.subject.format_map(values), longest=200)
    greeting = common.greeting if "name" in values else common.greeting_unnamed
    context: dict[str, Any] = {
        "language": str(locale).replace("_", "-"),
        "direction": locale.text_direction,
        "end": "right" if locale.text_direction == "ltr" else "left",
        "subject": subject,
        "preview": text.preview.format_map(values),
        "heading": text.heading.format_map(values),
        "greeting": greeting.format_map(values),
        "lines": [said for line in text.lines if (said := line.said(values))],
        "amount": next((row for fact in text.amount if (row := fact.said(values))), None),
        "facts": [row for fact in text.facts if (row := fact.said(values))],
        "action": text.action.said(values) if text.action else None,
        "closing": common.closing,
        "seller": values["seller"],
        "footer": common.footer.format_map(values),
        "imprint": _imprint(notice, known, locale),
        "unsubscribe": None,
    }
    drawn = _environment()
    return Mail(
        subject=subject,
        text=drawn.render_template("notice.txt", **context).strip() + "\n",
        html=drawn.render_template("notice.html", **context),
    )


def values_of(notice: Notice, known: Known, locale: Locale) -> dict[str, str]:
    """Everything a text can name, formatted for the reader; what is not known is not there."""
    facts, invoice, zone = notice.facts, known.invoice, known.customer.zone
    entity = known.entity(facts.legal_entity)
    open_link = pay_link(known.tenant, facts.invoice) if facts.invoice and not known.settled else None
    values: dict[str, str | None] = {
        "seller": formats.one_line(known.seller.name),
        "entity": formats.one_line(entity.name if entity else known.seller.name),
        "name": formats.one_line(known.customer.person.name),
        "plan": formats.one_line(known.plan) if known.plan else None,
        "number": formats.one_line(invoice.number) if invoice else None,
        "amount": formats.money(facts.amount, locale) if facts.amount else None,
        "due_date": formats.day(invoice.due_at, zone, locale) if invoice else None,
        "date": formats.day(notice.at, zone, locale),
        "method": formats.one_line(known.method) if known.method else None,
        "pay_link": open_link,
        "action_link": safe_link(facts.link),
    }
    return {name: value for name, value in values.items() if value} | _flags(notice, known)


def _flags(notice: Notice, known: Known) -> dict[str, str]:
    """What is so, for the lines that are said only then."""
    facts = notice.facts
    flags = {
        "open": not known.settled,
        "automatic": bool(known.method) and not known.settled,
        "by_hand": not known.method and not known.settled,
        "paid": known.settled == PAID,
        "payment": facts.payment is not None,
        "balance": facts.payment is None,
    }
    if facts.advice:
        flags[facts.advice] = True
    return {name: "" for name, so in flags.items() if so}


def _imprint(notice: Notice, known: Known, locale: Locale) -> str:
    """Who writes: the legal entity and its country."""
    entity = known.entity(notice.facts.legal_entity)
    if entity is None:
        return formats.one_line(known.seller.name)
    return f"{formats.one_line(entity.name)}, {formats.country(entity.country, locale)}"


@cache
def _environment() -> Environment:
    """Templates by name. Escaping is decided by the name's ending, and never left to a guess."""
    return Environment(
        loader=lambda name: (_FOLDER / name).read_text("utf-8"),
        auto_escape_callback=lambda name: name.endswith(".html"),
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
    )
