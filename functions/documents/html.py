"""The HTML view: the same written document for a browser, readable without a script, light and dark."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from minijinja import Environment

from documents.voice import Written

_FOLDER = Path(__file__).parent / "templates"


def to_html(written: Written) -> str:
    """One page that loads nothing from elsewhere."""
    return _environment().render_template("document.html", **written)


@cache
def _environment() -> Environment:
    return Environment(
        loader=lambda name: (_FOLDER / name).read_text("utf-8"),
        auto_escape_callback=lambda _: True,
        undefined_behavior="strict",
        trim_blocks=True,
        lstrip_blocks=True,
    )
