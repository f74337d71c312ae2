"""From a notice and what is known to a mail: values are formatted, texts filled, templates drawn.

| value                 | what it is                                                  |
|-----------------------|-------------------------------------------------------------|
| seller, entity        | the tenant's name; the legal entity's                       |
| name                  | the customer's                                              |
| plan, ends_on         | the name of a plan; the day it ends                         |
| number, due_date      | of the invoice; credit_number, statement_number of those    |
| instalments           | what is to be paid of it on which days, where it is split   |
| amount, date          | what the notice is about; the day it is of                  |
| method                | the label of what is charged                                |
| feature, offer        | what was refused; the name of the plan that has it          |
| pay_link, action_link | where the reader can pay or confirm                         |
| document_link         | where the document can be read                              |

Without a text, for `when`: what is true now (`known.now`), automatic or by_hand (how an open invoice is
paid; in one or in parts: automatic_once, automatic_parts, by_hand_once, by_hand_parts), in_full or in_part
(what a receipt's amount is), and the tags of the notice's facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from babel import Locale
from minijinja import Environment

from billing.core.instalments import Instalment, left_of
from billing.core.money import Money
from events.foundation import TenantChangedV1
from events.payments import PaymentMethodSavedV1
from events.sales import CustomerChangedV1, InvoicePart
from messaging import formats, texts
from messaging.known import Known
from messaging.links import pay_link, safe_link, unsubscribe_link
from messaging.notices import Notice

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
    way_out = unsubscribe_link(notice.token) if notice.token else None
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
        "document": text.document.said(values) if text.document else None,
        "closing": common.closing,
        "seller": values["seller"],
        "footer": common.footer.format_map(values),
        "imprint": _imprint(notice.facts.legal_entity, known, locale),
        "unsubscribe": {"label": common.unsubscribe, "link": way_out} if way_out else None,
    }
    drawn = _environment()
    return Mail(
        subject=subject,
        text=drawn.render_template("notice.txt", **context).strip() + "\n",
        html=drawn.render_template("notice.html", **context),
    )


def page(name: str, tenant: str, seller: TenantChangedV1, customer: CustomerChangedV1) -> str:
    """A page a mail leads to, in the customer's language; it shows nothing of theirs."""
    locale = formats.locale_of(customer.locale, texts.languages())
    text, common = texts.text(locale.language, name), texts.common(locale.language)
    known = Known(tenant, seller, customer)
    values = {"seller": known.seller_name}
    context: dict[str, Any] = {
        "language": str(locale).replace("_", "-"),
        "direction": locale.text_direction,
        "subject": text.subject.format_map(values),
        "preview": "",
        "heading": text.heading.format_map(values),
        "lines": [line.text for line in text.lines],
        "button": text.action.label if text.action else None,
        "seller": values["seller"],
        "footer": common.footer.format_map(values),
        "imprint": _imprint(None, known, locale),
        "unsubscribe": None,
    }
    return _environment().render_template("page.html", **context)


def values_of(notice: Notice, known: Known, locale: Locale) -> dict[str, str]:
    """Everything a text can name, formatted for the reader; what is not known is not there."""
    facts, invoice, zone = notice.facts, known.invoice, known.customer.zone
    entity = known.entity(facts.legal_entity)
    payable = facts.invoice if "invoice_open" in known.now else None
    values: dict[str, str | None] = {
        "seller": known.seller_name,
        "entity": (formats.one_line(entity.name) if entity else "") or known.seller_name,
        "name": formats.one_line(known.customer.person.name),
        "plan": formats.one_line(known.plan) or facts.plan if known.plan else None,
        "ends_on": formats.day(facts.ends_at, zone, locale) if facts.ends_at else None,
        "number": formats.one_line(invoice.number) or facts.invoice if invoice else None,
        "amount": formats.money(facts.amount, locale) if facts.amount is not None else None,
        "due_date": formats.day(due_at(invoice, notice.at), zone, locale) if invoice else None,
        "instalments": _instalments(invoice, zone, locale) if invoice else None,
        "date": formats.day(notice.at, zone, locale),
        "method": _method(known.method, locale) if known.method else None,
        "credit_number": facts.number,
        "statement_number": facts.number,
        "feature": formats.one_line(facts.feature.replace("_", " ")) if facts.feature else None,
        "offer": formats.one_line(facts.offer_name) or facts.offer if facts.offer_name else None,
        "pay_link": pay_link(known.tenant, payable) if payable else None,
        "action_link": safe_link(facts.link),
        "document_link": safe_link(facts.link),
    }
    return {name: value for name, value in values.items() if value} | _flags(notice, known)


def due_at(invoice: InvoicePart, at: datetime) -> datetime:
    """When what is due at an instant was: the date of the last instalment by then, or of the first."""
    if not invoice.instalments:
        return invoice.due_at
    return max(
        (each.due_at for each in invoice.instalments if each.due_at <= at),
        default=invoice.instalments[0].due_at,
    )


def _instalments(invoice: InvoicePart, zone: str, locale: Locale) -> str | None:
    """What of each is left where balance paid the earliest, and its day."""
    parts = [Instalment(e.due_at, Money(e.amount_minor, invoice.currency)) for e in invoice.instalments]
    left = left_of(parts, paid=invoice.total_minor - invoice.due_minor)
    said = [
        f"{formats.money(Money(minor, invoice.currency), locale)} ({formats.day(part.due_at, zone, locale)})"
        for part, minor in zip(parts, left, strict=True)
        if minor
    ]
    return ", ".join(said) or None


def _method(method: PaymentMethodSavedV1, locale: Locale) -> str:
    """How a payment method is known in the reader's language; by its label where nothing else is known."""
    if not method.brand:
        return formats.one_line(method.label)
    common = texts.common(locale.language)
    brand = common.sepa_debit if method.rail == "sepa_debit" else method.brand
    said = common.method.format(brand=brand, last4=method.last4) if method.last4 else brand
    return formats.one_line(said)


def _flags(notice: Notice, known: Known) -> dict[str, str]:
    """What is so, for the lines that are said only then."""
    is_open, known_method = "invoice_open" in known.now, known.method is not None
    invoice = known.invoice
    split = invoice is not None and bool(invoice.instalments)
    whole = invoice is not None and invoice.due_minor == invoice.total_minor
    in_full = whole and "invoice_credited" not in known.now
    flags = {
        "automatic": is_open and known_method,
        "by_hand": is_open and not known_method,
        "automatic_once": is_open and known_method and not split,
        "automatic_parts": is_open and known_method and split,
        "by_hand_once": is_open and not known_method and not split,
        "by_hand_parts": is_open and not known_method and split,
        "in_full": in_full,
        "in_part": not in_full,
    }
    so = {name for name, true in flags.items() if true} | known.now | set(notice.facts.tags)
    return dict.fromkeys(so, "")


def _imprint(legal_entity: str | None, known: Known, locale: Locale) -> str:
    """Who writes: the legal entity and its country."""
    entity = known.entity(legal_entity)
    if entity is None:
        return known.seller_name
    return f"{formats.one_line(entity.name) or known.seller_name}, {formats.country(entity.country, locale)}"


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
