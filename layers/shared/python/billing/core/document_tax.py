"""How what was not taxed is called, and which e-invoice a pair of countries asks for: dated data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from billing.core.document import Party, TaxCode

EU = frozenset(
    "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split()  # noqa: SIM905
)

_CODES = (  # of ISO 3166-1, with XI: Northern Ireland in the VAT of the EU
    "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS "
    "BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE "
    "EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM "
    "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC "
    "LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA "
    "NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW "
    "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XI XK YE YT ZA ZM ZW "
)
COUNTRIES = frozenset(_CODES.split())


class Format(StrEnum):
    """A structured e-invoice: which syntax, under which rules."""

    FACTUR_X = "factur_x"  # CII inside the PDF, EN 16931
    XRECHNUNG = "xrechnung"  # UBL with the German identifier
    PEPPOL = "peppol"  # UBL with the identifiers of Peppol BIS Billing 3
    NATIONAL = "national"  # a country's own format and portal: not made here


@dataclass(frozen=True, slots=True)
class Duty:
    """From a day on a seller there must send a buyer here a structured invoice."""

    seller: str  # a country, or EU for any
    buyer: str
    since: date
    format: Format
    only_large: bool = False  # for the seller's size: bound earlier than the small ones
    public: bool = False  # only to public buyers, who give a reference to be reached by
    basis: str = ""


# As published in November 2026. Whoever adds a country adds a row; the newest that has begun counts.
DUTIES: tuple[Duty, ...] = (
    Duty("IT", "IT", date(2019, 1, 1), Format.NATIONAL, basis="FatturaPA by the Sistema di Interscambio"),
    Duty("DE", "DE", date(2020, 11, 27), Format.XRECHNUNG, public=True, basis="E-Rechnungsverordnung"),
    Duty("RO", "RO", date(2024, 7, 1), Format.NATIONAL, basis="RO e-Factura"),
    Duty("BE", "BE", date(2026, 1, 1), Format.PEPPOL, basis="law of 6 February 2024"),
    Duty("PL", "PL", date(2026, 2, 1), Format.NATIONAL, only_large=True, basis="KSeF"),
    Duty("PL", "PL", date(2026, 4, 1), Format.NATIONAL, basis="KSeF"),
    Duty("FR", "FR", date(2026, 9, 1), Format.FACTUR_X, only_large=True, basis="reform of e-invoicing"),
    Duty("FR", "FR", date(2027, 9, 1), Format.FACTUR_X, basis="reform of e-invoicing"),
    Duty("DE", "DE", date(2027, 1, 1), Format.FACTUR_X, only_large=True, basis="Wachstumschancengesetz"),
    Duty("DE", "DE", date(2028, 1, 1), Format.FACTUR_X, basis="Wachstumschancengesetz"),
    Duty("EU", "EU", date(2030, 7, 1), Format.PEPPOL, basis="ViDA, between member states"),
)


def duty(seller: Party, buyer: Party, on: date, *, large: bool = False, public: bool = False) -> Duty | None:
    """The duty a pair is under on a day; a buyer without a tax number is a consumer, and under none."""
    if seller.address is None or buyer.address is None or not (buyer.tax_id or public):
        return None
    pair = (seller.address.country, buyer.address.country)
    found = [
        row
        for row in DUTIES
        if row.since <= on
        and _covers(row, pair)
        and (large or not row.only_large)
        and (public or not row.public)
    ]
    return max(found, key=lambda row: (row.public, row.since), default=None)


def tax_code(rate_percent: Fraction, seller: Party, buyer: Party) -> TaxCode:
    """What stands for the tax of a line: why there is none, where there is none."""
    if rate_percent:
        return TaxCode.STANDARD
    from_, to = _country(seller), _country(buyer)
    if from_ and to and from_ != to:
        if from_ in EU and to in EU:
            return TaxCode.REVERSE_CHARGE if buyer.tax_id else TaxCode.EXEMPT
        return TaxCode.EXPORT
    return TaxCode.ZERO if seller.tax_id else TaxCode.EXEMPT


def _covers(row: Duty, pair: tuple[str, str]) -> bool:
    if row.seller == "EU":
        return pair[0] in EU and pair[1] in EU and pair[0] != pair[1]
    return pair == (row.seller, row.buyer)


def _country(party: Party) -> str:
    return party.address.country if party.address else ""
