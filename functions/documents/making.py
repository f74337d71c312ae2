"""From a document to its files: checked, set, and with what machines read beside what people read."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass

from billing.core.document import Document
from billing.core.document_checks import Broken, broken_rules, format_rules, is_invoice
from billing.core.document_tax import Duty, Format, duty
from billing.core.record import exact_text
from documents import facturx_pdf, typesetting
from documents.einvoice import EInvoice, InvalidEInvoiceError, Syntax, einvoice
from documents.html import to_html
from documents.tables import APPENDIX, MOST_LINES
from documents.theme import Theme
from documents.typesetting import Attachment
from documents.voice import Written
from documents.writing import write

PDF, UBL, CII, HTML, JSON, CSV = "pdf", "ubl.xml", "cii.xml", "html", "json", "csv"
MIME = {
    PDF: "application/pdf",
    UBL: "application/xml",
    CII: "application/xml",
    HTML: "text/html; charset=utf-8",
    JSON: "application/json",
    CSV: "text/csv; charset=utf-8",
}


class RejectedDocumentError(Exception):
    """A document that must not leave, and the rules it breaks."""

    def __init__(self, broken: list[Broken]) -> None:
        super().__init__("; ".join(f"{item.rule}: {item.message}" for item in broken))
        self.broken = broken


@dataclass(frozen=True, slots=True)
class Made:
    """Every view of a document by its ending, and why an e-invoice is not among them, where it is not."""

    files: dict[str, bytes]
    format: Format | None
    lacks: tuple[Broken, ...] = ()


def make(
    document: Document,
    theme: Theme | None = None,
    *,
    large: bool = False,
    set_pdf: Callable[[Written, tuple[Attachment, ...]], bytes] = typesetting.to_pdf,
) -> Made:
    """Make every view; RejectedDocumentError where a figure is wrong, or a due e-invoice lacks something."""
    owed = duty(document.seller, document.buyer, document.issued_on, large=large, public=_public(document))
    broken = broken_rules(document)
    if owed and is_invoice(document):
        broken += format_rules(document, owed.format)
    if any(item.wrong for item in broken) or (broken and owed):
        raise RejectedDocumentError(broken)
    written = write(document, theme)
    files = {HTML: to_html(written).encode(), JSON: as_json(document)}
    attached: list[Attachment] = []
    electronic = _electronic(document, owed) if is_invoice(document) and not broken else []
    for one in electronic:
        files[CII if one.syntax is Syntax.CII else UBL] = one.xml
    if CII in files:
        attached.append(
            Attachment(facturx_pdf.FILE, files[CII].decode(), "text/xml", "alternative", "EN 16931 invoice")
        )
    if len(document.lines) > MOST_LINES:
        files[CSV] = as_csv(document)
        attached.append(Attachment(APPENDIX, files[CSV].decode(), "text/csv", "supplement", "Every line"))
    pdf = set_pdf(written, tuple(attached))
    files[PDF] = facturx_pdf.say_facturx(pdf) if CII in files else pdf
    return Made(files, electronic[-1].format if electronic else None, tuple(broken))


def as_json(document: Document) -> bytes:
    """The exact document: decimals as text, amounts in minor units."""
    return json.dumps(document.to_data(), ensure_ascii=False, indent=1).encode()


def as_csv(document: Document) -> bytes:
    """Every line, in numbers that a spreadsheet reads."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(
        ["line", "name", "from", "to", "quantity", "unit_price", "tax", "rate", "amount", "currency"]
    )
    for place, line in enumerate(document.lines, 1):
        rows.writerow(
            [
                place,
                _cell(line.name),
                line.span.first.isoformat() if line.span else "",
                line.span.last.isoformat() if line.span else "",
                exact_text(line.quantity),
                exact_text(line.unit_amount) if line.unit_amount is not None else "",
                line.tax.value,
                exact_text(line.rate_percent),
                line.amount.plain(),
                document.currency,
            ]
        )
    return out.getvalue().encode()


def _electronic(document: Document, owed: Duty | None) -> list[EInvoice]:
    """CII for the PDF and UBL for who takes that; the identifiers of UBL follow the duty."""
    format_ = owed.format if owed and owed.format is not Format.NATIONAL else Format.FACTUR_X
    ubl = Format.PEPPOL if format_ is Format.FACTUR_X and _on_peppol(document) else format_
    try:
        return [einvoice(document, Syntax.CII), einvoice(document, Syntax.UBL, ubl)]
    except InvalidEInvoiceError as error:
        raise RejectedDocumentError([Broken("XSD", str(error))]) from error


def _on_peppol(document: Document) -> bool:
    return bool(document.seller.endpoint and document.buyer.endpoint) and not format_rules(
        document, Format.PEPPOL
    )


def _public(document: Document) -> bool:
    """A German public buyer is reached by its Leitweg-ID, under scheme 0204."""
    return (document.buyer.endpoint or "").startswith("0204:")


def _cell(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
