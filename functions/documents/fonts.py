"""The fonts that documents are set in, and which characters they can show."""

from __future__ import annotations

import os
import sys
from bisect import bisect_right
from functools import cache
from pathlib import Path

from billing.aws.settings import SettingError

_HERE = Path(__file__).resolve()


@cache
def folder() -> Path:
    """Where the fonts lie: beside the packages of their layer, or in the repository."""
    given = os.environ.get("FONTS_FOLDER")
    places = [Path(given)] if given else []
    places += [Path(path).parent / "fonts" for path in sys.path if path]
    places += [up / "layers" / "documents" / "fonts" for up in _HERE.parents]
    for place in places:
        if (place / "coverage.txt").exists():
            return place
    raise SettingError("the fonts of the documents layer are not there")


def shows(character: str) -> bool:
    """Whether some shipped font has a glyph for a character."""
    starts, ends = _coverage()
    place = bisect_right(starts, ord(character)) - 1
    return place >= 0 and ord(character) <= ends[place]


@cache
def _coverage() -> tuple[list[int], list[int]]:
    starts: list[int] = []
    ends: list[int] = []
    for line in (folder() / "coverage.txt").read_text("ascii").split():
        first, _, last = line.partition("-")
        starts.append(int(first, 16))
        ends.append(int(last or first, 16))
    return starts, ends
