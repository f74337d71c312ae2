"""Codes a bank's app scans: the Swiss QR-bill and the SEPA credit transfer (EPC069-12)."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import segno
from qrbill import QRBill
from segno.helpers import make_epc_qr

from billing.core.document import Document, Party
from billing.core.references import is_qr_iban

_SWISS = frozenset({"CH", "LI"})
_LANGUAGES = frozenset({"de", "fr", "it", "en"})  # of the payment part
_NAME, _STREET, _POSTCODE, _CITY = 70, 70, 16, 35  # characters the Swiss standard takes
_SWISS_MOST = 99_999_999_999  # cents
# What the Swiss standard can carry: Latin to Extended-A, the Romanian comma letters, the euro sign.
_SWISS_TEXT = re.compile(r"[ -~\u00a0-\u017f\u0218-\u021b\u20ac]*")
_EPC_NAME = 70
_EPC_MOST = 99_999_999_999  # cents

# The headings of the payment part: Swiss Implementation Guidelines QR-bill, annex D.
_KEYS = (
    "part", "account", "reference", "information", "currency", "amount", "receipt", "acceptance",
    "debtor", "separate",
)  # fmt: skip
LABELS: Mapping[str, Mapping[str, str]] = {
    "de": dict(
        zip(
            _KEYS,
            (
                "Zahlteil",
                "Konto / Zahlbar an",
                "Referenz",
                "Zusätzliche Informationen",
                "Währung",
                "Betrag",
                "Empfangsschein",
                "Annahmestelle",
                "Zahlbar durch",
                "Vor der Einzahlung abzutrennen",
            ),
            strict=True,
        )
    ),
    "fr": dict(
        zip(
            _KEYS,
            (
                "Section paiement",
                "Compte / Payable à",
                "Référence",
                "Informations supplémentaires",
                "Monnaie",
                "Montant",
                "Récépissé",
                "Point de dépôt",
                "Payable par",
                "A détacher avant le versement",
            ),
            strict=True,
        )
    ),
    "it": dict(
        zip(
            _KEYS,
            (
                "Sezione pagamento",
                "Conto / Pagabile a",
                "Riferimento",
                "Informazioni supplementari",
                "Valuta",
                "Importo",
                "Ricevuta",
                "Punto di accettazione",
                "Pagabile da",
                "Da staccare prima del versamento",
            ),
            strict=True,
        )
    ),
    "en": dict(
        zip(
            _KEYS,
            (
                "Payment part",
                "Account / Payable to",
                "Reference",
                "Additional information",
                "Currency",
                "Amount",
                "Receipt",
                "Acceptance point",
                "Payable by",
                "Separate before paying in",
            ),
            strict=True,
        )
    ),
}


@dataclass(frozen=True, slots=True)
class SwissBill:
    """The payment part as it is printed: its code as SVG and the texts beside it."""

    svg: str
    language: str
    account: str
    creditor: tuple[str, ...]
    debtor: tuple[str, ...]
    reference: str
    currency: str
    amount: str
    information: str


def swiss_bill(document: Document, language: str) -> SwissBill | None:
    """The payment part of a Swiss QR-bill, where the document can have one; it asks for the next payment."""
    account, due = document.account, document.next_payment
    if account is None or due is None or document.currency not in {"CHF", "EUR"}:
        return None
    if not 0 < due.minor <= _SWISS_MOST:
        return None
    if account.iban[:2] not in _SWISS or (creditor := _party(document.seller)) is None:
        return None
    written_in = language if language in _LANGUAGES else "en"
    bill = QRBill(
        account=account.iban,
        creditor=creditor,
        debtor=_party(document.buyer),
        amount=due.plain(),
        currency=document.currency,  # pyright: ignore[reportArgumentType] -- as above: CHF or EUR
        reference_number=document.payment_reference,
        additional_information=document.number[:140],
        language=written_in,  # pyright: ignore[reportArgumentType] -- its default narrows the type
    )
    return SwissBill(
        svg=_svg(segno.make(bill.qr_data(), error="m", micro=False, boost_error=False, encoding="utf-8")),
        language=written_in,
        account=grouped(account.iban, 4),
        creditor=tuple(bill.creditor.as_paragraph()),
        debtor=tuple(bill.debtor.as_paragraph()) if bill.debtor else (),
        reference=_reference(document.payment_reference or "", account.iban),
        currency=document.currency,
        amount=_spaced(due.plain()),
        information=document.number,
    )


def epc_code(document: Document) -> str | None:
    """The code of a SEPA credit transfer as SVG, where what is due can be sent in euro."""
    account, due = document.account, document.next_payment
    if account is None or due is None or document.currency != "EUR" or not 0 < due.minor <= _EPC_MOST:
        return None
    if is_qr_iban(account.iban):
        return None
    code = make_epc_qr(
        name=_one_line(document.seller.name)[:_EPC_NAME],
        iban=account.iban.replace(" ", ""),
        amount=Decimal(due.plain()),
        reference=document.payment_reference,
        bic=account.bic,
        encoding="utf-8",
    )
    return _svg(code)


def _party(party: Party) -> Mapping[str, Any] | None:
    """A party by the structured address the Swiss standard asks for; None where that cannot be written."""
    address = party.address
    if address is None or not (party.name and address.postcode and address.city):
        return None
    found = {
        "name": _one_line(party.name)[:_NAME],
        "street": _one_line(address.street)[:_STREET],
        "pcode": _one_line(address.postcode)[:_POSTCODE],
        "city": _one_line(address.city)[:_CITY],
        "country": address.country,
    }
    return found if all(map(_SWISS_TEXT.fullmatch, found.values())) else None


def _one_line(text: str) -> str:
    """Both codes are read line by line: a text that breaks would move all that follows."""
    return " ".join(text.split())


def _svg(code: segno.QRCode) -> str:
    """Without its quiet zone: the layout leaves the white that each standard asks for."""
    out = io.BytesIO()
    code.save(out, kind="svg", border=0, xmldecl=False, svgns=True, omitsize=True)
    return out.getvalue().decode()


def _reference(reference: str, iban: str) -> str:
    """A reference in the groups it is printed in."""
    if is_qr_iban(iban):
        return f"{reference[:2]} {grouped(reference[2:], 5)}"
    return grouped(reference, 4)


def grouped(text: str, size: int) -> str:
    """A number in groups, as people read it."""
    plain = text.replace(" ", "")
    return " ".join(plain[at : at + size] for at in range(0, len(plain), size))


def _spaced(amount: str) -> str:
    """Thousands apart by a space, as the payment part shows them."""
    whole, _, rest = amount.partition(".")
    groups = f"{int(whole):,}".replace(",", " ")
    return f"{groups}.{rest}" if rest else groups
