"""The process that sets a seller's template: limits first, then the template, its result on the output."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any


def main(place: str, seconds: int, memory: int) -> int:
    """Set what the input orders. 0: the file is on the output; 1: what is wrong with the template is."""
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    order: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    from documents import typesetting  # noqa: PLC0415 -- under the limits

    files = tuple(typesetting.Attachment(*each) for each in order["attached"])
    try:
        out = typesetting.set_in(place, order["source"], order["written"], files, as_=order["format"])
    except typesetting.TypesettingError as error:
        sys.stdout.write(str(error))
        return 1
    sys.stdout.buffer.write(out)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
