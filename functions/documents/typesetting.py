"""From what is written to PDF and PNG, by Typst in this process: the same bytes for the same text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from documents import fonts
from documents.voice import Written

TAGGED_LINES = 300  # tags cost size, eleven times at 2,000 lines
TEMPLATES = Path(__file__).parent / "templates"
OWN_TEMPLATE = TEMPLATES / "document.typ"


class TypesettingError(Exception):
    """A document could not be set; the text is the typesetter's."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file inside a PDF and what it is to it: an `alternative` to it, or a `supplement`."""

    name: str
    content: str
    mime: str
    relationship: str
    description: str


def to_pdf(written: Written, attachments: tuple[Attachment, ...] = ()) -> bytes:
    """A PDF/A-3b; tagged where that does not blow it up."""
    rows = len((written["lines"] or {"rows": ()})["rows"])
    tagged = rows <= TAGGED_LINES
    inputs = {"data": json.dumps(written, ensure_ascii=False)}
    inputs |= {f"file-{place}": file.content for place, file in enumerate(attachments)}
    return _compiled(
        _source(attachments),
        inputs,
        format="pdf",
        pdf_standards=["a-3b", "ua-1"] if tagged else ["a-3b"],
        pdf_tags=tagged,
        timestamp=datetime.fromisoformat(written["issued_on"]).replace(tzinfo=UTC),
    )


def to_png(written: Written, *, dots_per_inch: int = 96) -> list[bytes]:
    """Its pages as pictures."""
    inputs = {"data": json.dumps(written, ensure_ascii=False)}
    pages = _compiled(_source(()), inputs, format="png", ppi=dots_per_inch)
    return list(pages) if isinstance(pages, list) else [pages]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _source(attachments: tuple[Attachment, ...]) -> bytes:
    """The template, preceded by what is attached."""
    head = "".join(
        f"#pdf.attach({json.dumps(file.name)}, bytes(sys.inputs.file-{place}),"
        f" relationship: {json.dumps(file.relationship)}, mime-type: {json.dumps(file.mime)},"
        f" description: {json.dumps(file.description)})\n"
        for place, file in enumerate(attachments)
    )
    return head.encode() + OWN_TEMPLATE.read_bytes()


def _compiled(source: bytes, inputs: dict[str, str], **how: Any) -> Any:
    try:
        return _compiler().compile(source, sys_inputs=inputs, **how)
    except typst.TypstError as error:
        raise TypesettingError(str(error)) from error


@cache
def _compiler() -> typst.Compiler:
    """One per container: its fonts are read once."""
    known = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts.folder())]
    )
    return typst.Compiler(root=str(TEMPLATES), font_paths=known, ignore_system_fonts=True)
