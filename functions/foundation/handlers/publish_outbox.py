"""What foundation committed goes out."""

from __future__ import annotations

from billing.aws.outbox import publisher

handler = publisher()
