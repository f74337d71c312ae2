"""Templates that sellers write: set in a process of their own that may read one folder, within limits.

| what a template tries           | what stops it                                            |
|---------------------------------|----------------------------------------------------------|
| reading outside its folder      | the typesetter's root                                    |
| importing a package             | refused before; no proxy to reach, no cache to find it in|
| a loop without end, huge texts  | processor seconds and memory of its process              |
| thousands of pages              | a bound on what comes out                                |

A logo is drawn here once before it is used: a few hundred bytes of SVG can name a million shapes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from billing.core.errors import RuleError
from documents import fonts
from documents.typesetting import OWN_TEMPLATE, TEMPLATES, Attachment
from documents.voice import Written

SECONDS = 8
LOGO_SECONDS = 3  # for a sample with it; every document would take as long
MEMORY = 1_500_000_000  # bytes of address space; the typesetter itself maps a tenth of that
LARGEST_SOURCE = 100_000  # characters
LARGEST_RESULT = 5_000_000  # bytes
_PACKAGE = re.compile(r"[\"']\s*@")


class TemplateError(RuleError):
    """A template that cannot be used; its message is for who wrote it."""


def check_template(source: str, sample: Written) -> None:
    """Refuse a template that is too long, asks for packages, or does not set a sample within its limits."""
    if len(source) > LARGEST_SOURCE:
        raise TemplateError("template_too_long", f"at most {LARGEST_SOURCE} characters", "source")
    if _PACKAGE.search(source):
        raise TemplateError("template_imports", "packages cannot be imported; put the code here", "source")
    set_pdf(source, sample, ())


def check_logo(sample: Written) -> None:
    """Refuse a logo that cannot be drawn, or takes long; `sample` is written in its theme."""
    own = OWN_TEMPLATE.read_text("utf-8")
    try:
        _jailed({"format": "pdf", "source": own, "written": sample, "attached": []}, seconds=LOGO_SECONDS)
    except TemplateError as error:
        raise RuleError("logo_too_greedy", "it takes too long to draw; simplify it", "theme.logo") from error


def set_pdf(source: str, written: Written, attached: tuple[Attachment, ...]) -> bytes:
    """The PDF of a template; TemplateError says what became of it."""
    return _jailed({"format": "pdf", "source": source, "written": written, "attached": _files(attached)})


def set_png(source: str | None, written: Written) -> bytes:
    """Its first page as a picture; without a template that of the product's own."""
    own = OWN_TEMPLATE.read_text("utf-8")
    return _jailed({"format": "png", "source": source or own, "written": written, "attached": []})


def _jailed(order: dict[str, Any], *, seconds: int = SECONDS) -> bytes:
    with tempfile.TemporaryDirectory(prefix="template-") as place:
        root = Path(place)
        (root / "document.typ").write_bytes((TEMPLATES / "document.typ").read_bytes())
        (root / "swiss_bill.typ").write_bytes((TEMPLATES / "swiss_bill.typ").read_bytes())
        environment = {
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "FONTS_FOLDER": str(fonts.folder()),
            "HOME": place,
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        try:
            done = subprocess.run(  # noqa: S603 -- our own module; what the seller wrote is on its input
                [sys.executable, "-m", "documents.jailed", place, str(seconds), str(MEMORY)],
                input=json.dumps(order).encode(),
                capture_output=True,
                timeout=seconds + 4,
                cwd=place,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TemplateError(
                "template_too_slow", f"it takes more than {seconds} seconds", "source"
            ) from error
    return _result(done.returncode, done.stdout)


def _result(code: int, out: bytes) -> bytes:
    if code < 0:
        raise TemplateError(
            "template_too_greedy", f"it takes more than {SECONDS} seconds or {MEMORY // 10**6} MB", "source"
        )
    if code == 1:
        raise TemplateError("template_fails", out.decode(errors="replace")[:600] or "it fails", "source")
    if code != 0 or not out:
        raise TemplateError("template_too_greedy", f"it takes more than {MEMORY // 10**6} MB", "source")
    if len(out) > LARGEST_RESULT:
        raise TemplateError("template_too_large", f"its PDF is larger than {LARGEST_RESULT} bytes", "source")
    return out


def _files(attached: tuple[Attachment, ...]) -> list[list[str]]:
    return [[a.name, a.content, a.mime, a.relationship, a.description] for a in attached]
