"""Promotional credit: what a seller gives a customer, to be drawn by its invoices. It is never money.

An invoice draws when it is numbered, net and before tax, and never falls below nothing by it. What gives
back something that credit had paid gives it back to the credit, not in money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from billing.core.covered import Covered, covered, given_back, room
from billing.core.instants import instant_text
from billing.core.invoicing import Invoice, Line, LineDiscount, Side, taxes
from billing.core.money import Money, allocate
from billing.core.record import Record
from billing.core.rounding import Rounding

_NEVER = datetime.max.replace(tzinfo=UTC)
Parts = dict[str, int]


@dataclass(frozen=True, slots=True)
class PromotionalCredit(Record):
    """An amount, and why it was given, as invoices say it; it acts on what is billed before `until`.

    `drawn_minor` is what invoices have taken, less what came back.
    """

    id: str
    amount: Money
    reason: str
    given_at: datetime
    until: datetime | None = None
    drawn_minor: int = 0
    withdrawn_at: datetime | None = None

    @property
    def rest(self) -> Money:
        """What invoices have not taken."""
        return Money(self.amount.minor - self.drawn_minor, self.amount.currency)

    def left_at(self, at: datetime) -> Money:
        """What is billed at an instant may take so much; nothing of one that lapsed or was withdrawn."""
        acts = self.withdrawn_at is None and (self.until is None or at < self.until)
        return self.rest if acts else Money.zero(self.amount.currency)

    def taking(self, minor: int) -> PromotionalCredit:
        """After an invoice took so much of it; what is negative came back."""
        return replace(self, drawn_minor=self.drawn_minor + minor)


@dataclass(frozen=True, slots=True)
class Purse:
    """The credits of a customer in one currency, and the lines they paid of, by the end that these share."""

    credits: tuple[PromotionalCredit, ...] = ()
    lines: Mapping[str, tuple[Covered, ...]] = field(default_factory=dict[str, tuple[Covered, ...]])

    def known_of(self, line: Line) -> tuple[Covered, ...]:
        """What is known of a line's period: of its own price and of others that end with it."""
        return self.lines.get(end_of(line), ())

    def after(self, each: Covered | None, taken: Mapping[str, int]) -> Purse:
        """With one line more, which took so much of each credit."""
        moved = tuple(c.taking(taken[c.id]) if c.id in taken else c for c in self.credits)
        if each is None:
            return replace(self, credits=moved)
        end = instant_text(each.period.end)
        return Purse(moved, {**self.lines, end: (*self.lines.get(end, ()), each)})


def end_of(line: Line) -> str:
    """The end that a line shares with those that settle its period; nothing where it has none."""
    return instant_text(line.period.end) if line.period else ""


def settled(invoice: Invoice, purse: Purse) -> tuple[Invoice, Purse]:
    """A draft as it is numbered, and the purse behind it: first what comes back, then what is drawn.

    What comes back serves this very invoice first, even where its credit has lapsed meanwhile, so that no
    change costs more because of that.
    """
    less, after, back = _back(invoice, purse)
    drawn = _drawn(less, purse, _available(after, back, invoice.created_at))
    made = _less(less, drawn, after)
    for line, parts in zip(less.lines, drawn, strict=True):
        followed = any(each.is_of(line) for each in purse.known_of(line))
        if line.amount.minor > 0 and line.period and (parts or followed):
            after = after.after(covered(line, line.period, line.amount.minor, parts), parts)
        elif parts:
            after = after.after(None, parts)
    return made, after


def undone(invoice: Invoice, purse: Purse, *, annulled: bool) -> Purse:
    """The purse after all of an invoice was credited: what it took is there again.

    Was it annulled, what came back by it is taken again, as far as it is there by then.
    """
    for line in sorted(invoice.lines, key=lambda line: line.side is Side.CREDIT):
        took = {off.credit: off.amount.minor for off in line.discounts if off.credit}
        minor = line.amount.minor + sum(took.values())
        if minor < 0 and not annulled:
            continue
        known = next((each for each in reversed(purse.known_of(line)) if each.says(line, minor)), None)
        parts = {c: -m for c, m in (known.drawn if known else took).items()}
        rest = {each.id: each.rest.minor for each in purse.credits}
        parts = {c: min(m, rest[c]) for c, m in parts.items()}
        purse = purse.after(known and replace(known, minor=-minor, drawn=parts), parts)
    return purse


