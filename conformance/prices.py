"""A price of ours with the settings of a recorded case."""

from __future__ import annotations

from collections.abc import Callable

from billing.core.catalogue import Conversion, Price, Timing
from billing.core.charges import (
    Beyond,
    Blocks,
    BlockTier,
    Charge,
    Dynamic,
    Flat,
    Graduated,
    GraduatedPercentage,
    Package,
    PackageRounding,
    Percentage,
    PercentTier,
    PerUnit,
    Spread,
    Tier,
    Volume,
    ZeroUsage,
)
from billing.core.rounding import Rounding
from conformance.case import Data, UnsupportedError, decimal, optional


def _tiers(config: Data) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            optional(tier["up_to"]),
            decimal(tier.get("unit_amount", 0)),
            decimal(tier.get("flat_amount") or 0),
            optional(tier.get("cap_amount")),
        )
        for tier in config["tiers"]
    )


def _percent_tiers(config: Data) -> tuple[PercentTier, ...]:
    return tuple(
        PercentTier(optional(t["up_to"]), decimal(t["rate_percent"]), decimal(t.get("flat_amount") or 0))
        for t in config["tiers"]
    )


def _blocks(config: Data) -> Blocks:
    if config.get("block_rounding", "up_within_tier") != "up_within_tier":
        raise UnsupportedError("a started block counts whole")
    tiers = tuple(
        BlockTier(decimal(t["block_size"]), decimal(t["block_amount"]), optional(t["max_blocks"]))
        for t in config["block_tiers"]
    )
    return Blocks(tiers, Spread.REACHED if config["model"] == "volume" else Spread.EACH)


def _percentage(config: Data) -> Percentage:
    return Percentage(
        rate_percent=decimal(config["rate_percent"]),
        fixed_amount=decimal(config.get("fixed_amount") or 0),
        free_events=config.get("free_events"),
        free_amount=optional(config.get("free_amount")),
        transaction_minimum=optional(config.get("per_transaction_min")),
        transaction_maximum=optional(config.get("per_transaction_max")),
    )


CHARGES: dict[str, Callable[[Data], Charge]] = {
    "graduated": lambda c: _blocks(c) if "block_tiers" in c else Graduated(_tiers(c)),
    "volume": lambda c: _blocks(c) if "block_tiers" in c else Volume(_tiers(c)),
    "graduated_percentage": lambda c: GraduatedPercentage(_percent_tiers(c)),
    "per_unit": lambda c: PerUnit(decimal(c["unit_amount"])),
    "flat": lambda c: Flat(decimal(c["flat_amount"])),
    "percentage": _percentage,
    "dynamic": lambda c: (
        Dynamic(decimal(c["multiplier"])) if "multiplier" in c else Dynamic(property="price")
    ),
    "package": lambda c: Package(
        decimal(c["package_size"]),
        decimal(c["package_amount"]),
        PackageRounding(c.get("package_rounding", "up")),
    ),
}
BEYOND = {"error": Beyond.REFUSED, "not_billed": Beyond.FREE}
ZERO_USAGE = {"bill_first_tier_flat": ZeroUsage.FIRST_TIER}
TERMS = {"in_advance": Timing.ADVANCE, "in_arrears": Timing.ARREARS}


def price_of(config: Data) -> Price:
    """A price of ours with the settings of a case."""
    if config["model"] not in CHARGES:
        raise UnsupportedError(f"no charge model looks at several meters at once ({config['model']})")
    if config.get("pricing_unit") or config.get("conversion_rate"):
        raise UnsupportedError("prices are in money; a wallet holds units that are worth money")
    currency = config.get("currency", "EUR")
    bounds = {name: optional(config.get(f"{name}_amount")) for name in ("minimum", "maximum", "base")}
    free = config.get("free_units") or config.get("usage_discount_quantity") or 0
    return Price(
        key="price",
        name="Price",
        charges={currency: CHARGES[config["model"]](config)},
        timing=TERMS[config.get("payment_term", "in_advance")],
        allowance=decimal(free),
        conversion=conversion_of(config.get("unit_conversion")),
        zero_usage=ZERO_USAGE.get(config.get("zero_usage", ""), ZeroUsage.FREE),
        beyond=BEYOND.get(config.get("beyond_last_tier", ""), _beyond(config)),
        discount_percent=optional(config.get("percentage_discount")),
        **{name: {currency: value} for name, value in bounds.items() if value is not None},
    )


def _beyond(config: Data) -> Beyond:
    return Beyond.LAST_TIER if "block_tiers" in config else Beyond.REFUSED


def conversion_of(given: Data | None) -> Conversion | None:
    """Raw units to billed ones."""
    if not given:
        return None
    mode = None if given.get("rounding") in {None, "none"} else Rounding(given["rounding"])
    factor = decimal(given["factor"])
    if given["operation"] == "divide":
        return Conversion(divide=factor, rounding=mode)
    return Conversion(multiply=factor, rounding=mode)
