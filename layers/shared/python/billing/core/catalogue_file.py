"""The catalogue as a file in git: read strictly, compare, publish what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.core.catalogue import Catalogue, Feature, Meter, Plan, Source
from billing.core.catalogue_checks import check
from billing.core.discounts import Coupon
from billing.core.errors import RuleError
from billing.core.record import Record
from billing.core.strict import as_list, as_mapping, read_strict


@dataclass(frozen=True, slots=True)
class Change(Record):
    """One difference between two catalogues: what kind, of which thing, in one sentence."""

    action: str  # added, changed, removed
    kind: str  # feature, meter, plan, coupon
    key: str
    detail: str


def parse_catalogue(data: Mapping[str, Any]) -> Catalogue:
    """Read a catalogue file; every RuleError names its field, unknown fields are refused.

    Plans carry no version in the file: they are numbered against what is published.
    """
    for name in as_mapping(data, "catalogue"):
        if name not in {"features", "meters", "plans", "coupons"}:
            raise RuleError("unknown_field", "known here: features, meters, plans, coupons", name)
    features = as_list(data.get("features", []), "features")
    meters = as_list(data.get("meters", []), "meters")
    plans = as_list(data.get("plans", []), "plans")
    coupons = as_list(data.get("coupons", []), "coupons")
    catalogue = Catalogue(
        features=tuple(read_strict(Feature, f, f"features[{n}]") for n, f in enumerate(features)),
        meters=tuple(read_strict(Meter, m, f"meters[{n}]") for n, m in enumerate(meters)),
        plans=tuple(_plan(plan, f"plans[{n}]") for n, plan in enumerate(plans)),
        coupons=tuple(read_strict(Coupon, c, f"coupons[{n}]") for n, c in enumerate(coupons)),
    )
    check(catalogue)
    return catalogue


def diff(old: Catalogue, new: Catalogue) -> tuple[Change, ...]:
    """What publishing `new` over `old` would change, in the order of the file."""
    return (
        *_compared("feature", old.features, new.features),
        *_compared("meter", old.meters, new.meters),
        *_compared("plan", old.plans, new.plans),
        *_compared("coupon", old.coupons, new.coupons),
    )


def next_versions(published: Mapping[str, Plan], wanted: Catalogue) -> Catalogue:
    """Number the plans: equal content keeps its version, other content takes the next one."""
    return replace(wanted, plans=tuple(_numbered(published, plan) for plan in wanted.plans))


def _numbered(published: Mapping[str, Plan], plan: Plan) -> Plan:
    current = published.get(plan.key)
    if current is None:
        return replace(plan, version=1)
    same = current.content_hash() == plan.content_hash()
    return replace(plan, version=current.version if same else current.version + 1)


def _plan(data: object, field: str) -> Plan:
    given = dict(as_mapping(data, field))
    if "version" in given:
        raise RuleError("unknown_field", "versions are numbered at publication", f"{field}.version")
    prices = as_list(given.get("prices", []), f"{field}.prices")
    given["prices"] = [_price(price, f"{field}.prices[{n}]") for n, price in enumerate(prices)]
    return read_strict(Plan, {**given, "version": 1}, field)


def _price(data: object, field: str) -> dict[str, Any]:
    """A price that names a meter is by meter; nobody has to say it twice."""
    given = dict(as_mapping(data, field))
    if "meter" in given:
        given.setdefault("source", Source.METER.value)
    return given


def _compared(kind: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> list[Change]:
    before = {item.key: item for item in old}
    after = {item.key: item for item in new}
    changes = [Change("removed", kind, key, "no longer offered") for key in before if key not in after]
    for key, item in after.items():
        if key not in before:
            changes.append(Change("added", kind, key, item.name or key))
        elif _content(before[key]) != _content(item):
            names = [n for n, v in _content(item).items() if _content(before[key]).get(n) != v]
            changes.append(Change("changed", kind, key, ", ".join(names)))
    return changes


def _content(item: Any) -> dict[str, Any]:
    return {name: value for name, value in item.to_data().items() if name != "version"}
