"""Sales: catalogue, customers, subscriptions, usage, invoices and their books."""

from __future__ import annotations

from constructs import Construct

from infra.config import Stage
from infra.patterns.bucket import KeptBucket
from infra.patterns.consumer import EventConsumer
from infra.patterns.subsystem import Shared, SubsystemStack, commands_to
from infra.patterns.table import EventTable


class Sales(SubsystemStack):
    """Sales Modeling & Processing."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "sales", "Billing: catalogue, subscriptions, usage, invoices")
        self.shared = shared
        self.usage = EventTable(self, "Usage", stage=stage, outbox=False)
        self.usage_table = {"USAGE_TABLE_NAME": self.usage.table_name}
        usage = self._takes_usage()
        work, finalization = self._bills()
        self._hears()
        self._answers(usage)
        self.publishes(shared.domain_bus, shared.alarms, finalization, usage, work)

    def _takes_usage(self) -> EventConsumer:
        # Every usage event as it was taken: a count can be made again from these alone.
        raw = KeptBucket(
            self, "RawUsage", stage=self.stage, reached_by="one function writes to it, nobody reads"
        )
        ingest = self.function(
            "ingest_usage",
            timeout=30,
            memory=512,
            environment={**self.usage_table, "RAW_USAGE_BUCKET": raw.bucket_name},
        )
        self.table.allow(ingest, "GetItem", "Query", "PutItem")
        self.usage.allow(ingest, "GetItem", "Query", "PutItem", "UpdateItem")
        objects = [raw.arn_for_objects("usage/*")]
        ingest.may(["s3:PutObject"], objects, because="an object is named after its content")
        usage = self.consumer("usage", ingest, self.shared.alarms)
        commands_to(ingest, usage)  # the roll-up it promises comes back to itself
        usage.hears_everything(self.shared.ingress_bus)
        return usage

    def _bills(self) -> tuple[EventConsumer, EventConsumer]:
        records = self.shared.records
        finalize = self.function("finalize", timeout=30, environment={"RECORDS_BUCKET": records.bucket_name})
        self.table.allow(finalize, "GetItem", "Query", "PutItem")
        every_record = [f"{self.shared.records_arn}/records/*"]
        finalize.may(["s3:PutObject"], every_record, because="a record is named after its content")
        finalization = self.consumer("finalize", finalize, self.shared.alarms, ordered=True)

        environment = {**self.usage_table, "RECORDS_BUCKET": records.bucket_name}
        bill = self.function("work", timeout=30, memory=512, environment=environment)
        self.table.allow(bill, "GetItem", "Query", "PutItem", "DeleteItem")
        bill.may(["s3:PutObject"], every_record, because="a record is named after its content")
        self.usage.allow(bill, "GetItem", "Query", "PutItem")
        work = self.consumer("work", bill, self.shared.alarms)
        return work, finalization

    def _hears(self) -> None:
        told = self.function("on_foundation_events", timeout=30)
        self.table.allow(told, "GetItem", "PutItem")
        self.table.allow_due(told)
        self.consumer("on_foundation_events", told, self.shared.alarms).hears(self.shared.domain_bus)

        paid = self.function("on_payment_events", timeout=30)
        self.table.allow(paid, "GetItem", "Query", "PutItem", "DeleteItem")
        self.consumer("on_payment_events", paid, self.shared.alarms).hears(self.shared.domain_bus)

    def _answers(self, usage: EventConsumer) -> None:
        api = self.function("api", memory=512, environment=self.usage_table)
        self.table.allow(
            api, "GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"
        )
        self.table.allow_due(api)
        self.usage.allow(api, "GetItem", "Query", "PutItem")
        commands_to(api, usage)
        self.shared.door.opens(self, "/sales/{proxy+}", api)
        self.shared.door.documents(self, "sales", api)
