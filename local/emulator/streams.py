"""Teaches how a refused record of a table's stream comes again, as it does on AWS."""

from __future__ import annotations

import json
from typing import Any


def mend(event: Any, result: dict[str, Any]) -> dict[str, Any]:
    """Turn a stream batch with `batchItemFailures` into a failed batch, so that it is repeated.

    AWS repeats from the first refused record; here the whole batch comes again. Consumers must
    bear repeats anyway, but none may lose a record.
    """
    if not _is_stream_batch(event) or result.get("error"):
        return result
    answer = _answer(result.get("body"))
    if not answer.get("batchItemFailures"):
        return result
    reason = {"errorType": "PartialBatch", "errorMessage": json.dumps(answer)}
    return {**result, "error": True, "body": reason}


def _is_stream_batch(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records) and records[0].get("eventSource") == "aws:dynamodb"


def _answer(body: Any) -> dict[str, Any]:
    if isinstance(body, str | bytes) and body:
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    return body if isinstance(body, dict) else {}
