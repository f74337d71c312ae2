"""Teaches where one local cloud keeps what it needs, and how it is known what of it runs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from local.console import UserError
from local.ports import LOOPBACK, Ports
from local.processes import Process, end, group_alive

ROOT = Path(__file__).resolve().parent.parent.parent
PLACE = ROOT / ".local"
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30  # noqa: S108 - a folder of our own name in it
NAME = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)


class BusyError(UserError):
    """Somebody else is starting or ending this cloud."""


@dataclass
class Record:
    """What was started, written down before anything else is: a stop half-way leaves its traces here."""

    ports: Ports
    owner: Process | None = None  # who it must not outlive; nobody where it stays until it is ended
    ready: bool = False
    processes: dict[str, Process] = field(default_factory=dict[str, Process])
    outputs: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def address(self) -> str:
        """Where the emulated cloud answers."""
        return f"http://{LOOPBACK}:{self.ports.gateway}"

    @property
    def stripe(self) -> str:
        """Where the payment-provider simulator answers."""
        return f"http://{LOOPBACK}:{self.ports.stripe}"

    @property
    def mailbox(self) -> str:
        """Where sent mail can be read."""
        return f"http://{LOOPBACK}:{self.ports.mail}"

    @property
    def api(self) -> str:
        """Where a browser reaches the API."""
        return f"http://{self.outputs['ApiId']}.execute-api.localhost:{self.ports.gateway}"

    @property
    def whole(self) -> bool:
        """Whether the start came to its end, everything it started still runs, and so does its owner."""
        wanted = self.owner is None or self.owner.alive()
        return wanted and self.ready and all(process.alive() for process in self.processes.values())


@dataclass(frozen=True)
class Folder:
    """The folder of one local cloud; two clouds in two folders do not meet."""

    root: Path

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    @property
    def scratch(self) -> Path:
        """Where functions are unpacked, thousands of small files: in memory, where there is room."""
        return self._in_memory if _has_room(MEMORY) else self.root / "tmp"

    @property
    def _in_memory(self) -> Path:
        return MEMORY / f"billing-{hashlib.sha256(str(self.root).encode()).hexdigest()[:16]}"

    @property
    def _record(self) -> Path:
        return self.root / "cloud.json"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else starts or ends this cloud meanwhile; a UserError if somebody does already."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        with self.root.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BusyError(
                    "Another command is starting or ending the local cloud just now.",
                    "Wait for it, or stop it with Ctrl-C: it cleans up after itself.",
                ) from None
            yield

    def read(self) -> Record | None:
        """What was started here, None where nothing was."""
        try:
            data: dict[str, Any] = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        processes = {name: Process(**found) for name, found in data["processes"].items()}
        owner = Process(**data["owner"]) if data["owner"] else None
        return Record(Ports(**data["ports"]), owner, data["ready"], processes, data["outputs"])

    def write(self, record: Record) -> None:
        """Write it down, whole or not at all."""
        self.root.mkdir(parents=True, exist_ok=True)
        draft = self._record.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
        draft.replace(self._record)

    def clear(self) -> bool:
        """End what was started here and remove what it kept; whether anything still ran.

        The emulator goes last: until then the others find it, and it ends its workers itself.
        """
        record = self.read()
        ran = False
        for process in reversed(list(record.processes.values()) if record else []):
            ran = group_alive(process) or ran
            end(process)
        shutil.rmtree(self._in_memory, ignore_errors=True)
        shutil.rmtree(self.root, ignore_errors=True)
        return ran


def _has_room(place: Path) -> bool:
    """Whether this is a file system with space for all functions, whose programs may be run."""
    try:
        found = os.statvfs(place)
    except OSError:
        return False
    return found.f_bavail * found.f_frsize > ROOM and not found.f_flag & os.ST_NOEXEC


def standard(environment: Mapping[str, str] = os.environ) -> Folder:
    """The folder of the one cloud that commands mean, or of the one that LOCAL_CLOUD names beside it."""
    name = environment.get("LOCAL_CLOUD") or ""
    if name and not NAME.fullmatch(name):
        raise UserError(f"LOCAL_CLOUD={name} is no name.", "Small letters, digits and dashes, at most 40.")
    return Folder(PLACE / (f"run-{name}" if name else "run"))
