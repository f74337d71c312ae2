"""The two buses and who may publish what: products to one of them, our publishers alone to the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as bus_events
from constructs import Construct

from infra.config import Stage
from infra.patterns.subsystem import PUBLISHERS, publisher_role

Conditions = Mapping[str, Mapping[str, Any]]


class _Bus(bus_events.EventBus):
    """A bus that refuses whatever its policy does not name, also from inside the account."""

    def __init__(self, scope: Construct, name: str, *, stage: Stage) -> None:
        super().__init__(scope, name, event_bus_name=f"billing-{stage.name}-{name.lower()}")
        self._guarded = stage.bus_policies

    def _only(self, publishers: Mapping[str, Sequence[str]]) -> None:
        """Refuse every source that nobody is named for, and each source from all but its principals."""
        if not self._guarded:
            return
        sources = sorted(publishers) or ["none"]
        self._refuse("UnknownSources", {"StringNotEquals": {"events:source": sources}})
        for number, source in enumerate(sorted(publishers), start=1):
            self._refuse(
                f"Strangers{number}",
                {
                    "StringEquals": {"events:source": source},
                    "ArnNotEquals": {"aws:PrincipalArn": list(publishers[source])},
                },
            )

    def _refuse(self, name: str, conditions: Conditions) -> None:
        self._say(name, "Deny", "*", conditions)

    def _say(self, name: str, effect: str, principal: Any, conditions: Conditions) -> None:
        bus_events.CfnEventBusPolicy(
            self,
            name,
            event_bus_name=self.event_bus_name,
            statement_id=name,
            statement={
                "Effect": effect,
                "Principal": principal,
                "Action": "events:PutEvents",
                "Resource": self.event_bus_arn,
                "Condition": conditions,
            },
        )


class DomainBus(_Bus):
    """What the subsystems say to each other: nobody else can forge a `PaymentSucceeded`."""

    def __init__(self, scope: Construct, stage: Stage, subsystems: Sequence[str]) -> None:
        super().__init__(scope, "Domain", stage=stage)
        account = cdk.Stack.of(self)
        self._only(
            {
                f"billing.{subsystem}": [
                    account.format_arn(
                        service="iam",
                        region="",
                        resource="role",
                        resource_name=publisher_role(stage, subsystem, function),
                    )
                    for function in PUBLISHERS
                ]
                for subsystem in subsystems
            }
        )


class IngressBus(_Bus):
    """What products report. Foundation knows whose a source is, this policy who may use it."""

    def __init__(self, scope: Construct, stage: Stage) -> None:
        super().__init__(scope, "Ingress", stage=stage)
        self._only(stage.ingress)
        if stage.bus_policies:
            for number, source in enumerate(sorted(stage.ingress), start=1):
                named = {"AWS": list(stage.ingress[source])}
                self._say(f"Source{number}", "Allow", named, {"StringEquals": {"events:source": source}})
