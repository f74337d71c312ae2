"""`make redrive STAGE=...`: show what lies in the dead letters, or bring it back once its cause is mended.

A letter is sent to its queue again and only then deleted, so a stop in between repeats it: consumers know
what they handled. Only letters that lay there at the start are touched; one that fails again stays.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Mapping
from typing import Any

import boto3

from local.cloud import lifecycle, toolkit
from local.cloud.__main__ import guarded
from local.cloud.warming import aws
from local.console import Screen, UserError

BATCH = 10
HIDDEN_SECONDS = 60  # while one letter is on its way
LOCAL = "local"

Letter = Mapping[str, Any]


class DeadLetters:
    """The dead-letter queues of one stage, found by their names."""

    def __init__(self, sqs: Any, stage: str) -> None:
        self._sqs = sqs
        self._prefix = f"billing-{stage}-"
        pages = sqs.get_paginator("list_queues").paginate(QueueNamePrefix=self._prefix)
        urls = [url for page in pages for url in page.get("QueueUrls", [])]
        self.urls = {self._consumer(url): url for url in urls if _plain(url).endswith("-dead")}

    def _consumer(self, url: str) -> str:
        return _plain(url).rsplit("/", 1)[-1].removeprefix(self._prefix).removesuffix("-dead")

    def waiting(self, consumer: str) -> int:
        """How many letters a consumer has."""
        name = "ApproximateNumberOfMessages"
        found = self._sqs.get_queue_attributes(QueueUrl=self.urls[consumer], AttributeNames=[name])
        return int(found["Attributes"][name])

    def bring_back(self, consumer: str) -> list[str]:
        """Send a consumer's letters to its queue again; returns why each lay there."""
        url = self.urls[consumer]
        queue = self._sqs.get_queue_url(QueueName=_name(url).replace("-dead", ""))["QueueUrl"]
        reasons: list[str] = []
        for letter in self._until(url, time.time()):
            # With its reason: that tells its consumer to lift what it parked.
            told = letter.get("MessageAttributes", {})
            self._sqs.send_message(
                QueueUrl=queue, MessageBody=letter["Body"], MessageAttributes=told, **_place(letter)
            )
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=letter["ReceiptHandle"])
            reason = told.get("reason", {}).get("StringValue")
            reasons.append(reason or "its function ended without an answer")
        return reasons

    def _until(self, url: str, start: float) -> Iterator[Letter]:
        """The letters that were there before an instant."""
        while True:
            found = self._sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=HIDDEN_SECONDS,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            old = [m for m in found if int(m["Attributes"]["SentTimestamp"]) <= start * 1000]
            yield from old
            if not old:
                return


def _name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def _plain(url: str) -> str:
    return url.removesuffix(".fifo")


def _place(letter: Letter) -> dict[str, str]:
    """A letter of an ordered queue goes back into its line; sent twice within minutes it counts once."""
    group = letter["Attributes"].get("MessageGroupId")
    return {"MessageGroupId": group, "MessageDeduplicationId": letter["MessageId"]} if group else {}


def queues_of(stage: str) -> Any:
    """The queue service of a stage: of the local cloud that runs, or of the account one is signed in to."""
    if stage not in toolkit.stages():
        raise UserError(f"There is no stage {stage!r}.", f"One of: {', '.join(toolkit.stages())}")
    return aws(lifecycle.running(), "sqs") if stage == LOCAL else boto3.client("sqs")


def redrive(screen: Screen, dead: DeadLetters, wanted: list[str]) -> int:
    """Bring back the letters of the wanted consumers; of none wanted, only show what lies there."""
    consumers = [name.replace(".", "-").replace("_", "-") for name in wanted]
    unknown = sorted(set(consumers) - dead.urls.keys())
    if unknown:
        raise UserError(
            f"No dead letters are kept for {', '.join(unknown)}.", f"One of: {', '.join(dead.urls)}"
        )
    if not consumers:
        rows = [(name, dead.waiting(name)) for name in sorted(dead.urls)]
        screen.table(["Consumer", ">Letters"], rows, title="Dead letters")
        screen.say('Bring them back: make redrive STAGE=... ARGS="CONSUMER ..."')
        screen.result(dict(rows))
        return 0
    brought = {name: dead.bring_back(name) for name in consumers}
    rows = [(name, reason) for name, reasons in brought.items() for reason in reasons]
    screen.table(["Consumer", "It lay there because"], rows, title="Brought back")
    screen.result(brought)
    return 0


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code for make."""
    parser = argparse.ArgumentParser(prog="python -m local.redrive", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.add_argument("stage")
    parser.add_argument("consumers", nargs="*", help="as subsystem.name; none: only show what lies there")
    options = parser.parse_args(arguments)
    screen = Screen(as_json=options.json)
    return guarded(
        screen,
        lambda: redrive(screen, DeadLetters(queues_of(options.stage), options.stage), options.consumers),
    )


if __name__ == "__main__":
    sys.exit(main())
