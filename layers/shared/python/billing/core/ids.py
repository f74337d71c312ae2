"""Ids derived from what they are about, so that a repeat meets its own result."""

from __future__ import annotations

import base64
import hashlib


def derived_id(prefix: str, *parts: str | int) -> str:
    """Name a fact by its parts: the same parts give the same id for ever.

    Parts are length-prefixed before hashing, so ("ab", "c") and ("a", "bc") differ.
    26 characters after the prefix carry 130 bits.
    """
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        digest.update(f"{len(text)}:".encode() + text)
    code = base64.b32encode(digest.digest()).decode("ascii").lower()
    return f"{prefix}_{code[:26]}"


def content_hash(text: str) -> str:
    """SHA-256 of a text in hex, for sealing documents and comparing versions."""
    return hashlib.sha256(text.encode()).hexdigest()


def customer_id(tenant: str, name: str) -> str:
    """The id behind a customer's id or the seller's own name for it."""
    return name if name.startswith("cus_") else derived_id("cus", tenant, "external", name)
