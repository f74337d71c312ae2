"""API tokens: `bk_test_<key id>_<secret><checksum>`; only a hash of the secret is ever stored."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from zlib import crc32

_SHAPE = re.compile(r"bk_(test|live)_([a-f0-9]{16})_([a-f0-9]{40})([a-f0-9]{8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Token:
    """A credential as its holder has it; `text` is shown once."""

    key_id: str
    secret: str
    text: str

    @property
    def digest(self) -> str:
        """What is stored: 160 random bits need no slow hash."""
        return hashlib.sha256(self.secret.encode()).hexdigest()


def new_token(*, sandbox: bool) -> Token:
    """A fresh credential of 160 random bits."""
    return _token("test" if sandbox else "live", secrets.token_hex(8), secrets.token_hex(20))


def read_token(text: str) -> Token | None:
    """The credential in a text; None where its shape or checksum is wrong, with no look-up needed."""
    match = _SHAPE.fullmatch(text)
    if match is None:
        return None
    token = _token(match[1], match[2], match[3])
    return token if hmac.compare_digest(token.text, text) else None


def matches(token: Token, digest: str) -> bool:
    """Whether a credential is the one stored, in constant time."""
    return hmac.compare_digest(token.digest, digest)


def _token(kind: str, key_id: str, secret: str) -> Token:
    body = f"bk_{kind}_{key_id}_{secret}"
    return Token(key_id, secret, f"{body}{crc32(body.encode()):08x}")
