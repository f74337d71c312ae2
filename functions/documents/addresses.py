"""An address in the order its country writes it."""

from __future__ import annotations

from billing.core.document import Address

_CITY_REGION_CODE = frozenset({"US", "CA", "AU"})
_CODE_LAST = frozenset({"GB", "IE"})
_CODE_FIRST = frozenset({"JP", "CN", "KR", "TW"})
_PROVINCE = frozenset({"IT", "ES"})


def address_lines(address: Address) -> list[str]:
    """Its lines without the country."""
    street, city, code, region = address.street, address.city, address.postcode, address.region
    country = address.country
    if country in _CODE_FIRST:
        lines = [code, f"{region}{city}{street}", address.more]
    elif country in _CITY_REGION_CODE:
        lines = [street, address.more, ", ".join(part for part in (city, f"{region} {code}".strip()) if part)]
    elif country in _CODE_LAST:
        lines = [street, address.more, city, region, code]
    elif country in _PROVINCE:
        lines = [street, address.more, f"{code} {city}" + (f" ({region})" if region else "")]
    else:
        lines = [street, address.more, f"{code} {city}", region]
    return [line.strip() for line in lines if line.strip()]
