"""An in-process AWS for every test, and no client or setting of another one."""

from __future__ import annotations

import pytest
from moto import mock_aws

from billing.aws import clients, settings


@pytest.fixture(autouse=True)
def in_process_aws(monkeypatch):
    """Every client talks to the fake; what a World puts into the environment ends with the test."""
    for name in (
        "SUBSYSTEM",
        "TABLE_NAME",
        "BUS_NAME",
        "DEAD_LETTER_URL",
        "USAGE_TABLE_NAME",
        "ARCHIVE_BUCKET",
        "RAW_USAGE_BUCKET",
    ):
        monkeypatch.setenv(name, "unset")
    with mock_aws():
        clients.client.cache_clear()
        settings.subsystem.cache_clear()
        yield
    clients.client.cache_clear()
    settings.subsystem.cache_clear()
