"""A plugin of pytest: the properties alone, each on so many examples, and a table of how many passed.

What a test says itself of its examples (a costly one, a story) stays.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import settings

from local.console import Screen

COUNTED = re.compile(r"(\d+) passing, (\d+) failing")
FOUND: dict[str, tuple[int, int]] = {}


def pytest_addoption(parser):
    parser.addoption("--examples", type=int, default=500, help="of each property")


@pytest.hookimpl(trylast=True)
def pytest_configure(config):
    wanted = config.getoption("--examples")
    settings.register_profile("counted", parent=settings.get_profile("steady"), max_examples=wanted)
    settings.load_profile("counted")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    properties = [item for item in items if item.get_closest_marker("hypothesis")]
    config.hook.pytest_deselected(items=[item for item in items if item not in properties])
    items[:] = properties


def pytest_runtest_teardown(item):
    said = COUNTED.findall(getattr(item, "hypothesis_statistics", ""))
    FOUND[item.nodeid] = (sum(int(passed) for passed, _ in said), sum(int(failed) for _, failed in said))


def pytest_terminal_summary():
    rows = [[_title(name), passed, failed] for name, (passed, failed) in FOUND.items()]
    passed, failed = (sum(row[column] for row in rows) for column in (1, 2))
    rows.append([f"{len(rows)} properties", passed, failed])
    Screen().table(["Property", ">Examples that held", ">Failed"], rows)


def _title(name):
    file, _, test = name.partition("::")
    return f"{file.rpartition('/')[2].removesuffix('.py')}: {test.removeprefix('test_').replace('_', ' ')}"
