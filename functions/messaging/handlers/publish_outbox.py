"""What messaging committed goes out: to the domain bus or to its own queues."""

from __future__ import annotations

from billing.aws.outbox import publisher

handler = publisher()
