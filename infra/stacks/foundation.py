"""Foundation: buses, archive, front door, tenants and credentials, clocks, the operator's alarms."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from events.subscriptions import SUBSCRIPTIONS
from infra.config import Stage
from infra.patterns.alarm import raise_alarm
from infra.patterns.api import FrontDoor
from infra.patterns.bucket import KeptBucket
from infra.patterns.bus import DomainBus, IngressBus
from infra.patterns.consumer import queue_name
from infra.patterns.subsystem import Shared, SubsystemStack


class Foundation(SubsystemStack):
    """What every other stack stands on."""

    def __init__(self, scope: Construct, stage: Stage, subsystems: Sequence[str]) -> None:
        super().__init__(scope, stage, "foundation", "Billing: buses, archive, tenants, front door, clocks")
        self.everyone = {"SUBSYSTEMS": " ".join(("foundation", *subsystems))}
        self.domain = DomainBus(self, stage, ("foundation", *subsystems))
        self.ingress = IngressBus(self, stage)
        self.alarms = self._topic()
        # Every event for ever; and bodies too large for an event, which names one by place and hash.
        self.archive = KeptBucket(
            self,
            "Archive",
            stage=stage,
            locked=True,
            reached_by="two functions reach it, both with one grant",
        )
        self.records = KeptBucket(
            self, "Records", stage=stage, reached_by="one subsystem writes to it, one reads"
        )
        self._consumers()
        self.door = self._front_door()
        self._operators_tools(subsystems)
        self.publishes(self.domain, self.alarms)
        self._alarms()
        self._outputs()

    @property
    def shared(self) -> Shared:
        """What the other subsystems get."""
        return Shared(
            self.domain,
            self.ingress,
            self.door.door,
            self.door.api.api_endpoint,
            self.alarms,
            self.records,
            self.export_value(self.records.bucket_arn),
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(self, "Alarms", enforce_ssl=self.stage.tls_only)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        if self.stage.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(self.stage.alarm_email))
        return topic

    def _consumers(self) -> None:
        archive = self.function(
            "archive",
            timeout=30,
            layers=["archive"],
            environment={"ARCHIVE_BUCKET": self.archive.bucket_name},
        )
        self.table.allow(archive, "GetItem", "PutItem")
        every_object = [self.archive.arn_for_objects("*")]
        archive.may(["s3:PutObject"], every_object, because="an object is named after its event")
        self.consumer("archive", archive, self.alarms).hears(self.domain)

        receipts = self.function("on_receipts", timeout=30, environment=self.everyone)
        self.table.allow(receipts, "GetItem", "Query", "PutItem", "BatchWriteItem")
        self.consumer("on_receipts", receipts, self.alarms).hears(self.domain)

    def _front_door(self) -> FrontDoor:
        authorize = self.function("authorize", timeout=5)
        self.table.allow(authorize, "GetItem")
        door = FrontDoor(self, stage=self.stage, authorize=authorize)
        api = self.function("api", layers=["archive"], environment=self.everyone)
        self.table.allow(api, "GetItem", "Query", "PutItem", "DeleteItem")
        door.door.opens(self, "/foundation/{proxy+}", api)
        door.door.documents(self, "foundation", api)
        return door

    def _operators_tools(self, subsystems: Sequence[str]) -> None:
        self.admin = self.function("admin")
        self.table.allow(self.admin, "GetItem", "PutItem")
        self.replay = self.function(
            "replay",
            timeout=900,
            memory=512,
            layers=["archive"],
            environment={"ARCHIVE_BUCKET": self.archive.bucket_name},
        )
        self.table.allow(self.replay, "GetItem")
        every_object = [self.archive.arn_for_objects("*")]
        self.replay.may(["s3:GetObject"], every_object, because="any day of any tenant can be replayed")
        self.replay.may(["s3:ListBucket"], [self.archive.bucket_arn])
        deployed = [name for name in SUBSCRIPTIONS if name.split(".")[0] in ("foundation", *subsystems)]
        queues = [
            self.format_arn(service="sqs", resource=queue_name(self.stage, name)) for name in sorted(deployed)
        ]
        self.replay.may(["sqs:GetQueueUrl", "sqs:SendMessage"], queues)

    def _alarms(self) -> None:
        five = cdk.Duration.minutes(5)
        raise_alarm(
            self,
            "Errors",
            "some function fails; look at the Errors metric by function",
            cloudwatch.Metric(namespace="AWS/Lambda", metric_name="Errors", statistic="Sum", period=five),
            topic=self.alarms,
            periods=2,
        )
        raise_alarm(
            self,
            "ServerErrors",
            "the HTTP API answers with 5xx",
            cloudwatch.Metric(
                namespace="AWS/ApiGateway",
                metric_name="5xx",
                dimensions_map={"ApiId": self.door.api.api_id},
                statistic="Sum",
                period=five,
            ),
            topic=self.alarms,
        )

    def _outputs(self) -> None:
        outputs = {
            "ApiUrl": self.door.api.api_endpoint,
            "ApiId": self.door.api.api_id,
            "AdminFunction": self.admin.function_name,
            "ReplayFunction": self.replay.function_name,
            "IngressBus": self.ingress.event_bus_name,
            "DomainBus": self.domain.event_bus_name,
            "ArchiveBucket": self.archive.bucket_name,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
