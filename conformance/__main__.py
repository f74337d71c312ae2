"""Run recorded cases through the engine: `python -m conformance FILE_OR_FOLDER [--json]`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from conformance.report import as_data, as_text
from conformance.runner import read_cases, run


def main(arguments: list[str]) -> int:
    """Report, and exit 0 whatever came of the cases; 2 when there is nothing to run.

    Systems differ, so a difference is read, not asserted; what must hold stands in the tests.
    """
    flags = {a for a in arguments if a.startswith("--")}
    paths = [a for a in arguments if not a.startswith("--")]
    if len(paths) != 1 or flags - {"--json"}:
        print("usage: python -m conformance FILE_OR_FOLDER [--json]", file=sys.stderr)
        return 2
    try:
        cases = read_cases(Path(paths[0]))
    except (OSError, ValueError) as error:
        print(f"{paths[0]}: {error}", file=sys.stderr)
        return 2
    results = run(cases)
    print(json.dumps(as_data(results), indent=2) if "--json" in flags else as_text(results))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
