"""What every subsystem's stack has: its code and layers, its table, a publisher and a tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_events as bus_events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra import assets
from infra.config import Stage
from infra.patterns.alarm import raise_alarm
from infra.patterns.api import Door
from infra.patterns.consumer import EventConsumer
from infra.patterns.function import BillingFunction
from infra.patterns.job import EveryMinute
from infra.patterns.table import EventTable

EVERY_LAYER = ("vendor", "contracts", "shared")
PUBLISHERS = ("publish_outbox", "tick")


@dataclass(frozen=True)
class Shared:
    """What foundation lends to the other subsystems."""

    domain_bus: bus_events.IEventBus
    ingress_bus: bus_events.IEventBus
    door: Door
    address: str  # of the HTTP API
    alarms: sns.ITopic
    records: s3.IBucket  # what is too large for an event
    records_arn: str  # the same, as the others import it


class SubsystemStack(cdk.Stack):
    """A stack of one subsystem; it reads like a table of contents."""

    def __init__(self, scope: Construct, stage: Stage, subsystem: str, description: str) -> None:
        super().__init__(
            scope,
            f"Billing-{stage.name}-{subsystem.title()}",
            description=description,
            termination_protection=stage.keep_data,
            synthesizer=None if stage.bootstrap_roles else cdk.CliCredentialsStackSynthesizer(),
        )
        self.stage = stage
        self.subsystem = subsystem
        self._code = assets.function_code(stage, subsystem)
        self._functions = Construct(self, "Functions")
        self._layers: dict[str, lambda_.LayerVersion] = {}
        self.table = EventTable(self, "Table", stage=stage)

    def function(
        self,
        name: str,
        *,
        timeout: int = 10,
        memory: int = 256,
        layers: Iterable[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> BillingFunction:
        """The function of one file in handlers/; it may nothing yet."""
        return BillingFunction(
            self._functions,
            name,
            stage=self.stage,
            subsystem=self.subsystem,
            code=self._code,
            layers=[self._layer(layer) for layer in (*EVERY_LAYER, *layers)],
            timeout=timeout,
            memory=memory,
            role_name=publisher_role(self.stage, self.subsystem, name) if name in PUBLISHERS else None,
            environment={"TABLE_NAME": self.table.table_name, **(environment or {})},
        )

    def consumer(
        self, name: str, function: BillingFunction, topic: sns.ITopic, *, ordered: bool = False
    ) -> EventConsumer:
        """A queue of this subsystem and the function that empties it."""
        consumer = EventConsumer(
            self, f"{self.subsystem}.{name}", stage=self.stage, topic=topic, ordered=ordered
        )
        consumer.read_by(function)
        return consumer

    def publishes(
        self,
        bus: bus_events.IEventBus,
        topic: sns.ITopic,
        *commands: EventConsumer,
    ) -> None:
        """What is committed goes out: by the stream, and each minute what the stream missed.

        `commands` are the subsystem's own queues that the outbox fills.
        """
        publisher, tick = self.function("publish_outbox", timeout=30), self.function("tick", timeout=50)
        for function in (publisher, tick):
            self.table.allow(function, "DeleteItem")
            function.add_environment("BUS_NAME", bus.event_bus_name)
            function.may(["events:PutEvents"], [bus.event_bus_arn], self._own_source())
            for consumer in commands:
                commands_to(function, consumer)
        self.table.published_by(publisher)
        self.table.allow(tick, "GetItem")
        self.table.allow_due(tick)
        EveryMinute(self, tick)
        raise_alarm(
            self,
            "Outbox",
            f"events of {self.subsystem} wait to be published; docs/runbooks/dead-letters.md",
            publisher.metric("IteratorAge", statistic="Maximum", period=cdk.Duration.minutes(5)),
            topic=topic,
            above=cdk.Duration.minutes(5).to_milliseconds(),
        )

    def _own_source(self) -> dict[str, dict[str, str]] | None:
        if not self.stage.source_condition:
            return None
        return {"StringEquals": {"events:source": f"billing.{self.subsystem}"}}

    def _layer(self, name: str) -> lambda_.LayerVersion:
        if name not in self._layers:
            self._layers[name] = assets.layer(self, self.stage, name)
        return self._layers[name]


def commands_to(function: BillingFunction, consumer: EventConsumer) -> None:
    """Let a function send commands to one of its subsystem's own queues."""
    function.may(["sqs:SendMessage"], [consumer.queue.queue_arn])
    name = consumer.name.partition(".")[2].upper()
    function.add_environment(f"QUEUE_{name}_URL", consumer.queue.queue_url)


def publisher_role(stage: Stage, subsystem: str, function: str) -> str:
    """The physical name of a publishing role: the domain bus's policy names it."""
    return f"billing-{stage.name}-{subsystem}-{function.replace('_', '-')}"
