"""Instructions of one call, counted by valgrind as the difference between few calls and many."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys

FEW, MANY = 200, 1200
_COUNT = re.compile(r"Collected : (\d+)")


class CannotMeasureError(Exception):
    """What is missing, and how to get it."""


def per_call(module: str, *arguments: str) -> int:
    """Instructions that one round of `python -m module N arguments` takes, start-up excluded."""
    few, many = (_collected(module, str(rounds), *arguments) for rounds in (FEW, MANY))
    return (many - few) // (MANY - FEW)


def interpreter() -> str:
    """What ran: counts of different interpreters do not compare."""
    return f"{platform.python_implementation()} {platform.python_version()} ({platform.machine()})"


def _collected(module: str, *arguments: str) -> int:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise CannotMeasureError("valgrind is not installed: apt-get install valgrind")
    command = [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, "-m", module]
    done = subprocess.run(  # noqa: S603 -- our own module, under the interpreter that runs us
        [*command, *arguments],
        env={**os.environ, "PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = _COUNT.search(done.stderr)
    if done.returncode or not found:
        raise CannotMeasureError(done.stderr.strip().splitlines()[-1])
    return int(found[1])
