"""Render the gallery into build/gallery: every document as PDF and PNG, and what machines read beside it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from documents.making import HTML, JSON, PDF, make
from documents.typesetting import to_png
from documents.writing import write
from local.gallery.cases import CASES

FOLDER = Path("build") / "gallery"
DOTS_PER_INCH = 110
SHOWN = 3  # pages as pictures


def main(wanted: list[str]) -> int:
    """Render what is wanted (a part of its name), or all; an end of 1 says that something was refused."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    cases = {name: case for name, case in CASES.items() if not wanted or any(part in name for part in wanted)}
    for name, build in cases.items():
        case, began = build(), time.perf_counter()
        made = make(case.document, case.theme)
        took = (time.perf_counter() - began) * 1000
        for ending, content in made.files.items():
            if ending not in {HTML, JSON}:
                (FOLDER / f"{name}.{ending}").write_bytes(content)
        for page, picture in enumerate(
            to_png(write(case.document, case.theme), dots_per_inch=DOTS_PER_INCH)[:SHOWN], 1
        ):
            (FOLDER / f"{name}-{page}.png").write_bytes(picture)
        size, kind = len(made.files[PDF]) // 1000, made.format.value if made.format else "no e-invoice"
        sys.stdout.write(f"{name:<38} {size:>5} kB {took:>6.0f} ms  {kind}\n")
    sys.stdout.write(f"{len(cases)} documents in {FOLDER}\n")
    return 0 if cases else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
