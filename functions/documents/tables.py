"""The tables of a document as text: its lines with how each came about, open invoices, movements."""

from __future__ import annotations

from typing import Any

from billing.core.document import DocumentKind, DocumentLine, LineOff, Step, TaxCode
from billing.core.money import Money
from documents import formats
from documents.theme import Column
from documents.voice import Voice, Written

MOST_LINES = 1_000  # in a PDF; what is longer is summed up there and whole in the attached CSV
APPENDIX = "lines.csv"
_BY_RATE = frozenset({TaxCode.STANDARD, TaxCode.ZERO})  # the others have no rate to show
_TEXTS = ("span", "note", "quantity", "price", "tax", "amount")


def lines(voice: Voice) -> Written | None:
    """The table of lines; what is too long for a PDF is summed up."""
    document, label = voice.document, voice.label
    if not document.lines:
        return None
    shown = document.lines if len(document.lines) <= MOST_LINES else document.lines[: MOST_LINES // 10]
    columns = [c.value for c in voice.theme.columns if voice.taxed or c is not Column.TAX]
    rest = document.lines[len(shown) :]
    rows = [_line(voice, line) for line in shown]
    if rest:
        sum_ = sum((line.amount for line in rest), Money.zero(document.currency))
        name = label["other_lines"].format(count=voice.count(len(rest)))
        rows.append(_row(name, amount=formats.plain(sum_, voice.locale)))
    return {
        "columns": columns,
        "headings": {
            "description": label["description"],
            "quantity": label["quantity"],
            "price": label["price"],
            "tax": label["tax"],
            "amount": f"{label['amount']} ({document.currency})",
        },
        "rows": rows,
        "appendix": label["attached"].format(file=APPENDIX) if rest else "",
    }


def _line(voice: Voice, line: DocumentLine) -> Written:
    price = line.unit_amount
    return _row(
        formats.text(line.name),
        span=voice.days(line.span) or "",
        note=_explained(voice, line),
        quantity=formats.number(line.quantity, voice.locale) if price is not None and not line.steps else "",
        price=formats.unit_price(price, voice.document.currency, voice.locale)
        if price is not None and not line.steps
        else "",
        tax=formats.percent(line.rate_percent, voice.locale)
        if line.tax in _BY_RATE
        else voice.said["tax"][line.tax.value],
        amount=formats.plain(line.amount, voice.locale),
        off=[_off(voice, off) for off in line.off],
        steps=[_step(voice, step) for step in line.steps],
    )


def _row(name: str, **values: Any) -> Written:
    empty: Written = {**dict.fromkeys(_TEXTS, ""), "off": [], "steps": []}
    return {"name": name, **empty, **values}


def _explained(voice: Voice, line: DocumentLine) -> str:
    if line.used is None or line.charged is None or line.used == line.charged:
        return ""
    used, charged = (formats.number(value, voice.locale) for value in (line.used, line.charged))
    return voice.label["used"].format(used=used, charged=charged)


def _off(voice: Voice, off: LineOff) -> str:
    label = voice.label["discount" if off.amount.minor > 0 else "discount_back"]
    reason = label.format(reason=formats.text(off.reason, 120))
    return f"{reason} {formats.plain(-off.amount, voice.locale)}"


def _step(voice: Voice, step: Step) -> Written:
    currency, locale = voice.document.currency, voice.locale
    how = voice.label["step_flat" if step.flat_amount else "step"].format(
        quantity=formats.number(step.quantity, locale),
        price=formats.unit_price(step.unit_amount, currency, locale),
        flat=formats.unit_price(step.flat_amount, currency, locale),
    )
    return {"how": how, "amount": formats.step_amount(step.amount, currency, locale)}


def open_items(voice: Voice) -> Written | None:
    """The table of a reminder."""
    if not voice.document.open_items:
        return None
    label = voice.label
    return {
        "headings": [label["invoice"], label["issued"], label["due_date"], label["total"], label["open"]],
        "rows": [
            [
                formats.text(item.number, 120),
                voice.day(item.issued_on),
                voice.day(item.due_on),
                formats.plain(item.total, voice.locale),
                formats.plain(item.open, voice.locale),
            ]
            for item in voice.document.open_items
        ],
    }


def instalments(voice: Voice) -> Written | None:
    """What is to be paid by which day, where that is more than one."""
    document, label = voice.document, voice.label
    if not document.instalments:
        return None
    return {
        "title": label["instalments"],
        "headings": ["", label["due_date"], f"{label['amount']} ({document.currency})"],
        "rows": [
            [f"{n}.", voice.day(part.due_on), formats.plain(part.amount, voice.locale)]
            for n, part in enumerate(document.instalments, 1)
        ],
    }


def movements(voice: Voice) -> Written | None:
    """The table of a statement."""
    document, label = voice.document, voice.label
    if document.kind is not DocumentKind.STATEMENT:
        return None
    opening = document.opening or Money.zero(document.currency)
    closing = document.due or opening
    first, last = (
        (voice.day(document.span.first), voice.day(document.span.last)) if document.span else ("", "")
    )
    rows = [
        [
            voice.day(row.on),
            f"{voice.said['movement'][row.kind]} {formats.text(row.number, 120)}".strip(),
            formats.plain(row.amount, voice.locale),
            formats.plain(row.balance, voice.locale),
        ]
        for row in document.movements
    ]
    amount = f"{label['amount']} ({document.currency})"
    return {
        "headings": [label["date"], label["description"], amount, label["balance"]],
        "opening": [first, label["opening"], "", formats.plain(opening, voice.locale)],
        "rows": rows,
        "closing": [last, label["closing"], "", formats.plain(closing, voice.locale)],
    }
