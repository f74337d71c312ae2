"""What was published stays readable, and what is published is what the classes say."""

import importlib
import json
import pkgutil
from typing import ClassVar

import jsonschema
import pytest

import events
from events.base import Event, Kind, read_event, read_message
from events.compatibility import breaks
from events.publish import PUBLISHED, IncompatibleError, behind, examples_of, publish, schema_of, schema_path
from events.subscriptions import SUBSCRIPTIONS

NAMES = [cls.detail_type() for cls in PUBLISHED]
EXAMPLES = [(cls, path) for cls in PUBLISHED for path in examples_of(cls)]


def test_everything_published_is_what_the_classes_say():
    try:
        late = behind()
    except IncompatibleError as error:
        pytest.fail(str(error), pytrace=False)
    if late:
        pytest.fail(f"run `make schemas` and commit what it writes: {', '.join(late)}", pytrace=False)


def test_every_event_class_is_in_the_catalogue():
    for module in pkgutil.iter_modules(events.__path__, "events."):
        importlib.import_module(module.name)
    defined = {cls for cls in _subclasses(Event) if cls.__module__.startswith("events.")}

    missing = sorted(cls.__name__ for cls in defined - set(PUBLISHED))
    assert not missing, f"add to EVENTS in events/subscriptions.py: {missing}"
    assert len(set(NAMES)) == len(NAMES)
    assert all(cls.__doc__ and cls.kind is not Kind.COMMAND for cls in PUBLISHED)
    assert {cls for heard in SUBSCRIPTIONS.values() for cls in heard} <= set(PUBLISHED)


@pytest.mark.parametrize(("cls", "path"), EXAMPLES, ids=[path.name for _, path in EXAMPLES])
def test_every_example_ever_published_parses(cls, path):
    message = read_message(json.loads(path.read_text()))

    assert message.type == cls.detail_type()
    read_event(message, [cls])
    schema = json.loads(schema_path(cls).read_text())
    jsonschema.validate(message.data, schema, cls=jsonschema.Draft202012Validator)
    required = {name: message.data[name] for name in schema["required"]}
    read_event(message.model_copy(update={"data": required}), [cls])


def test_every_schema_and_example_file_belongs_to_a_class():
    schemas = schema_path(PUBLISHED[0]).parent.parent
    found = {path.name for path in schemas.glob("*/*.json")}
    known = {schema_path(cls).name for cls in PUBLISHED} | {path.name for _, path in EXAMPLES}

    assert found == known, "a published event stays: its class may not be removed or renamed"


class Place:
    """A namespace for versions of one event."""

    class ThingDoneV1(Event):
        """A thing was done."""

        producer: ClassVar[str] = "sales"

        thing: str
        amount: int
        note: str | None = None


class Added(Place.ThingDoneV1):
    """A thing was done."""

    place: str = "here"


def test_an_optional_field_may_be_added():
    assert breaks(schema_of(Place.ThingDoneV1), schema_of(_renamed(Added))) == []


def changed(**fields):
    """The event with these fields in place of its own; None removes one."""
    own = {"thing": str, "amount": int, "note": (str | None, None)} | fields
    namespace = {"__annotations__": {}, "__module__": __name__, "__doc__": "x", "producer": "sales"}
    namespace["__annotations__"]["producer"] = ClassVar[str]
    for name, field in own.items():
        if isinstance(field, tuple):
            namespace["__annotations__"][name], namespace[name] = field
        elif field is not None:
            namespace["__annotations__"][name] = field
    return type("ThingDoneV1", (Event,), namespace)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"thing": None}, ["thing: removed"]),
        ({"note": None}, ["note: removed"]),
        ({"place": str}, ["place: added as required; give it a default"]),
        ({"note": str | None}, ["note: now required"]),
        ({"thing": (str, "")}, ["thing: default changed from None to ''", "thing: now optional"]),
        ({"amount": str}, ["amount: type changed from 'integer' to 'string'"]),
        ({"amount": int | None}, ["amount: had 0 alternatives, has 2", "amount: type changed"]),
        ({"thing": list[str]}, ["thing: type changed from 'string' to 'array'"]),
        ({"note": (int | None, None)}, ["note: type changed from 'string' to 'integer'"]),
        ({"note": (str | None, "none")}, ["note: default changed from None to 'none'"]),
    ],
)
def test_any_other_change_within_a_version_is_refused_by_name(fields, said):
    found = sorted(breaks(schema_of(Place.ThingDoneV1), schema_of(changed(**fields))))

    for line in said:
        assert any(line in text for text in found), found


def test_a_change_inside_a_part_is_seen():
    [invoice] = [cls for cls in PUBLISHED if cls.__name__ == "InvoiceFinalizedV1"]
    current = schema_of(invoice)
    del current["$defs"]["InvoicePart"]["properties"]["due_at"]

    assert breaks(schema_of(invoice), current) == ["invoice.due_at: removed"]


def test_a_fact_does_not_become_a_state():
    current = schema_of(Place.ThingDoneV1) | {"x-kind": "state"}

    assert breaks(schema_of(Place.ThingDoneV1), current) == [
        "the event: x-kind changed from 'fact' to 'state'"
    ]


def test_publishing_refuses_a_break_and_never_rewrites_an_example(tmp_path):
    publish(tmp_path, tmp_path / "CATALOGUE.md")
    [path] = tmp_path.rglob("InvoicePaid.v1.schema.json")
    schema = json.loads(path.read_text())
    example = path.with_name("InvoicePaid.v1.example.json")
    example.write_text(example.read_text().replace("INV-000001", "INV-7"))

    assert publish(tmp_path, tmp_path / "CATALOGUE.md") == []

    del schema["properties"]["payment"]
    path.write_text(json.dumps(schema))
    example.write_text(json.dumps({**json.loads(example.read_text()), "data": {}}))
    later = publish(tmp_path, tmp_path / "CATALOGUE.md")
    assert [file.name for file in later] == ["InvoicePaid.v1.schema.json", "InvoicePaid.v1.example-2.json"]

    schema["properties"]["paid_by"] = {"type": "string"}
    path.write_text(json.dumps(schema))
    with pytest.raises(IncompatibleError, match=r"InvoicePaid\.v1 is published .*paid_by: removed"):
        publish(tmp_path, tmp_path / "CATALOGUE.md")


def _subclasses(cls):
    return {inner for sub in cls.__subclasses__() for inner in {sub, *_subclasses(sub)}}


def _renamed(cls):
    return type("ThingDoneV1", (cls,), {"__doc__": cls.__doc__, "__module__": __name__})
