"""An alarm: one metric and one sentence. Ten are free, each further one costs 0.10 dollars a month."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct


def raise_alarm(
    scope: Construct,
    name: str,
    meaning: str,
    metric: cloudwatch.Metric,
    *,
    topic: sns.ITopic,
    above: float = 0,
    periods: int = 1,
) -> cloudwatch.Alarm:
    """Tell the operator when a metric is above a bound for some periods in a row."""
    alarm = cloudwatch.Alarm(
        scope,
        f"{name}Alarm",
        alarm_description=meaning,
        metric=metric,
        threshold=above,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        evaluation_periods=periods,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )
    alarm.add_alarm_action(actions.SnsAction(topic))
    return alarm
