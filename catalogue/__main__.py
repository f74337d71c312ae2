"""Prices in git: `python -m catalogue plan | apply | export`, to the API of BILLING_URL and BILLING_KEY.

Without BILLING_URL the local cloud is meant (`make up`). Exit status: 0 done or nothing to do, 1 refused,
and for `plan --check` 2 where publishing would change something.
"""

from __future__ import annotations

import argparse
import sys
from typing import Any

import yaml
from rich.console import Console

from catalogue.door import Door, RefusedError, SilentError, door
from catalogue.file import CatalogueFile, read
from catalogue.view import SHOWN_OF_HASH, show
from local.console import PIPE_WIDTH, Screen, UserError

CHANGES = 2
INTERRUPTED = 130
SHORTEST_HASH = 8
Json = dict[str, Any]


class FileError(UserError):
    """What the API refused of a file, by line."""

    def __init__(self, file: CatalogueFile, refused: RefusedError) -> None:
        self.errors = [{"place": file.place(error["field"]), **error} for error in refused.errors]
        lines = [f"{e['place']}: {e['field']}: {_plain(e)}" for e in self.errors]
        advice = "" if lines else "Nothing was published."
        super().__init__("\n".join(lines) or f"{file.path}: {refused.detail}", advice)


def plan(screen: Screen, console: Console, options: argparse.Namespace) -> int:
    """Show what publishing a file would change; nothing is written."""
    file = read(options.file)
    publication = _planned(door(), file)
    if not publication["changes"]:
        screen.say(f"{file.path} is what is on sale: nothing to publish.")
    elif not options.json:
        show(console, publication)
        short = publication["hash"][:SHOWN_OF_HASH]
        screen.say("Nothing is published yet. To publish this and nothing else:")
        screen.say(f"  make catalogue-apply FILE={file.path} PLAN={short}")
    screen.result(publication)
    return CHANGES if options.check and publication["changes"] else 0


def apply(screen: Screen, console: Console, options: argparse.Namespace) -> int:
    """Publish a file: what its plan shows, or with --plan what an earlier plan showed, or nothing."""
    file, api = read(options.file), door()
    publication = _planned(api, file)
    if not publication["changes"]:
        screen.say(f"{file.path} is what is on sale: nothing to publish.")
        screen.result(publication)
        return 0
    if not options.json:
        show(console, publication)
    _agreed(screen, options, publication["hash"])
    made = _published(api, file, publication["hash"])
    versions = ", ".join(f"{key} version {version}" for key, version in made["plans"].items())
    screen.say(f"Published. On sale: {versions or 'no plans'}.")
    screen.result(made)
    return 0


def export(screen: Screen, _: Console, options: argparse.Namespace) -> int:
    """Write what is on sale as a catalogue file, to begin from."""
    data = door().ask("/sales/catalogue/file")
    if options.json:
        screen.result(data)
    else:
        print(yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=PIPE_WIDTH), end="")
    return 0


def _planned(api: Door, file: CatalogueFile) -> Json:
    try:
        return api.send("/sales/catalogue/plan", {"catalogue": file.data})
    except RefusedError as refused:
        raise FileError(file, refused) from None


def _published(api: Door, file: CatalogueFile, hash_: str) -> Json:
    """Publish by the hash, which is the request's key as well: sent again, it is not done again."""
    body = {"catalogue": file.data, "plan": hash_}
    try:
        return api.send("/sales/catalogue", body, key=f"catalogue-{hash_}")
    except SilentError as silent:
        advice = "Whether it was published is not known: plan again, and see."
        raise UserError(silent.what, advice) from None
    except RefusedError as refused:
        if refused.status == 409:  # noqa: PLR2004 - somebody else published meanwhile
            raise UserError("Somebody published meanwhile; nothing was done.", "Plan again.") from None
        raise FileError(file, refused) from None


def _agreed(screen: Screen, options: argparse.Namespace, hash_: str) -> None:
    """Whoever publishes has seen the plan: by its hash, by a word here, or by their own."""
    if options.plan:
        if len(options.plan) < SHORTEST_HASH or not hash_.startswith(options.plan):
            what = "This is not what was planned: the file or what is on sale is another one by now."
            raise UserError(what, f"Plan again; it is {hash_[:SHOWN_OF_HASH]} now. Nothing was published.")
        return
    if options.yes:
        return
    if options.json or not sys.stdin.isatty():
        what = "Nobody is here to agree."
        raise UserError(what, "Say what was agreed to: --plan HASH (make: PLAN=...), or --yes (ARGS=--yes).")
    screen.say("Publish this? Only 'yes' does it: ")
    if input().strip() != "yes":
        raise UserError("Nothing was published.")


def _plain(error: Json) -> str:
    """The message without the code and field that it repeats."""
    return str(error["message"]).removeprefix(f"{error['code']} at {error['field']}: ")


def main(arguments: list[str] | None = None) -> int:
    """The command line; the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m catalogue", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, command in {"plan": plan, "apply": apply, "export": export}.items():
        described = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        described.set_defaults(command=command)
        described.add_argument("--json", action="store_true", help="one JSON document on standard output")
        if name != "export":
            described.add_argument("file", help="the catalogue, a YAML file")
        if name == "plan":
            described.add_argument("--check", action="store_true", help="exit status 2 if anything changes")
        if name == "apply":
            agreed = described.add_mutually_exclusive_group()
            agreed.add_argument("--plan", metavar="HASH", help="publish only what this plan showed")
            agreed.add_argument("--yes", action="store_true", help="publish without asking")
    options = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True, stderr=options.json)
    return run(Screen(as_json=options.json, console=console), console, options)


def run(screen: Screen, console: Console, options: argparse.Namespace) -> int:
    """Carry a command out; what a person can mend is said without a traceback."""
    try:
        return options.command(screen, console, options)
    except FileError as problem:
        if options.json:
            screen.result({"problem": problem.what, "advice": problem.advice, "errors": problem.errors})
        else:
            screen.problem(problem)
        return 1
    except UserError as problem:
        screen.problem(problem)
        return 1
    except RefusedError as refused:
        screen.problem(UserError(refused.detail or str(refused)))
        return 1
    except KeyboardInterrupt:
        screen.say("Stopped; nothing was published.")
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
