"""Every minute: what documents left unpublished goes out. It has no due work of its own."""

from __future__ import annotations

from billing.aws.due import ticking

handler = ticking()
