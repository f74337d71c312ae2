"""Teaches how the local cloud comes up, step by step, and leaves nothing when it goes."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from infra.config import SUBSYSTEMS
from local import ports as numbers
from local.cloud import toolkit
from local.cloud.folder import PLACE, ROOT, Folder, Record, standard
from local.cloud.warming import warm
from local.console import Screen, UserError
from local.ports import LOOPBACK, Ports
from local.processes import Process, start

READY_SECONDS = 20.0


def up(
    screen: Screen,
    folder: Folder | None = None,
    ports: Callable[[], Ports] = numbers.wished,
    *,
    stays: bool = True,
) -> Record:
    """Start everything and deploy everything; whatever stops it half-way, nothing is left.

    What an earlier start left behind is ended first; an AlreadyRunningError if it runs. One that does
    not stay belongs to the process that asks, and is a leftover once that is gone.
    """
    folder = folder or standard()
    with folder.alone():
        record = folder.read()
        if record is not None and record.whole:
            raise AlreadyRunningError(record)
        if record is not None or folder.root.exists():
            with screen.step("Clean up what an earlier run left"):
                folder.clear()
        record = Record(ports(), None if stays else Process.current())
        try:
            return _start(screen, folder, record)
        except TimeoutError as error:
            raise UserError(f"The local cloud did not come up: {error}") from error
        finally:
            if not record.ready:
                folder.clear()


def down(folder: Folder | None = None) -> bool:
    """End what runs and remove what it kept; whether anything ran."""
    folder = folder or standard()
    with folder.alone():
        return folder.clear()


def running(folder: Folder | None = None) -> Record:
    """The cloud that runs; a UserError if none does."""
    record = (folder or standard()).read()
    if record is None or not record.whole:
        raise UserError("The local cloud is not running.", "Start it: make up")
    return record


def bring_edits(screen: Screen, folder: Folder | None = None) -> Record:
    """Synthesize again and deploy what differs to the cloud that runs."""
    folder = folder or standard()
    with folder.alone():
        record = running(folder)
        _deploy(screen, folder, record)
        return record


class AlreadyRunningError(UserError):
    """A start that found its cloud running; `record` says where."""

    def __init__(self, record: Record) -> None:
        super().__init__("The local cloud is running already.", "See it: make status. End it: make down")
        self.record = record


def _start(screen: Screen, folder: Folder, record: Record) -> Record:
    folder.write(record)
    with screen.step(f"Start the emulated cloud on port {record.ports.gateway}"):
        begin_emulator(folder, record)
    with screen.step(
        f"Start the payment provider on port {record.ports.stripe}, the mailbox on {record.ports.mail}"
    ):
        _begin(folder, record, "stripe", _stripe(folder, record), f"{record.stripe}/_sim/health")
        _begin(folder, record, "mailbox", _mailbox(record), f"{record.mailbox}/health")
    with screen.step("Bootstrap the emulated account"):
        toolkit.bootstrap(folder, record)
    _deploy(screen, folder, record)
    with screen.step("Warm the functions"):
        warm(record)
    record.ready = True
    folder.write(record)
    return record


def _deploy(screen: Screen, folder: Folder, record: Record) -> None:
    with screen.step("Synthesize the stacks"):
        assembly = toolkit.synthesize(folder, record)
    with screen.step("Deploy the stacks"):
        record.outputs = toolkit.deploy(folder, record, assembly, lambda stack: screen.say(f"    {stack}"))
    folder.write(record)


def begin_emulator(folder: Folder, record: Record) -> None:
    """Start the emulated cloud alone, in an environment of its own: functions inherit all of it."""
    for place in (folder.scratch, folder / "state", folder / "s3"):
        place.mkdir(parents=True, exist_ok=True)
    env = {
        "PATH": os.defpath,
        "HOME": str(folder.root),
        "TMPDIR": str(folder.scratch),
        "GATEWAY_PORT": str(record.ports.gateway),
        "BIND_HOST": LOOPBACK,
        "AUTH": "true",
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
    }
    python = PLACE / "emulator" / "bin" / "python"
    command = [str(python), str(ROOT / "local" / "emulator")]
    _begin(folder, record, "emulator", (command, env), f"{record.address}/_ministack/ready")


def _stripe(folder: Folder, record: Record) -> tuple[list[str], Mapping[str, str]]:
    port, state = str(record.ports.stripe), str(folder / "stripe.db")
    return [sys.executable, "-m", "local.stripe", "--port", port, "--state", state], toolkit.closed()


def _mailbox(record: Record) -> tuple[list[str], Mapping[str, str]]:
    command = [sys.executable, "-m", "local.mailbox", "--port", str(record.ports.mail)]
    return [*command, "--cloud", record.address], toolkit.closed()


def _begin(
    folder: Folder, record: Record, name: str, command: tuple[list[str], Mapping[str, str]], health: str
) -> None:
    """Start one program, write it down, and wait until it answers."""
    log = folder / f"{name}.log"

    def known(process: Process) -> None:
        record.processes[name] = process
        folder.write(record)

    process = start(command[0], env=command[1], cwd=ROOT, log=log, known=known)
    deadline = time.monotonic() + READY_SECONDS
    while not answers(health):
        if not process.alive() or time.monotonic() > deadline:
            raise UserError(f"The {name} did not start. The last it said:\n{_last_words(log)}")
        time.sleep(0.05)


def answers(address: str) -> bool:
    """Whether a server answers at an address with success."""
    try:
        with urlopen(address, timeout=2) as reply:  # noqa: S310 - a loopback address of ours
            return bool(reply.status < 300)  # noqa: PLR2004
    except (URLError, OSError):
        return False


def _last_words(log: Path) -> str:
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return "\n".join(f"    {line[:200]}" for line in lines[-8:])


def docs(record: Record) -> dict[str, str]:
    """The pages that describe the API, by subsystem."""
    return {name: f"{record.api}/{name}/docs" for name in ("foundation", *SUBSYSTEMS)}


def summary(record: Record) -> dict[str, Any]:
    """What runs and where, for programs."""
    return {
        "running": record.whole,
        "api": record.api,
        "docs": docs(record),
        "cloud": record.address,
        "payment_provider": record.stripe,
        "mailbox": record.mailbox,
        "processes": {name: process.pid for name, process in record.processes.items()},
    }
