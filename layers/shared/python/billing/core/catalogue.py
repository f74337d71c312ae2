"""What can be sold: features, meters, plans with prices and entitlements; published by version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from billing.core.charges import Beyond, Charge, ZeroUsage
from billing.core.discounts import Coupon
from billing.core.errors import NotFoundError
from billing.core.ids import content_hash
from billing.core.languages import Texts
from billing.core.overrides import Phase
from billing.core.periods import Anchoring, Basis, Cadence, ChangeDay, FirstPart, Unit
from billing.core.record import Record
from billing.core.rounding import Rounding


class Aggregation(StrEnum):
    """How the events of a meter become one quantity."""

    COUNT = "count"
    SUM = "sum"
    MAX = "max"
    UNIQUE = "unique"
    LATEST = "latest"


class Timing(StrEnum):
    """Whether a period is billed when it opens or when it closes."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class Source(StrEnum):
    """Where a price's quantity comes from."""

    FIXED = "fixed"
    SEATS = "seats"
    METER = "meter"


class EntitlementKind(StrEnum):
    """What an entitlement says about its feature."""

    BOOLEAN = "boolean"
    CONFIG = "config"
    QUOTA = "quota"


class LimitKind(StrEnum):
    """What happens at a quota's limit: refuse, allow and warn, or allow and charge."""

    HARD = "hard"
    SOFT = "soft"
    OVERAGE = "overage"


class FailMode(StrEnum):
    """What a product does when it cannot ask."""

    OPEN = "open"
    CLOSED = "closed"


class Direction(StrEnum):
    """How a change of plan or seats is treated."""

    PRORATE = "prorate"  # credit the rest of the old, charge the rest of the new
    CHARGE = "charge"  # charge the rest of what costs more, give nothing back
    RESTART = "restart"  # credit the rest of the old, open a new period now
    NEXT_PERIOD = "next_period"
    NONE = "none"  # at once, without money


@dataclass(frozen=True, slots=True)
class Feature(Record):
    """Something a product can switch or limit."""

    key: str
    name: str
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class Meter(Record):
    """What is counted: events of a type, a property of theirs, only where `filters` match."""

    key: str
    event_type: str
    aggregation: Aggregation
    property: str | None = None
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    name: str = ""
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class Conversion(Record):
    """Raw units to billed ones: times or divided by a factor, rounded to whole ones if asked."""

    multiply: Fraction = Fraction(1)
    divide: Fraction = Fraction(1)
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True)
class Price(Record):
    """One priced item of a plan; `charges` holds one charge per currency.

    `cadence` None is one-time. Used units are converted, then `allowance` of them are free per period.
    Base, minimum and maximum are amounts per period in major units by currency: the base comes on
    top of the usage, the minimum lifts the line that closes the period, the maximum cuts every line.
    """

    key: str
    name: str
    charges: Mapping[str, Charge]
    cadence: Cadence | None = None
    timing: Timing = Timing.ADVANCE
    source: Source = Source.FIXED
    meter: str | None = None
    quantity: Fraction = Fraction(1)
    allowance: Fraction = Fraction(0)
    minimum: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    maximum: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    tax_category: str = "standard"
    base: Mapping[str, Fraction] = field(default_factory=dict[str, Fraction])
    conversion: Conversion | None = None
    zero_usage: ZeroUsage = ZeroUsage.FREE
    beyond: Beyond = Beyond.REFUSED
    discount_percent: Fraction | None = None
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class Entitlement(Record):
    """What a plan grants of a feature: on, a value, or a quota against a meter."""

    feature: str
    kind: EntitlementKind = EntitlementKind.BOOLEAN
    value: str | None = None
    meter: str | None = None
    limit: Fraction | None = None  # None: without limit
    limit_kind: LimitKind = LimitKind.HARD
    per_seat: bool = False
    fail: FailMode = FailMode.CLOSED


class TrialEnd(StrEnum):
    """What happens when a trial ends and no payment method is known."""

    INVOICE = "invoice"
    CANCEL = "cancel"
    PAUSE = "pause"
    FREE_PLAN = "free_plan"


