"""What can be sold: features, meters, plans with prices and entitlements; published by version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from billing.core.charges import Beyond, Charge, ZeroUsage
from billing.core.discounts import Coupon, Promotion
from billing.core.errors import NotFoundError
from billing.core.experiments import Experiment
from billing.core.instalments import InstalmentScheme
from billing.core.languages import Texts
from billing.core.overrides import Override, Phase
from billing.core.periods import Anchoring, Cadence, FirstPart
from billing.core.policies import CancelPolicy, ChangePolicy, PausePolicy, Trial
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


class Versioned(Record):
    """What is published in immutable versions, by a key."""

    __slots__ = ()
    key: str
    version: int

    @property
    def ref(self) -> str:
        """`key@version`, the name of this version everywhere."""
        return f"{self.key}@{self.version}"


@dataclass(frozen=True, slots=True)
class Product(Record):
    """What is sold: bought once at its `prices`, subscribed to by the plans that name it, or both."""

    key: str
    name: str
    prices: tuple[Price, ...] = ()
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class Plan(Versioned):
    """One immutable version of an offer, of a product; a higher `rank` is an upgrade."""

    key: str
    version: int
    name: str
    prices: tuple[Price, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    trial: Trial | None = None
    rank: int = 0
    change: ChangePolicy = field(default_factory=ChangePolicy)
    pause: PausePolicy = field(default_factory=PausePolicy)
    cancel: CancelPolicy = field(default_factory=CancelPolicy)
    rounding: Rounding = Rounding.HALF_UP
    rounding_places: int | None = None  # decimals of an amount where fewer than the currency's
    anchoring: Anchoring = Anchoring.ANNIVERSARY
    first_part: FirstPart = FirstPart.SHORT
    phases: tuple[Phase, ...] = ()
    product: str | None = None
    names: Texts | None = None
    descriptions: Texts | None = None

    @property
    def cadence(self) -> Cadence | None:
        """How often the plan bills: the shortest of its prices' cadences; None is once."""
        return shortest(self.prices)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Currencies in which every price of the plan can be charged; of a free plan, none."""
        if not self.prices:
            return ()
        first = self.prices[0].charges
        return tuple(c for c in first if all(c in price.charges for price in self.prices))


def shortest(prices: Iterable[Price]) -> Cadence | None:
    """The shortest rhythm of some prices; None where all are one-time."""
    found = [price.cadence for price in prices if price.cadence]
    return min(found, key=lambda cadence: cadence.order) if found else None


@dataclass(frozen=True, slots=True)
class AddOn(Versioned):
    """One immutable version of what is had beside a plan: any of `plans`, where some are named.

    It can be had up to `max_quantity` times (None: any number); its fixed quantities and its limits
    are for one.
    """

    key: str
    version: int
    name: str
    prices: tuple[Price, ...] = ()
    entitlements: tuple[Entitlement, ...] = ()
    plans: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    max_quantity: int | None = 1
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class BundledAddOn(Record):
    """An add-on of a bundle, so many times."""

    key: str
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Bundle(Versioned):
    """One immutable version of a plan sold together with add-ons, under terms of its own."""

    key: str
    version: int
    name: str
    plan: str
    add_ons: tuple[BundledAddOn, ...] = ()
    overrides: tuple[Override, ...] = ()
    names: Texts | None = None
    descriptions: Texts | None = None


@dataclass(frozen=True, slots=True)
class Catalogue(Record):
    """All that a seller offers at one moment."""

    features: tuple[Feature, ...] = ()
    meters: tuple[Meter, ...] = ()
    plans: tuple[Plan, ...] = ()
    coupons: tuple[Coupon, ...] = ()
    add_ons: tuple[AddOn, ...] = ()
    bundles: tuple[Bundle, ...] = ()
    promotions: tuple[Promotion, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    products: tuple[Product, ...] = ()
    instalment_schemes: tuple[InstalmentScheme, ...] = ()

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
