"""Each consumer handles what the subscriptions table says, no more and no less, and reads every example."""

import importlib
import json
from pathlib import Path

import pytest

from billing.aws.queue import message_in
from events.base import read_event
from events.publish import examples_of
from events.subscriptions import SUBSCRIPTIONS

FUNCTIONS = Path(__file__).parents[2] / "functions"


def consumer_of(name):
    subsystem, handler = name.split(".")
    if not (FUNCTIONS / subsystem / "handlers" / f"{handler}.py").exists():
        pytest.skip(f"{name} is not written yet")
    return importlib.import_module(f"{subsystem}.handlers.{handler}").consumer


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_a_consumer_registers_what_the_table_says(name):
    consumer = consumer_of(name)

    assert consumer.name == name
    assert {cls.detail_type() for cls in consumer.classes} == {
        cls.detail_type() for cls in SUBSCRIPTIONS[name]
    }


@pytest.mark.parametrize("name", SUBSCRIPTIONS)
def test_a_consumer_reads_every_example_as_the_bus_delivers_it(name):
    consumer = consumer_of(name)
    for cls in SUBSCRIPTIONS[name]:
        for path in examples_of(cls):
            detail = json.loads(path.read_text())
            body = {"detail-type": detail["type"], "source": detail["source"], "detail": detail}

            event = read_event(message_in(json.dumps(body)), consumer.classes)

            assert type(event).detail_type() == cls.detail_type()


def test_every_handler_of_events_is_in_the_table():
    found = {f"{path.parts[-3]}.{path.stem}" for path in FUNCTIONS.glob("*/handlers/on_*.py")}

    assert found <= SUBSCRIPTIONS.keys()
