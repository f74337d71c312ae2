"""Starts the emulated cloud with what it lacks: a settled probe, a call log, whole mails, shared code.

Run by the emulator's own Python as `python local/emulator`, configured by its environment. It
reaches into one pinned version of MiniStack; tests/contract/test_emulator.py proves that it holds.

    GET /_local/settled?timeout=SECONDS   waits; {"settled", "busy", "waited_ms"}
    GET /_local/calls                     [[session, action, resource, decision, count], ...]
    GET /_local/mail                      every mail SES accepted, newest last
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import ministack.app as ministack
from calls import CallLog
from mail import read_request
from ministack.core import iam_evaluator, lambda_runtime
from ministack.services import dynamodb, lambda_svc, ses_v2, sqs
from settling import Look, Stream, look, settled
from streams import mend
from unpacking import SharedZips

HTTP_OK = 200
CALLS = CallLog()
MAIL: list[dict[str, Any]] = []

_app = ministack.app
_evaluate = iam_evaluator.evaluate
_execute = lambda_svc._execute_function
_send_mail = ses_v2.handle_request


def evaluate(context: Any, policies: Any, *limits: Any) -> Any:
    """Decide as the emulator does, and count the decision."""
    result = _evaluate(context, policies, *limits)
    CALLS.note(
        str(context.principal_arn),
        str(context.action),
        str(context.resource_arn),
        str(result.decision),
    )
    return result


def execute(function: Any, event: Any, *args: Any, **options: Any) -> dict[str, Any]:
    """Run a function; a stream batch it partly refused is repeated."""
    return mend(event, _execute(function, event, *args, **options))


async def send_mail(method: str, path: str, headers: Any, body: bytes, query: Any) -> tuple[int, Any, Any]:
    """Keep the request of every accepted mail: the emulator's own mailbox drops attachments."""
    reply = await _send_mail(method, path, headers, body, query)
    if method == "POST" and path.endswith("/outbound-emails") and reply[0] == HTTP_OK:
        message_id = json.loads(reply[2])["MessageId"]
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        MAIL.append(read_request(json.loads(body), message_id=message_id, sent_at=now))
    return reply


def streams() -> Iterator[Stream]:
    """Every table stream a function reads, with its reader's position."""
    for (account, region, _), mapping in list(lambda_svc._esms._data.items()):
        source = mapping.get("EventSourceArn", "")
        if ":dynamodb:" in source and "/stream/" in source:
            table = source.split("/stream/")[0].split("/")[-1]
            yield Stream(
                table,
                dynamodb.stream_end_position(table, account_id=account, region=region),
                lambda_svc._dynamodb_stream_positions.get_scoped(account, region, mapping["UUID"]),
            )


def see() -> Look:
    """One look at everything under way."""
    return look(
        list(sqs._queues._data.values()),
        streams(),
        batches=sum(lambda_svc._esm_inflight.values()),
        functions=lambda_runtime.workers_in_use(),
    )


async def answer(path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
    """Status and body of one of the addresses this launcher adds."""
    match path:
        case "/_local/settled":
            return HTTP_OK, await settled(see, float(query.get("timeout", ["10"])[0]))
        case "/_local/calls":
            return HTTP_OK, CALLS.rows()
        case "/_local/mail":
            return HTTP_OK, MAIL
        case _:
            return 404, {"error": f"{path} is none of /_local/settled, /_local/calls, /_local/mail"}


async def app(scope: dict[str, Any], receive: Callable[..., Any], send: Callable[..., Any]) -> None:
    """The emulator's web application, with ours before it."""
    if scope["type"] != "http" or not scope["path"].startswith("/_local/"):
        await _app(scope, receive, send)
        return
    status, body = await answer(scope["path"], parse_qs(scope["query_string"].decode()))
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})


iam_evaluator.evaluate = evaluate
lambda_svc._execute_function = execute
lambda_runtime.zipfile = SharedZips()
ses_v2.handle_request = send_mail
ministack.app = app

if __name__ == "__main__":
    ministack.main()
