"""Ids derived from what they are about, so that a repeat meets its own result."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable


def derived_id(prefix: str, *parts: str | int) -> str:
    """Name a fact by its parts: the same parts give the same id for ever.

    Parts are length-prefixed before hashing, so ("ab", "c") and ("a", "bc") differ.
    26 characters after the prefix carry 130 bits.
    """
    code = base64.b32encode(_digest(parts)).decode("ascii").lower()
    return f"{prefix}_{code[:26]}"


def drawn(below: int, *parts: str | int) -> int:
    """A number from 0 to before `below`, drawn from some parts: each equally often, the same for ever."""
    return int.from_bytes(_digest(parts), "big") * below >> 256


def _digest(parts: Iterable[str | int]) -> bytes:
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        digest.update(f"{len(text)}:".encode() + text)
    return digest.digest()


def content_hash(text: str) -> str:
    """SHA-256 of a text in hex, for sealing documents and comparing versions."""
    return hashlib.sha256(text.encode()).hexdigest()


def customer_id(tenant: str, name: str) -> str:
    """The id behind a customer's id or the seller's own name for it."""
    return name if name.startswith("cus_") else derived_id("cus", tenant, "external", name)
