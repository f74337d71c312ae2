"""A catalogue file as data, and on which line everything in it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.console import UserError

MOST_NODES, DEEPEST = 100_000, 32  # aliases of aliases grow without bound
_STEP = re.compile(r"\.[^.\[\]]+$|\[\d+\]$|^[^.\[\]]+$")


class _Loader(yaml.SafeLoader):
    """YAML with few surprises: null, true, false and whole numbers; everything else is text as written.

    So 49.00 stays 49.00, NO is Norway, 12:30 is no number; a name that stands twice is refused.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the base class has it so
    yaml_constructors = dict(yaml.SafeLoader.yaml_constructors)  # noqa: RUF012

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """An object whose names are texts, each once."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                continue
            if key.tag != "tag:yaml.org,2002:str":
                raise _error(key, "a name is a text; put it into quotes")
            if key.value in seen:
                raise _error(key, f"{key.value!r} stands twice")
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _error(node: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _unknown_tag(_loader: Any, node: Any) -> Any:
    raise _error(node, "no tag such as !!this is understood here")


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?(?:0|[1-9][0-9]*)", list("-+0123456789")),
    ("merge", r"<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
for _tag in ("float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", yaml.SafeLoader.construct_yaml_str)
_Loader.add_constructor(None, _unknown_tag)  # type: ignore[arg-type]


@dataclass(frozen=True)
class CatalogueFile:
    """What a file says; `lines` maps a field such as `plans[1].prices[0].key` to where it stands."""

    path: str
    data: dict[str, Any]
    lines: dict[str, int]

    def place(self, field: str) -> str:
        """`prices.yaml:14` for a field; of one that is missing, where the thing begins that lacks it."""
        while field and field not in self.lines:
            field = _STEP.sub("", field, count=1)
        return f"{self.path}:{self.lines.get(field, 1)}"


def read(path: str) -> CatalogueFile:
    """Read a file; a UserError names the line and what to do."""
    text = _text(path)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        raise UserError(f"{place}: {error.problem}", "This is not YAML as a catalogue has it.") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path}: {str(error).splitlines()[0]}.", "A catalogue is plain text.") from None
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no catalogue"
        raise UserError(f"{path} {what}.", "It begins with features:, meters:, plans: or coupons:.")
    lines: dict[str, int] = {}
    if not _walk(node, "", lines, DEEPEST):
        raise UserError(f"{path} is too large: its aliases repeat themselves.", "Write it out.")
    return CatalogueFile(path, data, lines)


def _text(path: str) -> str:
    if not path:
        raise UserError("Which file?", "Name it: make catalogue-plan FILE=prices.yaml")
    try:
        return Path(path).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.", "Name the catalogue file: FILE=prices.yaml") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}.", "Save it as UTF-8.") from None


def _walk(node: Any, field: str, lines: dict[str, int], depth: int) -> bool:
    """Note the line of every field; False where there are too many of them, or aliases without end."""
    lines.setdefault(field, node.start_mark.line + 1)
    if depth == 0 or len(lines) > MOST_NODES:
        return False
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                name = f"{field}.{key.value}" if field else key.value
                lines[name] = key.start_mark.line + 1
                if not _walk(value, name, lines, depth - 1):
                    return False
        case yaml.SequenceNode():
            return all(_walk(each, f"{field}[{n}]", lines, depth - 1) for n, each in enumerate(node.value))
        case _:
            pass
    return True
