"""Commands: `python -m local.cloud up | down | status | deploy STAGE`, each with --json for programs."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from types import FrameType

from local.cloud import lifecycle, toolkit
from local.cloud.folder import Record
from local.cloud.lifecycle import AlreadyRunningError
from local.console import Screen, UserError

INTERRUPTED = 130


def up(screen: Screen, _: argparse.Namespace) -> int:
    """Start it, or say that it runs already."""
    try:
        record = lifecycle.up(screen)
        screen.say("\nThe local cloud is up. End it: make down")
    except AlreadyRunningError as found:
        record = found.record
        screen.say(f"{found.what} {found.advice}")
    show(screen, record)
    return 0


def down(screen: Screen, _: argparse.Namespace) -> int:
    """End it, or say that nothing ran."""
    with screen.step("End the local cloud"):
        ran = lifecycle.down()
    screen.say("Nothing of it is left." if ran else "It was not running.")
    screen.result({"ended": ran})
    return 0


def status(screen: Screen, _: argparse.Namespace) -> int:
    """Show where it listens; exit status 1 if it does not run."""
    show(screen, lifecycle.running())
    return 0


def deploy(screen: Screen, options: argparse.Namespace) -> int:
    """Deploy a stage; the local one brings edits to the cloud that runs."""
    known = toolkit.stages()
    if options.stage not in known:
        wrong = f"There is no stage {options.stage!r}." if options.stage else "Which stage?"
        raise UserError(wrong, f"Stages of cdk.json: {', '.join(known)}. For example: make deploy STAGE=dev")
    if options.stage != "local":
        return toolkit.deploy_stage(options.stage)
    show(screen, lifecycle.bring_edits(screen))
    return 0


def show(screen: Screen, record: Record) -> None:
    """Where everything is, as a table or as data."""
    rows = [(f"API of {name}", address) for name, address in lifecycle.docs(record).items()]
    rows += [
        ("Mailbox", record.mailbox),
        ("Health", f"{record.address}/_ministack/health"),
        ("Payment provider", f"{record.stripe}/_sim/health"),
        ("Cloud (AWS_ENDPOINT_URL)", record.address),
    ]
    for name, address in rows:
        screen.say(f"{name:26}{address}")
    screen.result(lifecycle.summary(record))


def stop(_number: int, _frame: FrameType | None) -> None:
    """Let a polite end clean up as Ctrl-C does."""
    raise KeyboardInterrupt


def guarded(screen: Screen, command: Callable[[], int]) -> int:
    """Run a command; what a person can mend is said without a traceback."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        return command()
    except UserError as problem:
        screen.problem(problem)
        return 1
    except KeyboardInterrupt:
        screen.say("Stopped; nothing is left running.")
        return INTERRUPTED


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit code for make."""
    parser = argparse.ArgumentParser(prog="python -m local.cloud", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in {"up": up, "down": down, "status": status, "deploy": deploy}.items():
        described = commands.add_parser(name, help=command.__doc__)
        described.set_defaults(command=command)
        described.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
        )
        if name == "deploy":
            described.add_argument("stage", nargs="?", default="")
    options = parser.parse_args(arguments)
    screen = Screen(as_json=options.json)
    return guarded(screen, lambda: options.command(screen, options))


if __name__ == "__main__":
    sys.exit(main())