DEFAULT_REMINDER = Cadence(Unit.DAY, 3)


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """A free first time; its usage is never billed. The customer is reminded so long before its end."""

    length: Cadence
    without_method: TrialEnd = TrialEnd.INVOICE
    fallback_plan: str | None = None
    reminder: Cadence = DEFAULT_REMINDER


class Paid(StrEnum):
    """What becomes of the rest of a period that was paid ahead, when a subscription stops within it."""

    CREDIT = "credit"  # given back, by the share of time that is left
    FORFEIT = "forfeit"  # kept by the seller


@dataclass(frozen=True, slots=True)
class PausePolicy(Record):
    """What a pause does: to what was paid ahead, and to access. `keeps` names features that stay on."""

    paid: Paid = Paid.CREDIT
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CancelPolicy(Record):
    """What happens to what was paid ahead when a customer leaves within a period."""

    paid: Paid = Paid.FORFEIT


@dataclass(frozen=True, slots=True)
class ChangePolicy(Record):
    """What happens on an upgrade and on a downgrade, and how the parts of a period are measured.

    Counted in days, the day of the change belongs to one side. With `net` the difference is one
    line instead of a credit and a charge.
    """

    upgrade: Direction = Direction.PRORATE
    downgrade: Direction = Direction.NEXT_PERIOD
    basis: Basis = Basis.SECOND
    change_day: ChangeDay = ChangeDay.NEW
    net: bool = False


@dataclass(frozen=True, slots=True)
class Plan(Record):
    """One immutable version of an offer; a higher `rank` is an upgrade."""

    key: str
    version: int
    name: str
    prices: tuple[Price, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    trial: Trial | None = None
    rank: int = 0
    change: ChangePolicy = ChangePolicy()
    pause: PausePolicy = PausePolicy()
    cancel: CancelPolicy = CancelPolicy()
    rounding: Rounding = Rounding.HALF_UP
    rounding_places: int | None = None  # decimals of an amount where fewer than the currency's
    anchoring: Anchoring = Anchoring.ANNIVERSARY
    first_part: FirstPart = FirstPart.SHORT
    phases: tuple[Phase, ...] = ()
    names: Texts | None = None
    descriptions: Texts | None = None

    @property
    def ref(self) -> str:
        """`key@version`, the name of this version everywhere."""
        return f"{self.key}@{self.version}"

    @property
    def cadence(self) -> Cadence | None:
        """How often the plan bills: the shortest of its prices' cadences; None is once."""
        found = [price.cadence for price in self.prices if price.cadence]
        return min(found, key=lambda cadence: cadence.order) if found else None

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies in which every price of the plan can be charged; of a free plan, none."""
        if not self.prices:
            return ()
        first = self.prices[0].charges
        return tuple(c for c in first if all(c in price.charges for price in self.prices))

    def content_hash(self) -> str:
        """SHA-256 of everything but the version: equal content is the same version."""
        content = {name: value for name, value in self.to_data().items() if name != "version"}
        return content_hash(json.dumps(content, sort_keys=True, separators=(",", ":")))


@dataclass(frozen=True, slots=True)
class Catalogue(Record):
    """All that a seller offers at one moment."""

    features: tuple[Feature, ...] = ()
    meters: tuple[Meter, ...] = ()
    plans: tuple[Plan, ...] = ()
    coupons: tuple[Coupon, ...] = ()

    def plan(self, key: str) -> Plan:
        """The plan of that key; NotFoundError `unknown_plan`."""
        for plan in self.plans:
            if plan.key == key:
                return plan
        raise NotFoundError("unknown_plan", f"there is no plan {key!r}")

    def meter(self, key: str) -> Meter:
        """The meter of that key; NotFoundError `unknown_meter`."""
        for meter in self.meters:
            if meter.key == key:
                return meter
        raise NotFoundError("unknown_meter", f"there is no meter {key!r}")
