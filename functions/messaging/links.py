"""Addresses a mail may lead to: our own routes where the stage has a public address, and the provider's."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from billing.aws.settings import optional

_LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def pay_link(tenant: str, invoice: str) -> str | None:
    """The page where an invoice is paid; payments answers there without a credential."""
    base = optional("PUBLIC_URL").rstrip("/")
    return f"{base}/payments/pay/{quote(tenant, safe='')}/{quote(invoice, safe='')}" if base else None


def unsubscribe_link(token: str) -> str | None:
    """Where its reader ends such notices."""
    base = optional("PUBLIC_URL").rstrip("/")
    return f"{base}/messaging/unsubscribe/{quote(token, safe='')}" if base else None


def safe_link(url: str | None) -> str | None:
    """A link from an event, if a browser can follow it and nothing reads along."""
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        host, named = parts.hostname, "@" in parts.netloc
    except ValueError:
        return None
    safe = parts.scheme == "https" or (parts.scheme == "http" and _here(host))
    shown = url.isprintable() and " " not in url and not named
    return url if safe and host and shown else None


def _here(host: str | None) -> bool:
    """Whether a host is this machine, as the local stage's is (RFC 6761)."""
    return host in _LOOPBACK or bool(host and host.endswith(".localhost"))
