"""A bucket of what is kept for ever: closed, encrypted, and left alone when its stack goes."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.checks import accept
from infra.config import Stage


class KeptBucket(s3.Bucket):
    """Objects that are written once each; under Object Lock nobody can change one meanwhile."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, reached_by: str, locked: bool = False
    ) -> None:
        """`reached_by` says who reads and writes it: why it needs no access log of its own."""
        days = stage.archive_lock_days if locked else None
        super().__init__(
            scope,
            name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=stage.tls_only,
            versioned=bool(days) if locked else None,
            object_lock_enabled=True if days else None,
            object_lock_default_retention=s3.ObjectLockRetention.governance(cdk.Duration.days(days))
            if days
            else None,
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        accept(self, "S1", f"{reached_by}; who does is in CloudTrail")