def _back(invoice: Invoice, purse: Purse) -> tuple[Invoice, Purse, Parts]:
    """The draft that gives back as money what was money, the purse, and what came back to each credit."""
    parts: list[Parts] = []
    back: Parts = {}
    for line in invoice.lines:
        parts.append({})
        if line.amount.minor >= 0 or line.period is None:
            continue
        found = given_back(line, line.period, purse.known_of(line), _rounding(invoice))
        restored = {credit: -minor for credit, minor in found.restored.items()}
        parts[-1] = {credit: -minor for credit, minor in found.told.items()}
        back = {c: back.get(c, 0) - restored.get(c, 0) for c in {**back, **restored}}
        purse = purse.after(covered(line, line.period, line.amount.minor, restored), restored)
    return _less(invoice, parts, purse), purse, back


def _available(purse: Purse, back: Mapping[str, int], at: datetime) -> Parts:
    """What each credit has for an invoice: earliest end first, then the oldest."""
    found: Parts = {}
    for each in sorted(purse.credits, key=lambda each: (each.until or _NEVER, each.given_at, each.id)):
        found[each.id] = max(each.left_at(at).minor, min(back.get(each.id, 0), each.rest.minor))
    return found


def _drawn(invoice: Invoice, purse: Purse, available: Parts) -> list[Parts]:
    """What each line takes of each credit. Neither a line nor the total falls below nothing."""
    rooms = [room(line, purse.known_of(line)) for line in invoice.lines]
    if invoice.total.minor <= 0:
        return [{} for _ in rooms]
    most = max(min(invoice.net.minor, sum(rooms), sum(available.values())), 0)
    drawn = _shared(rooms, available, most)
    if _less(invoice, drawn, purse).total.minor >= 0:
        return drawn
    least = 0  # a rate that differs between what is asked and what is given back can turn the tax
    while least < most:
        middle = (least + most + 1) // 2
        enough = _less(invoice, _shared(rooms, available, middle), purse).total.minor >= 0
        least, most = (middle, most) if enough else (least, middle - 1)
    return _shared(rooms, available, least)


def _shared(rooms: Sequence[int], available: Parts, most: int) -> list[Parts]:
    """So much, taken of the credits in their order, each over the lines by what is left of them."""
    left, drawn = list(rooms), [Parts() for _ in rooms]
    for credit, there in available.items():
        taken = min(there, most)
        if taken <= 0:
            continue
        most -= taken
        for n, part in enumerate(allocate(taken, left)):
            left[n] -= part
            if part:
                drawn[n][credit] = part
    return drawn


def _less(invoice: Invoice, parts: Sequence[Parts], purse: Purse) -> Invoice:
    """An invoice after so much of each credit by line, taxed anew at its own rates."""
    if not any(parts):
        return invoice
    reasons = {each.id: each.reason for each in purse.credits}
    lines = [
        _line_less(line, [LineDiscount(reasons[c], Money(m, invoice.currency), c) for c, m in taken.items()])
        for line, taken in zip(invoice.lines, parts, strict=True)
    ]
    rates = {tax.category: tax.rate_percent for tax in invoice.taxes}
    due = taxes(lines, rates, invoice.currency, _rounding(invoice))
    return replace(invoice, lines=tuple(lines), taxes=due)


def _line_less(line: Line, off: Sequence[LineDiscount]) -> Line:
    amount = line.amount
    for each in off:
        amount = amount - each.amount
    return replace(line, amount=amount, discounts=(*line.discounts, *off))


def _rounding(invoice: Invoice) -> Rounding:
    return invoice.rounding or Rounding.HALF_UP
