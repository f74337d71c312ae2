"""From the exact document to what a reader sees: values formatted, words chosen, nothing left to compute.

PDF and HTML are drawn from this; the template only places it.
"""

from __future__ import annotations

from dataclasses import asdict

from billing.core.document import Document, DocumentKind, Party
from billing.core.money import Money
from documents import codes, formats, sums, tables
from documents.addresses import address_lines
from documents.theme import Theme
from documents.voice import Voice, Written


def write(document: Document, theme: Theme | None = None) -> Written:
    """Everything the document shows, as text in the buyer's language."""
    return _Writer(document, theme or Theme()).written()


class _Writer(Voice):
    """One document being written."""

    def written(self) -> Written:
        """The parts every kind has, and those of this one."""
        document = self.document
        return {
            "kind": document.kind.value,
            "lang": self.locale.language,
            "region": self.locale.territory,
            "direction": "rtl" if self.locale.text_direction == "rtl" else "ltr",
            "title": self._title(),
            "number": formats.text(document.number),
            "number_label": self.label["number"],
            "accent": self.theme.accent,
            "font": self.theme.font,
            "logo": self.theme.logo,
            "seller": self._party(document.seller),
            "buyer": self._party(document.buyer) | {"heading": self.label["bill_to"]},
            "meta": self._meta(),
            "box": self._box(),
            "intro": self._intro(),
            "lines": tables.lines(self),
            "open_items": tables.open_items(self),
            "movements": tables.movements(self),
            "instalments": tables.instalments(self),
            "totals": sums.totals(self),
            "tax_summary": sums.tax_summary(self),
            "notes": sums.notes(self),
            "payment": self._payment(),
            "swiss_bill": self._swiss_bill(),
            "closing": formats.text(self.theme.said(self.theme.closing, self.locale.language)),
            "footer": formats.text(self.theme.said(self.theme.footer, self.locale.language), 300),
            "page": self.label["page"],
            "issued_on": document.issued_on.isoformat(),
        }

    def _title(self) -> str:
        document, titles = self.document, self.said["title"]
        if document.kind is DocumentKind.REMINDER and document.level > 1:
            return titles["reminder_again"].format(level=document.level)
        return titles[document.kind.value]

    def _party(self, party: Party) -> Written:
        """Name and address as an envelope shows it; the country in words where the two differ."""
        lines: list[str] = []
        if party.address:
            lines = address_lines(party.address)
            countries = {p.address.country for p in (self.document.seller, self.document.buyer) if p.address}
            if len(countries) > 1 or not lines:
                code = party.address.country
                lines.append(str(self.locale.territories.get(code, code)))  # pyright: ignore[reportUnknownArgumentType]
        ids = [(self.label["tax_id"], party.tax_id), (self.label["registration"], party.registration)]
        if party is self.document.seller:
            ids += [(self.label["email"], party.email), (self.label["phone"], party.phone)]
        return {
            "name": formats.text(party.name, 200),
            "lines": [formats.text(line, 200) for line in lines if line],
            "ids": [{"label": label, "value": formats.text(value, 200)} for label, value in ids if value],
        }

    def _meta(self) -> list[Written]:
        document, label = self.document, self.label
        rows = [(label["date"], self.day(document.issued_on)), (label["period"], self.days(document.span))]
        said = [
            (label["corrects"], document.corrects.number if document.corrects else None),
            (label["order"], document.order),
            (label["buyer_reference"], document.buyer_reference),
        ]
        if document.kind not in {DocumentKind.REMINDER, DocumentKind.STATEMENT}:
            rows += [(name, formats.text(value, 200)) for name, value in said if value]
        return [{"label": name, "value": value} for name, value in rows if value]

    def _box(self) -> Written:
        """What a reader looks for first: how much, until when, and how."""
        document, label = self.document, self.label
        due = document.due or Money.zero(document.currency)
        box: Written = {
            "label": label["due"],
            "amount": self.money(due),
            "rows": [],
            "note": "",
            "pay": None,
        }
        match document.kind:
            case DocumentKind.CREDIT_NOTE:
                box |= {"label": label["credited"]}
            case DocumentKind.RECEIPT:
                rows = [
                    (label["paid_on"], self.day(document.paid_on)),
                    (label["paid_with"], document.paid_with),
                ]
                box |= {"label": label["paid"], "amount": self.money(document.paid or document.total or due)}
                box["rows"] = [{"label": n, "value": formats.text(v, 120)} for n, v in rows if v]
            case DocumentKind.STATEMENT:
                box |= {"label": label["closing"], "note": self.text["owed_to_you"] if due.minor < 0 else ""}
            case _ if due.minor <= 0:
                box |= {"note": self.text["settled"]}
            case _:
                if document.due_on:
                    box["rows"] = [{"label": label["due_date"], "value": self.day(document.due_on)}]
                if document.instalments:
                    first = self.money(document.instalments[0].amount)
                    box["rows"].insert(0, {"label": label["first_instalment"], "value": first})
                if document.pay_link:
                    box["pay"] = {"label": label["pay"], "link": document.pay_link}
        return box

    def _intro(self) -> str:
        document, text = self.document, self.text
        corrects = document.corrects
        about = {
            "number": formats.text(corrects.number, 120) if corrects else "",
            "date": self.day(corrects.issued_on) if corrects else "",
        }
        match document.kind:
            case DocumentKind.CREDIT_NOTE if corrects:
                reason = document.reason
                why = text["credit_note_reason"].format(reason=formats.text(reason, 300)) if reason else ""
                return " ".join(part for part in (text["credit_note"].format(**about), why) if part)
            case DocumentKind.RECEIPT if corrects:
                return text["receipt"].format(**about)
            case DocumentKind.REMINDER:
                return text["reminder_again" if document.level > 1 else "reminder"]
            case DocumentKind.STATEMENT if document.span:
                first, last = self.day(document.span.first), self.day(document.span.last)
                return text["statement"].format(first=first, last=last)
            case _:
                return ""

    def _payment(self) -> Written | None:
        document, label = self.document, self.label
        if document.account is None or not document.due or document.due.minor <= 0:
            return None
        if self._swiss_bill() is not None:
            return None
        rows = [
            (label["recipient"], document.seller.name),
            (label["iban"], codes.grouped(document.account.iban, 4)),
            (label["bic"], document.account.bic),
            (label["reference"], codes.grouped(document.payment_reference or "", 4)),
        ]
        if document.instalments:
            rows.append((label["first_instalment"], self.money(document.instalments[0].amount)))
        return {
            "title": label["bank_transfer"],
            "rows": [{"label": n, "value": formats.text(v, 120)} for n, v in rows if v],
            "code": codes.epc_code(document),
            "scan": label["scan"],
        }

    def _swiss_bill(self) -> Written | None:
        bill = codes.swiss_bill(self.document, self.locale.language)
        return asdict(bill) | {"labels": codes.LABELS[bill.language]} if bill else None
