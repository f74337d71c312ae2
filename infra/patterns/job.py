"""A function that the clock calls: once a minute, whatever happened."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.patterns.function import BillingFunction

EVERY_MINUTE = "rate(1 minute)"


class EveryMinute(Construct):
    """A schedule with the right to call this one function.

    A tick that fails is not repeated: the next one, a minute later, finds all it left.
    """

    def __init__(self, scope: Construct, function: BillingFunction) -> None:
        super().__init__(scope, "EveryMinute")
        role = iam.Role(
            self,
            "Role",
            description="May call one function, each minute",
            assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"),
            inline_policies={
                "Call": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            actions=["lambda:InvokeFunction"], resources=[function.entry.function_arn]
                        )
                    ]
                )
            },
        )
        scheduler.CfnSchedule(
            self,
            "Schedule",
            schedule_expression=EVERY_MINUTE,
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=function.entry.function_arn,
                role_arn=role.role_arn,
                input="{}",
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_retry_attempts=0, maximum_event_age_in_seconds=60
                ),
            ),
        )
