"""Teaches how background programs are started, known again later, and ended with all theirs."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

POLL_SECONDS = 0.05
GRACE_SECONDS = 8.0
PROC = Path("/proc")
GATE = 'read -r go && exec "$@" </dev/null'


@dataclass(frozen=True)
class Process:
    """A process as it can be recorded: its number alone may be somebody else's tomorrow."""

    pid: int
    birth: str

    @staticmethod
    def current() -> Process:
        """The process that asks."""
        return Process(os.getpid(), birth_of(os.getpid()) or "")

    def alive(self) -> bool:
        """Whether this very process still runs."""
        return bool(self.birth) and birth_of(self.pid) == self.birth


def birth_of(pid: int) -> str | None:
    """When the process with this number started (boot and tick), None if there is none."""
    if PROC.exists():
        fields = _stat(PROC / str(pid))
        return f"{_boot()}|{fields[19]}" if fields and fields[0] != "Z" else None
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    state, _, started = shown.stdout.strip().partition(" ")
    return f"{_boot()}|{started.strip()}" if started and not state.startswith("Z") else None


def _stat(folder: Path) -> list[str]:
    """Fields of /proc/PID/stat from the state on; the name before them may contain anything."""
    try:
        return (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _boot() -> str:
    with suppress(OSError):
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    return ""


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    known: Callable[[Process], None] = lambda _: None,
) -> Process:
    """Run in the background as leader of a new group, output appended to `log`.

    It waits at a gate until `known` has written it down: whoever is killed meanwhile leaves nothing
    that nobody knows of.
    """
    with log.open("ab") as out:
        running = subprocess.Popen(
            ["/bin/sh", "-c", GATE, "gate", *command],
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process = Process(running.pid, birth_of(running.pid) or "")
    # Ended through its group, not through this object: it may outlive the process that asks.
    running.returncode = 0
    gate = running.stdin or io.BytesIO()
    with suppress(BrokenPipeError), gate:
        known(process)
        gate.write(b"go\n")
    return process


def finished(process: Process, *, log: Path, timeout: float, line: Callable[[str], None]) -> int:
    """The exit code of a process this one started, each line of its log handed on as it comes.

    TimeoutError after `timeout` seconds; the process is then still there.
    """
    deadline = time.monotonic() + timeout
    with log.open(encoding="utf-8", errors="replace") as written:
        rest = ""
        while time.monotonic() < deadline:
            done, status = os.waitpid(process.pid, os.WNOHANG)
            *lines, rest = (rest + written.read()).split("\n")
            for text in lines:
                line(text)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(POLL_SECONDS)
    raise TimeoutError(f"process {process.pid} did not end within {timeout:.0f} s; see {log}")


def end(process: Process, *, grace: float = GRACE_SECONDS) -> None:
    """End the group this process leads: politely, then after `grace` seconds by force.

    Workers outlive a leader that was killed, so the group counts, not the leader. A number that
    went to a stranger is left alone.
    """
    for sign, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, GRACE_SECONDS)):
        if not group_alive(process):
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, sign)
        deadline = time.monotonic() + patience
        while group_alive(process) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def group_alive(process: Process) -> bool:
    """Whether anything of the group this process led still runs."""
    with suppress(ChildProcessError):
        os.waitpid(process.pid, os.WNOHANG)
    born = birth_of(process.pid)
    if born is not None and born != process.birth:
        return False
    if process.birth.partition("|")[0] != _boot():
        return False
    if PROC.exists():
        return any(_runs_in(group=process.pid, folder=folder) for folder in PROC.glob("[0-9]*"))
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _runs_in(*, group: int, folder: Path) -> bool:
    fields = _stat(folder)
    return bool(fields) and fields[2] == str(group) and fields[0] != "Z"
