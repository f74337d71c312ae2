"""What a document adds up to, as text: from net to what is due, its taxes, and what must be said of them."""

from __future__ import annotations

from billing.core.document import DocumentKind, TaxCode, TaxRow
from billing.core.money import Money
from documents import formats
from documents.voice import Voice, Written

_NOTED = (TaxCode.ZERO, TaxCode.EXEMPT, TaxCode.REVERSE_CHARGE, TaxCode.EXPORT)


def totals(voice: Voice) -> list[Written]:
    """From net to what is due; a step that changes nothing is left out."""
    document, label = voice.document, voice.label
    if document.total is None:
        return []
    if document.kind is DocumentKind.REMINDER:
        return [_total(voice, label["due"], document.total, strong=True)]
    rows = _discounts(voice)
    rows += [_total(voice, label["net"], document.net)] if voice.taxed else []
    rows += [_tax_total(voice, row) for row in document.taxes if row.amount]
    changed = bool(document.prepaid) and document.kind is DocumentKind.INVOICE
    met = document.kind is DocumentKind.RECEIPT and document.paid not in {None, document.total}
    rows.append(_total(voice, label["total"], document.total, strong=not changed and not met))
    if met and document.paid is not None:
        rows.append(_total(voice, label["credited"], document.paid - document.total))
        rows.append(_total(voice, label["paid"], document.paid, strong=True))
    if changed and document.prepaid and document.due is not None:
        rows.append(_total(voice, label["prepaid"], -document.prepaid))
        rows.append(_total(voice, label["due"], document.due, strong=True))
    return rows


def _discounts(voice: Voice) -> list[Written]:
    """The sum of the lines, and what is taken off it."""
    document, label = voice.document, voice.label
    if not document.discounts:
        return []
    off = [
        _total(voice, label["discount"].format(reason=formats.text(d.reason, 200)), -d.amount)
        for d in document.discounts
    ]
    lines = sum((line.amount for line in document.lines), Money.zero(document.currency))
    return [_total(voice, label["subtotal"], lines), *off]


def _tax_total(voice: Voice, row: TaxRow) -> Written:
    """What it is on is said here, unless the summary says it."""
    rate = formats.percent(row.rate_percent, voice.locale)
    if _summed_up(voice):
        return _total(voice, voice.said["tax"][row.tax.value].format(rate=rate), row.amount)
    taxable = formats.plain(row.taxable, voice.locale)
    return _total(voice, voice.label["tax_row"].format(rate=rate, taxable=taxable), row.amount)


def _summed_up(voice: Voice) -> bool:
    """Whether there is more to a document's taxes than one line of the totals can say."""
    taxes = voice.document.taxes
    told = len(taxes) > 1 or (bool(taxes) and taxes[0].tax is not TaxCode.STANDARD)
    return voice.taxed and told


def _total(voice: Voice, label: str, amount: Money, *, strong: bool = False) -> Written:
    return {"label": label, "value": voice.money(amount), "strong": strong}


def tax_summary(voice: Voice) -> Written | None:
    """By code and rate."""
    document, label = voice.document, voice.label
    if not _summed_up(voice):
        return None
    rows = [
        [
            voice.said["tax"][row.tax.value].format(rate=formats.percent(row.rate_percent, voice.locale)),
            formats.plain(row.taxable, voice.locale),
            formats.plain(row.amount, voice.locale),
        ]
        for row in document.taxes
    ]
    heads = [label["tax_code"], f"{label['taxable']} ({document.currency})", label["tax_amount"]]
    return {"title": label["tax_summary"], "headings": heads, "rows": rows}


def notes(voice: Voice) -> list[str]:
    """What the law wants said where there is no tax."""
    codes_ = {row.tax for row in voice.document.taxes}
    own = voice.document.exemption
    return [
        formats.text(own) if code is TaxCode.EXEMPT and own else voice.said["tax_note"][code.value]
        for code in _NOTED
        if code in codes_ and voice.taxed
    ]
