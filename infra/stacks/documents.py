"""Documents: what customers read, accountants book and banks pay."""

from __future__ import annotations

from constructs import Construct

from infra.config import Stage
from infra.patterns.bucket import KeptBucket
from infra.patterns.function import BillingFunction
from infra.patterns.subsystem import Shared, SubsystemStack

MEMORY = 1769  # MB: one processor; setting a page is computing
OPEN = "/documents/open/{token}"  # as links are written into mails


class Documents(SubsystemStack):
    """Invoice documents."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "documents", "Billing: PDFs, e-invoices and how they look")
        self.store = KeptBucket(
            self, "Store", stage=stage, locked=True, reached_by="two functions reach it, both named here"
        )
        environment = {"DOCUMENTS_BUCKET": self.store.bucket_name, "PUBLIC_URL": shared.address}

        told = self.function("on_billing_events", timeout=30)
        self.table.allow(told, "GetItem", "PutItem")
        self.consumer("on_billing_events", told, shared.alarms).hears(shared.domain_bus)

        make = self.function("make", timeout=60, memory=MEMORY, layers=["documents"], environment=environment)
        self.table.allow(make, "GetItem", "Query", "PutItem", "ConditionCheckItem")
        records = [f"{shared.records_arn}/records/*"]
        make.may(["s3:GetObject"], records, because="a record is named after its content")
        self._may(make, "s3:GetObject", "s3:PutObject")
        making = self.consumer("make", make, shared.alarms)

        api = self.function("api", timeout=29, memory=MEMORY, layers=["documents"], environment=environment)
        self.table.allow(api, "GetItem", "Query", "PutItem")
        self._may(api, "s3:GetObject")
        shared.door.opens(self, "/documents/{proxy+}", api)
        shared.door.documents(self, "documents", api)
        because = "the link in a mail: signed, for one file, and over after a time"
        shared.door.opens_to_all(self, "Open", OPEN, api, because)

        self.publishes(shared.domain_bus, shared.alarms, making)

    def _may(self, function: BillingFunction, *actions: str) -> None:
        every_object = [self.store.arn_for_objects("*")]
        function.may(actions, every_object, because="a file is named after its document")
