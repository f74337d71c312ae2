"""A queue between bus and function; what cannot be handled goes to its dead letters, with an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import aws_cdk as cdk
from aws_cdk import aws_events as bus_events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from events.base import Event
from events.subscriptions import SUBSCRIPTIONS
from infra.config import Stage
from infra.patterns.alarm import raise_alarm
from infra.patterns.function import BillingFunction

BATCH = 10
ANY_PRODUCER = "*"


class EventConsumer(Construct):
    """One consumer as the subscriptions table names it: `<subsystem>.<queue or handler>`."""

    def __init__(
        self, scope: Construct, name: str, *, stage: Stage, topic: sns.ITopic, ordered: bool = False
    ) -> None:
        """Make the queue; an `ordered` one is FIFO and keeps the order within a group."""
        super().__init__(scope, name.partition(".")[2].title().replace("_", "") + "Consumer")
        self.name = name
        self._stage = stage
        fifo = True if ordered else None
        self.dead = sqs.Queue(
            self,
            "Dead",
            queue_name=queue_name(stage, name, dead=True, ordered=ordered),
            fifo=fifo,
            retention_period=cdk.Duration.days(14),
            enforce_ssl=stage.tls_only,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=queue_name(stage, name, ordered=ordered),
            fifo=fifo,
            retention_period=cdk.Duration.days(14),
            enforce_ssl=stage.tls_only,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead, max_receive_count=stage.receives),
        )
        raise_alarm(
            self,
            "DeadLetters",
            f"{name} could not handle a message; docs/runbooks/dead-letters.md",
            self.dead.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(5)),
            topic=topic,
        )

    def read_by(self, function: BillingFunction) -> None:
        """Let a function handle what the queue holds, in batches; a failed message comes again alone."""
        retry = max(self._stage.retry_seconds, 6 * function.seconds if self._stage.on_lambda else 0)
        raw = self.queue.node.default_child
        raw.visibility_timeout = retry or function.seconds + 5
        function.may(
            [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
                "sqs:ChangeMessageVisibility",
            ],
            [self.queue.queue_arn],
        )
        function.may(["sqs:SendMessage"], [self.dead.queue_arn])
        function.add_environment("OWN_QUEUE_URL", self.queue.queue_url)
        function.add_environment("DEAD_LETTER_URL", self.dead.queue_url)
        function.add_environment("MAX_RECEIVES", str(self._stage.receives))
        lambda_.EventSourceMapping(
            self,
            "Mapping",
            target=function.entry,
            event_source_arn=self.queue.queue_arn,
            batch_size=BATCH,
            report_batch_item_failures=True,
        )

    def hears(self, bus: bus_events.IEventBus) -> None:
        """Fill the queue with what the subscriptions table says, one rule per producer."""
        for producer, classes in producers(SUBSCRIPTIONS[self.name]):
            source = (
                bus_events.Match.prefix("billing.") if producer == ANY_PRODUCER else [f"billing.{producer}"]
            )
            self._rule(
                bus,
                "Any" if producer == ANY_PRODUCER else producer.title(),
                bus_events.EventPattern(source=source, detail_type=[cls.detail_type() for cls in classes]),
            )

    def hears_everything(self, bus: bus_events.IEventBus) -> None:
        """Fill the queue with whatever comes over a bus."""
        self._rule(bus, "Everything", bus_events.EventPattern(source=bus_events.Match.prefix("")))

    def hears_account(self, pattern: bus_events.EventPattern) -> None:
        """Fill the queue with what a service of AWS says on the account's own bus."""
        self._rule(None, "Account", pattern)

    def _rule(self, bus: bus_events.IEventBus | None, name: str, pattern: bus_events.EventPattern) -> None:
        rule = bus_events.Rule(
            self, name, event_bus=bus, event_pattern=pattern, description=f"{self.name} hears {name}"
        )
        rule.add_target(targets.SqsQueue(self.queue, dead_letter_queue=self.dead))


def producers(classes: Sequence[type[Event]]) -> list[tuple[str, list[type[Event]]]]:
    """Event classes by who says them."""
    ordered = sorted(classes, key=lambda cls: cls.producer)
    return [(producer, list(said)) for producer, said in groupby(ordered, key=lambda cls: cls.producer)]


def queue_name(stage: Stage, consumer: str, *, dead: bool = False, ordered: bool = False) -> str:
    """The physical name of a consumer's queue: the operator's commands find it by that."""
    plain = consumer.replace(".", "-").replace("_", "-")
    return f"billing-{stage.name}-{plain}{'-dead' if dead else ''}{'.fifo' if ordered else ''}"
