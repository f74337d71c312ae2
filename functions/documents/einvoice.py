"""The structured e-invoice of EN 16931: the same document as CII (inside the PDF) and as UBL.

The one module that knows the keys of the library; all figures are handed over as text. The library forces its
own specification identifier, so ours is put in afterwards, and the schema checks what leaves.
"""

# The libraries have no types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportAttributeAccessIssue=false, reportUnknownParameterType=false

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import facturx
from facturx import generate_xml
from lxml import etree

from billing.core.currency import exponent
from billing.core.document import (
    Address,
    Discount,
    Document,
    DocumentKind,
    DocumentLine,
    Party,
    TaxCode,
    TaxRow,
)
from billing.core.document_instalments import payment_terms
from billing.core.document_tax import Format
from billing.core.money import Money
from billing.core.record import exact_text

EN16931 = "urn:cen.eu:en16931:2017"
_SPECIFICATION = {
    Format.FACTUR_X: EN16931,
    Format.XRECHNUNG: f"{EN16931}#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    Format.PEPPOL: f"{EN16931}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0",
}
PEPPOL_PROCESS = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_REASONS = {
    TaxCode.REVERSE_CHARGE: ("Reverse charge", "VATEX-EU-AE"),
    TaxCode.EXPORT: ("Export outside the EU", "VATEX-EU-G"),
    TaxCode.EXEMPT: ("Exempt from tax", None),
}
_SEPA, _TRANSFER, _NOT_DEFINED = "58", "30", "1"  # UNTDID 4461
_INVOICE, _CREDIT_NOTE = "380", "381"  # UNTDID 1001
_PIECE = "C62"  # UN/ECE recommendation 20
_DISCOUNT = "95"  # UNTDID 5189
_XSD = Path(facturx.__file__).parent / "xsd_and_schematron"


class Syntax(StrEnum):
    """How the same content is written."""

    CII = "factur-x"
    UBL = "ubl-2.1"


class InvalidEInvoiceError(Exception):
    """What was made does not fit its schema; the text names the element."""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """An e-invoice and what it says it is."""

    xml: bytes
    syntax: Syntax
    format: Format


def einvoice(document: Document, syntax: Syntax, format_: Format = Format.FACTUR_X) -> EInvoice:
    """Make and check one; InvalidEInvoiceError names what does not fit."""
    try:
        made = generate_xml(
            terms(document, format_),
            flavor=syntax.value,
            level="en16931",
            check_xsd=False,
            check_schematron="",
        )
    except ValueError as error:
        raise InvalidEInvoiceError(f"it lacks something: {error}") from error
    xml = _identified(made, syntax, format_)
    check_schema(xml, syntax, credit=document.kind is DocumentKind.CREDIT_NOTE)
    return EInvoice(xml, syntax, format_)


def check_schema(xml: bytes, syntax: Syntax, *, credit: bool = False) -> None:
    """Refuse what the schema of its syntax does not allow."""
    schema = _schema(syntax, credit=credit)
    if not schema.validate(etree.fromstring(xml)):
        raise InvalidEInvoiceError(str(schema.error_log.last_error))


def terms(document: Document, format_: Format) -> dict[str, Any]:
    """The business terms (BT) and groups (BG) of a document."""
    total = document.total or Money.zero(document.currency)
    due = document.due or Money.zero(document.currency)
    lines = sum((line.amount for line in document.lines), Money.zero(document.currency))
    off = sum((discount.amount for discount in document.discounts), Money.zero(document.currency))
    found: dict[str, Any] = {
        "BT-1": _plain(document.number),
        "BT-2": document.issued_on,
        "BT-3": _CREDIT_NOTE if document.kind is DocumentKind.CREDIT_NOTE else _INVOICE,
        "BT-5": document.currency,
        "BT-9": document.due_on,
        "BT-10": _plain(document.buyer_reference or document.order or "") or None,
        "BT-13": _plain(document.order or "") or None,
        "BT-23": PEPPOL_PROCESS if format_ is not Format.FACTUR_X else None,
        "BT-20": payment_terms(document),
        "BT-72": _delivered_on(document),
        "BT-73": document.span.first if document.span else None,
        "BT-74": document.span.last if document.span else None,
        "BT-106": lines.plain(),
        "BT-107": off.plain() if off else None,
        "BT-109": document.net.plain(),
        "BT-110": document.tax.plain(),
        "BT-112": total.plain(),
        "BT-113": document.prepaid.plain() if document.prepaid else None,
        "BT-115": due.plain(),
        "BG-4": _party(document.seller, seller=True),
        "BG-7": _party(document.buyer, seller=False),
        "BG-20": [_discount(discount) for discount in document.discounts],
        "BG-23": [_tax(row, document) for row in document.taxes],
        "BG-25": [_line(place, line) for place, line in enumerate(document.lines, 1)],
    }
    if document.reason:
        found["BG-1"] = [{"BT-22": _plain(document.reason)}]
    if document.corrects:
        found["BG-3"] = [{"BT-25": _plain(document.corrects.number), "BT-26": document.corrects.issued_on}]
    return {name: value for name, value in (found | _payment(document)).items() if value not in (None, [])}


def _delivered_on(document: Document) -> date:
    """The last day of what was billed behind, the day of the document for what is billed ahead."""
    return min(document.span.last, document.issued_on) if document.span else document.issued_on


