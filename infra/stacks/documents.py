"""Documents: what customers read, accountants book and banks pay."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.checks import accept
from infra.config import Stage
from infra.patterns.function import BillingFunction
from infra.patterns.subsystem import Shared, SubsystemStack

MEMORY = 1769  # MB: one processor; setting a page is computing
OPEN = "/documents/open/{token}"  # as links are written into mails


class Documents(SubsystemStack):
    """Invoice documents."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "documents", "Billing: PDFs, e-invoices and how they look")
        self.store = self._store()
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

    def _store(self) -> s3.Bucket:
        """Every document for ever; with Object Lock nobody can change one meanwhile."""
        locked = self.stage.archive_lock_days
        bucket = s3.Bucket(
            self,
            "Store",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=self.stage.tls_only,
            versioned=bool(locked),
            object_lock_enabled=True if locked else None,
            object_lock_default_retention=s3.ObjectLockRetention.governance(cdk.Duration.days(locked))
            if locked
            else None,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        accept(bucket, "S1", "two functions reach it, both named here; who reads is in CloudTrail")
        return bucket

    def _may(self, function: BillingFunction, *actions: str) -> None:
        every_object = [self.store.arn_for_objects("*")]
        function.may(actions, every_object, because="a file is named after its document")
