"""One function with its own role, its own log group, our runtime and layers: set once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import assets
from infra.checks import accept, as_shown
from infra.config import LOG_DAYS, Stage

NOT_THE_NEWEST = "Python 3.13, whose wheels all layers have, is supported until 2029"


class BillingFunction(lambda_.Function):
    """A Lambda function; what it may do is granted action by action where it is declared."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        subsystem: str,
        code: lambda_.Code,
        layers: Sequence[lambda_.ILayerVersion],
        environment: Mapping[str, str],
        timeout: int,
        memory: int = 256,
        role_name: str | None = None,
    ) -> None:
        """`name` is the file in handlers/; a role has a name of its own where a policy must name it."""
        camel, full = name.title().replace("_", ""), f"{subsystem}.{name}"
        snapped = full in stage.snap_start
        self._log = logs.LogGroup(
            scope, f"{camel}Log", retention=retention(stage), removal_policy=cdk.RemovalPolicy.DESTROY
        )
        self._own_role = iam.Role(
            scope,
            f"{camel}Role",
            role_name=role_name,
            description=f"What {full} may do",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        )
        super().__init__(
            scope,
            camel,
            description=full,
            runtime=assets.runtime(stage),
            architecture=assets.architecture(stage),
            code=code,
            handler=f"{subsystem}.handlers.{name}.handler",
            layers=list(layers),
            role=self._own_role,
            log_group=self._log,
            timeout=cdk.Duration.seconds(timeout),
            memory_size=memory,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snapped else None,
            environment={**_identity(stage, subsystem), **environment},
        )
        self.seconds = timeout
        self.entry: lambda_.IFunction = self._live(scope, camel) if snapped else self
        self.may(["logs:CreateLogStream", "logs:PutLogEvents"], [self._log.log_group_arn])
        accept(self, "L1", NOT_THE_NEWEST)

    def _live(self, scope: Construct, camel: str) -> lambda_.Alias:
        """The published version that callers reach: only one of those starts from a snapshot."""
        return lambda_.Alias(scope, f"{camel}Live", alias_name="live", version=self.current_version)

    def may(
        self,
        actions: Sequence[str],
        resources: Sequence[str],
        conditions: Mapping[str, Mapping[str, str]] | None = None,
        because: str = "",
    ) -> None:
        """Grant these actions on these resources, nothing else; a resource with a `*` says why it must."""
        self.add_to_role_policy(
            iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
        )
        for resource in resources:
            if because:
                accept(self._own_role, f"IAM5[Resource::{as_shown(resource, self)}]", because)


def _identity(stage: Stage, subsystem: str) -> dict[str, str]:
    """What every function knows of itself."""
    return {"SUBSYSTEM": subsystem, "STAGE": stage.name, "POWERTOOLS_SERVICE_NAME": subsystem}


def retention(stage: Stage) -> logs.RetentionDays:
    """How long a stage keeps its logs."""
    days = (
        logs.RetentionDays.ONE_DAY,
        logs.RetentionDays.ONE_MONTH,
        logs.RetentionDays.THREE_MONTHS,
        logs.RetentionDays.ONE_YEAR,
    )
    return dict(zip(LOG_DAYS, days, strict=True))[stage.log_days]
