"""A subsystem's table: single-table keys, the work index, and the stream its publisher reads."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.checks import accept
from infra.config import Stage
from infra.patterns.function import BillingFunction

WORK_INDEX = "work"
OUTBOX_ROWS = {
    "eventName": lambda_.FilterRule.is_equal("INSERT"),
    "dynamodb": {"Keys": {"sk": {"S": lambda_.FilterRule.begins_with("OUTBOX#")}}},
}


class EventTable(dynamodb.Table):
    """State, inbox, outbox and journal of one subsystem."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        outbox: bool = True,
    ) -> None:
        """A table of appended rows alone has no `outbox`; a row goes at the instant of its `expires_at`."""
        text = dynamodb.AttributeType.STRING
        super().__init__(
            scope,
            name,
            partition_key=dynamodb.Attribute(name="pk", type=text),
            sort_key=dynamodb.Attribute(name="sk", type=text),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_IMAGE if outbox else None,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=stage.keep_data
            ),
            deletion_protection=stage.keep_data,
            removal_policy=cdk.RemovalPolicy.RETAIN if stage.keep_data else cdk.RemovalPolicy.DESTROY,
        )
        if not stage.keep_data:
            accept(self, "DDB3", "this stage holds nothing that is worth a restore")
        if outbox:
            self.add_global_secondary_index(
                index_name=WORK_INDEX,
                partition_key=dynamodb.Attribute(name="work", type=text),
                sort_key=dynamodb.Attribute(name="work_at", type=text),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )

    def allow(self, function: BillingFunction, *actions: str) -> None:
        """Grant actions (named without their service) on the rows of the table."""
        function.may([f"dynamodb:{action}" for action in actions], [self.table_arn])

    def allow_due(self, function: BillingFunction) -> None:
        """Grant the question what waits, to the work index alone."""
        function.may(["dynamodb:Query"], [f"{self.table_arn}/index/{WORK_INDEX}"])

    def published_by(self, function: BillingFunction) -> None:
        """Let a function read what is inserted into the outbox; a refused record comes again.

        After the last retry the row is still in the table: the minute's sweep publishes it.
        """
        stream = str(self.table_stream_arn)
        function.may(
            ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], [stream]
        )
        every = [f"{self.table_arn}/stream/*"]
        function.may(
            ["dynamodb:ListStreams"], every, because="the list is asked of the table, not of a stream"
        )
        lambda_.EventSourceMapping(
            function,
            "Outbox",
            target=function.entry,
            event_source_arn=stream,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=10,
            filters=[lambda_.FilterCriteria.filter(OUTBOX_ROWS)],
        )