def _payment(document: Document) -> dict[str, Any]:
    account = document.account
    if account is None:
        return {"BT-81": _NOT_DEFINED}
    return {
        "BT-81": _SEPA if document.currency == "EUR" else _TRANSFER,
        "BT-83": document.payment_reference,
        "BT-84": account.iban.replace(" ", ""),
        "BT-85": _plain(document.seller.name),
        "BT-86": account.bic,
    }


def _party(party: Party, *, seller: bool) -> dict[str, Any]:
    """A party; a tax number that is none for VAT stands in its own field of the seller."""
    vat = _vat(party)
    other = party.tax_id or party.registration
    scheme, _, endpoint = (party.endpoint or "").partition(":")
    found = {
        "name": _plain(party.name),
        "vat_identifier": vat,
        "tax_identifier": other if seller and not vat else None,
        "legal_identifier": _plain(party.registration or (other if seller and not vat else None) or "")
        or None,
        "einvoicing_addr": endpoint or party.email,
        "einvoicing_addr_schemeid": scheme if endpoint else "EM" if party.email else None,
        "contacts": [_contact(party)] if seller and party.email and party.phone else None,
        **_address(party.address),
    }
    return {name: value for name, value in found.items() if value}


def _contact(party: Party) -> dict[str, str]:
    return {"name": _plain(party.name), "phone": _plain(party.phone or ""), "email": party.email or ""}


def _address(address: Address | None) -> dict[str, str]:
    if address is None:
        return {}
    return {
        "country_code": address.country,
        "city": _plain(address.city),
        "postcode": _plain(address.postcode),
        "addr_l1": _plain(address.street),
        "addr_l2": _plain(address.more),
        "country_subdivision": _plain(address.region),
    }


def _vat(party: Party) -> str | None:
    """A VAT number as EN 16931 has it: behind the code of its country (Greece: EL)."""
    plain = (party.tax_id or "").replace(" ", "").replace(".", "").replace("-", "")
    country = party.address.country if party.address else ""
    prefix = "EL" if country == "GR" else country
    return plain.removesuffix("MWST") if prefix and plain.startswith(prefix) else None


def _discount(discount: Discount) -> dict[str, Any]:
    return {
        "amount": discount.amount.plain(),
        "reason": _plain(discount.reason),
        "reason_code": _DISCOUNT,
        "vat_category_code": discount.tax.value,
        "vat_rate": _rate(discount.rate_percent),
    }


def _tax(row: TaxRow, document: Document) -> dict[str, Any]:
    reason, code = _REASONS.get(row.tax, (None, None))
    if row.tax is TaxCode.EXEMPT and document.exemption:
        reason = _plain(document.exemption)
    found = {
        "BT-116": row.taxable.plain(),
        "BT-117": row.amount.plain(),
        "BT-118": row.tax.value,
        "BT-119": _rate(row.rate_percent),
        "BT-120": reason,
        "BT-121": code,
    }
    return {name: value for name, value in found.items() if value is not None}


def _line(place: int, line: DocumentLine) -> dict[str, Any]:
    """A line whose quantity times price is its amount, whatever way it was calculated."""
    places = exponent(line.amount.currency)
    quantity, price = line.quantity, line.unit_amount
    if price is None:
        quantity = Fraction(-1 if line.gross.minor < 0 else 1)
        price = abs(Fraction(line.gross.minor, 10**places))
    found = {
        "BT-126": str(place),
        "BT-129": exact_text(quantity),
        "BT-130": _PIECE,
        "BT-131": line.amount.plain(),
        "BT-146": exact_text(price),
        "BT-151": line.tax.value,
        "BT-152": _rate(line.rate_percent),
        "BT-153": _plain(line.name),
        "BT-155": _plain(line.id)[:100],
        "BT-134": line.span.first if line.span else None,
        "BT-135": line.span.last if line.span else None,
        "BG-27": [
            {"amount": off.amount.plain(), "reason": _plain(off.reason), "reason_code": _DISCOUNT}
            for off in line.off
            if off.amount.minor > 0
        ]
        or None,
        "BG-28": [
            {"amount": (-off.amount).plain(), "reason": _plain(off.reason)}
            for off in line.off
            if off.amount.minor < 0
        ]
        or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _rate(rate_percent: Fraction) -> str:
    return exact_text(rate_percent)


def _plain(text: str) -> str:
    """Text that XML can carry, on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _identified(xml: bytes, syntax: Syntax, format_: Format) -> bytes:
    """The specification it follows, instead of the one the library always writes."""
    tree = etree.fromstring(xml)
    if syntax is Syntax.UBL:
        found = tree.find("{*}CustomizationID")
    else:
        found = tree.find("{*}ExchangedDocumentContext/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID")
    if found is None:
        raise InvalidEInvoiceError("it has no specification identifier")
    found.text = _SPECIFICATION[format_]
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True)


@cache
def _schema(syntax: Syntax, *, credit: bool) -> etree.XMLSchema:
    if syntax is Syntax.CII:
        file = next((_XSD / "facturx-en16931").glob("**/*EN16931.xsd"))
    else:
        name = "UBL-CreditNote-2.1.xsd" if credit else "UBL-Invoice-2.1.xsd"
        file = next((_XSD / "ubl-2.1").glob(f"**/{name}"))
    return etree.XMLSchema(etree.parse(str(file)))
