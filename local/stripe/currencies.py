"""Teaches what may be charged: the currencies, their decimals and the smallest amounts."""

from __future__ import annotations

from local.stripe.errors import InvalidRequestError

# The smallest charge in minor units, where the documentation names one.
MINIMUM = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250, "eur": 50,
    "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000, "myr": 200, "nok": 300, "nzd": 50,
    "pln": 200, "ron": 200, "sek": 300, "sgd": 50, "thb": 1000, "usd": 50,
}  # fmt: skip
ZERO_DECIMALS = frozenset({
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof",
    "xpf",
})  # fmt: skip
THREE_DECIMALS = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
WHOLE_ONLY = frozenset({"isk", "ugx"})
OTHERS = frozenset({
    "afn", "all", "amd", "ang", "aoa", "ars", "awg", "azn", "bam", "bbd", "bdt", "bmd", "bnd", "bob",
    "bsd", "bwp", "byn", "bzd", "cdf", "cny", "cop", "crc", "cve", "dop", "dzd", "egp", "etb", "fjd",
    "fkp", "gel", "gip", "gmd", "gtq", "gyd", "hnl", "htg", "idr", "ils", "jmd", "kes", "kgs", "khr",
    "kyd", "kzt", "lak", "lbp", "lkr", "lrd", "lsl", "mad", "mdl", "mkd", "mmk", "mnt", "mop", "mur",
    "mvr", "mwk", "mzn", "nad", "ngn", "nio", "npr", "pab", "pen", "pgk", "php", "pkr", "qar", "rsd",
    "rub", "sar", "sbd", "scr", "shp", "sle", "sos", "srd", "std", "szl", "tjs", "top", "try", "ttd",
    "twd", "tzs", "uah", "uyu", "uzs", "wst", "xcd", "xcg", "yer", "zar", "zmw",
})  # fmt: skip
KNOWN = MINIMUM.keys() | ZERO_DECIMALS | THREE_DECIMALS | WHOLE_ONLY | OTHERS
LARGEST = 99_999_999


def currency(value: str, param: str = "currency") -> str:
    """A currency the provider knows, in lower case."""
    code = value.lower()
    if code not in KNOWN:
        shown = ", ".join(sorted(KNOWN))
        raise InvalidRequestError(
            f"Invalid currency: {value[:20]}. Stripe currently supports these currencies: {shown}",
            param=param,
        )
    return code


def chargeable(amount: int, code: str, param: str = "amount") -> int:
    """An amount the provider would take: not too small, not too large, no impossible fraction."""
    if amount < 1:
        message = "This value must be greater than or equal to 1."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param=param)
    if amount < MINIMUM.get(code, 1):
        least = shown(MINIMUM[code], code)
        raise InvalidRequestError(f"Amount must be at least {least}", code="amount_too_small", param=param)
    if amount > LARGEST:
        most = shown(LARGEST, code)
        raise InvalidRequestError(f"Amount must be no more than {most}", code="amount_too_large", param=param)
    step = 10 if code in THREE_DECIMALS else 100 if code in WHOLE_ONLY else 1
    if amount % step:
        message = f"Amounts in {code.upper()} must be divisible by {step}."
        raise InvalidRequestError(message, code="parameter_invalid_integer", param=param)
    return amount


def shown(amount: int, code: str) -> str:
    """An amount for people: CHF 19.90."""
    places = 0 if code in ZERO_DECIMALS else 3 if code in THREE_DECIMALS else 2
    whole, rest = divmod(abs(amount), 10**places)
    fraction = f".{rest:0{places}d}" if places else ""
    return f"{code.upper()} {'-' if amount < 0 else ''}{whole:,}{fraction}"
