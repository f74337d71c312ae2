"""The catalogue as a file in git: read strictly, compare, publish what changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from billing.core.add_on_checks import check_add_ons
from billing.core.catalogue import AddOn, Bundle, Catalogue, Feature, Meter, Plan, Product, Source
from billing.core.catalogue_checks import check
from billing.core.catalogue_diff import Difference, differences
from billing.core.discounts import Coupon, Promotion
from billing.core.errors import RuleError
from billing.core.experiment_checks import check_experiments
from billing.core.experiments import Experiment
from billing.core.instalment_checks import check_instalment_schemes
from billing.core.instalments import InstalmentScheme
from billing.core.promotion_checks import check_promotions
from billing.core.record import Record
from billing.core.strict import as_list, as_mapping, read_strict

# What a catalogue lists, each under its name in the plural; what has a `version` is immutable by version.
KINDS: dict[str, type[Any]] = {
    "product": Product,
    "feature": Feature,
    "meter": Meter,
    "plan": Plan,
    "coupon": Coupon,
    "add_on": AddOn,
    "bundle": Bundle,
    "promotion": Promotion,
    "experiment": Experiment,
    "instalment_scheme": InstalmentScheme,
}


@dataclass(frozen=True, slots=True)
class Change(Record):
    """One difference between two catalogues: what kind, of which thing, in one sentence, field by field."""

    action: str  # added, changed, removed
    kind: str  # one of KINDS
    key: str
    detail: str
    from_version: int | None = None
    version: int | None = None
    fields: tuple[Difference, ...] = ()


def parse_catalogue(data: Mapping[str, Any]) -> Catalogue:
    """Read a catalogue file; every RuleError names its field, unknown fields are refused.

    What has versions carries none in the file: it is numbered against what is published.
    """
    lists = {f"{kind}s": cls for kind, cls in KINDS.items()}
    for name in as_mapping(data, "catalogue"):
        if name not in lists:
            raise RuleError("unknown_field", f"known here: {', '.join(lists)}", name)
    found: dict[str, tuple[Any, ...]] = {}
    for name, cls in lists.items():
        items = as_list(data.get(name, []), name)
        found[name] = tuple(_item(cls, item, f"{name}[{n}]") for n, item in enumerate(items))
    catalogue = Catalogue(**found)
    check(catalogue)
    check_add_ons(catalogue)
    check_promotions(catalogue)
    check_experiments(catalogue)
    check_instalment_schemes(catalogue)
    return catalogue


def as_file(catalogue: Catalogue) -> dict[str, Any]:
    """The file that describes a catalogue: publishing it changes nothing."""
    data = catalogue.sparse()
    for items in data.values():
        for item in items:
            item.pop("version", None)
    return data


def items_of(catalogue: Catalogue, kind: str) -> tuple[Any, ...]:
    """Everything of one kind, in the order of the file."""
    return getattr(catalogue, f"{kind}s")


def diff(old: Catalogue, new: Catalogue) -> tuple[Change, ...]:
    """What publishing `new` over `old` would change, in the order of the file."""
    return tuple(
        change for kind in KINDS for change in _compared(kind, items_of(old, kind), items_of(new, kind))
    )


def numbered(published: Catalogue, wanted: Catalogue) -> Catalogue:
    """Number what has versions: equal content keeps its version, other content takes the next one.

    `published` is the latest version of all that ever was, so that what comes back goes on counting.
    """
    found: dict[str, Any] = {}
    for kind in KINDS:
        items = items_of(wanted, kind)
        if any(hasattr(item, "version") for item in items):
            latest = {item.key: item for item in items_of(published, kind)}
            found[f"{kind}s"] = tuple(_numbered(latest.get(item.key), item) for item in items)
    return replace(wanted, **found)


def content(item: Any) -> dict[str, Any]:
    """Everything but the version: equal content is the same version."""
    return {name: value for name, value in item.to_data().items() if name != "version"}


def _numbered(latest: Any, item: Any) -> Any:
    if latest is None:
        return replace(item, version=1)
    return replace(item, version=latest.version + (content(latest) != content(item)))


def _item(cls: type[Any], data: object, field: str) -> Any:
    given = dict(as_mapping(data, field))
    if hasattr(cls, "version"):
        if "version" in given:
            raise RuleError("unknown_field", "versions are numbered at publication", f"{field}.version")
        given["version"] = 1
    if "prices" in given and cls is not Coupon:
        prices = as_list(given["prices"], f"{field}.prices")
        given["prices"] = [_price(price, f"{field}.prices[{n}]") for n, price in enumerate(prices)]
    return read_strict(cls, given, field)


def _price(data: object, field: str) -> dict[str, Any]:
    """A price that names a meter is by meter; nobody has to say it twice."""
    given = dict(as_mapping(data, field))
    if "meter" in given:
        given.setdefault("source", Source.METER.value)
    return given


def _compared(kind: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> list[Change]:
    before = {item.key: item for item in old}
    after = {item.key: item for item in new}
    changes = [
        Change("removed", kind, key, "no longer offered", from_version=_version(item))
        for key, item in before.items()
        if key not in after
    ]
    for key, item in after.items():
        if key not in before:
            said = getattr(item, "summary", item.name or key)
            changes.append(Change("added", kind, key, said, version=_version(item)))
        elif content(before[key]) != content(item):
            changes.append(_changed(kind, before[key], item))
    return changes


def _changed(kind: str, old: Any, new: Any) -> Change:
    before, after = content(old), content(new)
    return Change(
        "changed",
        kind,
        new.key,
        ", ".join(name for name in after | before if before.get(name) != after.get(name)),
        from_version=_version(old),
        version=_version(new),
        fields=differences(old, new),
    )


def _version(item: Any) -> int | None:
    return getattr(item, "version", None)
