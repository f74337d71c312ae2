"""Every domain event goes into the archive. Storing one again changes nothing, so nothing is marked."""

from __future__ import annotations

from billing.aws.queue import Consumer
from events.subscriptions import EVENTS
from foundation.archive import keep

handler = consumer = Consumer("foundation.archive", counted=False, marked=False)

consumer.on(*EVENTS)(keep)
