"""References a payment is recognised by: the creditor reference of ISO 11649, and the Swiss QR reference."""

from __future__ import annotations

import re

_QR_IIDS = range(30000, 32000)
_ROW = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)  # modulo 10, recursive
_LONGEST = 21  # characters of a creditor reference behind RF and its check digits


def payment_reference(number: str, iban: str) -> str:
    """The reference of a document: what its account asks for, a QR reference or a creditor reference."""
    return qr_reference(number) if is_qr_iban(iban) else creditor_reference(number)


def creditor_reference(number: str) -> str:
    """RF, check digits, and the letters and digits of a number (its last ones, where they are too many)."""
    body = re.sub(r"[^A-Z0-9]", "", number.upper())[-_LONGEST:] or "0"
    digits = "".join(str(int(character, 36)) for character in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02}{body}"


def qr_reference(number: str) -> str:
    """26 digits and a check digit; letters of a number become their place in the alphabet."""
    digits = "".join(str(int(c, 36)) for c in re.sub(r"[^A-Z0-9]", "", number.upper()))
    body = digits[-26:].rjust(26, "0")
    carry = 0
    for digit in body:
        carry = _ROW[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"


def is_iban(text: str) -> bool:
    """Whether an account number has the shape and check digits of an IBAN."""
    plain = text.replace(" ", "").upper()
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", plain):
        return False
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def is_qr_iban(iban: str) -> bool:
    """Whether an account is a Swiss QR-IBAN, which takes QR references only."""
    plain = iban.replace(" ", "").upper()
    return plain[:2] in {"CH", "LI"} and plain[4:9].isdigit() and int(plain[4:9]) in _QR_IIDS
