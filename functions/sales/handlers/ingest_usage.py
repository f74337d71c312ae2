"""Usage that was accepted at the door or came over the ingress bus, appended to the log and rolled up."""

from __future__ import annotations

from billing.aws.batch import BatchConsumer
from sales.commands import RollUpUsageV1, UsageAcceptedV1, UsageReportedV1
from sales.usage.aggregator import take
from sales.usage.ingress import read

handler = consumer = BatchConsumer("sales.usage", read)

consumer.all_of(UsageAcceptedV1, UsageReportedV1, RollUpUsageV1)(take)
