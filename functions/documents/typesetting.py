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
TABLES = ("lines", "movements", "open_items")
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
    """A PDF/A-3b in the product's template; tagged where that does not blow it up."""
    return _pdf(_compiler(str(TEMPLATES)), OWN_TEMPLATE.read_text("utf-8"), written, attachments)


def to_png(written: Written, *, dots_per_inch: int = 96) -> list[bytes]:
    """Its pages as pictures."""
    return _png(_compiler(str(TEMPLATES)), OWN_TEMPLATE.read_text("utf-8"), written, dots_per_inch)


def set_in(
    root: str, source: str, written: Written, attachments: tuple[Attachment, ...], *, as_: str
) -> bytes:
    """A template that may read nothing outside a folder: the PDF, or the picture of its first page."""
    if as_ == "png":
        return _png(_compiler(root), source, written, 96)[0]
    return _pdf(_compiler(root), source, written, attachments)


def _pdf(
    compiler: typst.Compiler, template: str, written: Written, attachments: tuple[Attachment, ...]
) -> bytes:
    tagged = all(len(written[table]["rows"]) <= TAGGED_LINES for table in TABLES if written[table])
    inputs = {f"file-{place}": file.content for place, file in enumerate(attachments)}
    return _compiled(
        compiler,
        _attaching(attachments) + template,
        inputs | {"data": json.dumps(written, ensure_ascii=False)},
        format="pdf",
        pdf_standards=["a-3b", "ua-1"] if tagged else ["a-3b"],
        pdf_tags=tagged,
        timestamp=datetime.fromisoformat(written["issued_on"]).replace(tzinfo=UTC),
    )


def _png(compiler: typst.Compiler, template: str, written: Written, dots_per_inch: int) -> list[bytes]:
    inputs = {"data": json.dumps(written, ensure_ascii=False)}
    pages: Any = _compiled(compiler, template, inputs, format="png", ppi=dots_per_inch)
    return [pages] if isinstance(pages, bytes) else list(pages)


def _attaching(attachments: tuple[Attachment, ...]) -> str:
    """What precedes a template: what is attached to its PDF."""
    return "".join(
        f"#pdf.attach({json.dumps(file.name)}, bytes(sys.inputs.file-{place}),"
        f" relationship: {json.dumps(file.relationship)}, mime-type: {json.dumps(file.mime)},"
        f" description: {json.dumps(file.description)})\n"
        for place, file in enumerate(attachments)
    )


def _compiled(compiler: typst.Compiler, source: str, inputs: dict[str, str], **how: Any) -> Any:
    try:
        return compiler.compile(source.encode(), sys_inputs=inputs, **how)
    except typst.TypstError as error:
        raise TypesettingError(str(error)) from error


@cache
def _compiler(root: str) -> typst.Compiler:
    """One per container and root: its fonts are read once. Nowhere to find packages."""
    return typst.Compiler(
        root=root,
        font_paths=_fonts(),
        ignore_system_fonts=True,
        package_path=f"{root}/no-packages",
        package_cache_path=f"{root}/no-packages",
    )


@cache
def _fonts() -> typst.Fonts:
    folder = str(fonts.folder())
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[folder])
