"""Teaches how every function is called once before it is needed, so that no story waits for a cold start."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
from botocore.config import Config

from local.client import Client
from local.cloud.folder import Record
from local.cloud.toolkit import KEY, REGION

# Nothing to do for a consumer, a publisher or an operator's command; nobody for the authorizer.
NOTHING: dict[str, Any] = {"Records": [], "headers": {}}
AT_ONCE = 4


def aws(record: Record, service: str) -> Any:
    """A client of the emulated cloud as its account's owner; nothing else of it is configured."""
    return boto3.client(
        service,
        endpoint_url=record.address,
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=KEY,
        config=Config(retries={"total_max_attempts": 2}, read_timeout=60),
    )


def warm(record: Record) -> int:
    """Call every function once, several at a time; how many were called.

    Those behind the gateway are called through it: they read more of their event than others.
    """
    functions = aws(record, "lambda")
    pages = functions.get_paginator("list_functions").paginate()
    found = [function for page in pages for function in page["Functions"]]
    quiet = [f["FunctionName"] for f in found if not _behind_the_gateway(f["Handler"])]
    fronts = sorted({_subsystem(f["Handler"]) for f in found if _behind_the_gateway(f["Handler"])})
    client = Client(record.address, record.outputs["ApiId"])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        calls = [pool.submit(_call, functions, name) for name in quiet]
        calls += [pool.submit(client.text, f"/{name}/docs") for name in fronts]
        for call in calls:
            call.result()
    return len(calls)


def _call(functions: Any, name: str) -> None:
    functions.invoke(FunctionName=name, Payload=json.dumps(NOTHING).encode())


def _behind_the_gateway(handler: str) -> bool:
    name = handler.split(".")[-2]
    return name == "api" or name.startswith("receive_")


def _subsystem(handler: str) -> str:
    return handler.split(".", maxsplit=1)[0]
