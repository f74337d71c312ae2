"""Starts the simulated payment provider: `python -m local.stripe --port 12111 --state FILE`."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
from pathlib import Path

from local.stripe.server import Simulator


def main() -> int:
    """Run until SIGTERM or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m local.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=12111, help="port of 127.0.0.1; 0 takes a free one")
    parser.add_argument("--state", type=Path, required=True, help="file that keeps everything over a restart")
    wished = parser.parse_args()
    try:
        wished.state.parent.mkdir(parents=True, exist_ok=True)
        simulator = Simulator(port=wished.port, state=wished.state)
    except (OSError, OverflowError) as error:
        print(f"Port {wished.port} cannot be used: {error}. Take another with --port.", file=sys.stderr)
        return 1
    except sqlite3.Error as error:
        print(f"{wished.state} cannot be used as state: {error}.", file=sys.stderr)
        print("Is another simulator running on it? Take another file with --state.", file=sys.stderr)
        return 1
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    with simulator:
        print(f"payment provider simulator on {simulator.address}", flush=True)
        ended.wait()
    return 0


sys.exit(main())
