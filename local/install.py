"""Sets up what the project needs beside Python, git and make, once; runs on a bare Python.

Each part is stamped with the hash of the files that pin it, so a second run does nothing, and a
run that was stopped half-way goes on where it stood.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / ".local"
OLDEST = (3, 11)
MISSING_PINS = """
import importlib.metadata as m, pathlib, re, sys
seen, missing = set(), []
def read(path):
    for line in path.read_text().splitlines():
        if line.startswith("-r "):
            read(path.parent / line[3:].strip())
        found = re.match(r"([A-Za-z0-9._-]+)(?:\\[[^]]*\\])?==([^ ;#]+)", line)
        if found and found[1] not in seen:
            seen.add(found[1])
            try:
                same = m.version(found[1]) == found[2]
            except m.PackageNotFoundError:
                same = False
            if not same:
                missing.append(found[0])
read(pathlib.Path(sys.argv[1]))
print(" ".join(missing))
"""


class SetupError(Exception):
    """A step failed: what a person needs to know, ready to print."""


@dataclass(frozen=True)
class Part:
    """One thing to install, pinned by files, built by a function."""

    title: str
    folder: Path
    pins: tuple[Path, ...]
    build: Callable[[Part], None]

    def key(self) -> str:
        """What the stamp says when this part is current."""
        digest = hashlib.sha256()
        for pin in self.pins:
            digest.update(pin.read_bytes())
        return f"{digest.hexdigest()} {self.folder.resolve()}"

    @property
    def stamp(self) -> Path:
        """Where the key of the last finished build is kept."""
        return PLACE / "stamps" / self.folder.name.lstrip(".")

    def current(self) -> bool:
        """Whether the last finished build is the one the pins ask for."""
        return (
            self.folder.exists()
            and self.stamp.exists()
            and self.stamp.read_text(encoding="utf-8") == self.key()
        )


def run(step: str, command: list[str], *, env: dict[str, str] | None = None) -> None:
    """Run quietly; on failure say which step, the last words, and what to do."""
    done = subprocess.run(
        command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise SetupError(
            f"{step} failed. The last it said:\n"
            + "\n".join(f"    {line[:200]}" for line in said[-6:])
            + "\nSetup needs the network once, for the Python package index and the npm registry."
            "\nCheck the connection (behind a proxy: HTTPS_PROXY), then run `make setup` again:"
            " it goes on where it stopped."
        )


def virtual_environment(part: Part) -> None:
    """Make the environment if it is not whole, then install the pins into it."""
    python, pins = part.folder / "bin" / "python", part.pins[0]
    if part.folder.is_symlink():
        _check_linked(part, python, pins)
        return
    if not _works(python):
        shutil.rmtree(part.folder, ignore_errors=True)
        try:
            run("Making a virtual environment", [sys.executable, "-m", "venv", str(part.folder)])
        except SetupError as error:
            if "ensurepip" in str(error):
                advice = "This Python has no venv module. On Debian: apt-get install python3-venv"
                raise SetupError(advice) from error
            raise
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run(part.title, [*pip, "--retries", "2", "-r", str(pins)])


def _works(python: Path) -> bool:
    """Whether an environment has a Python that runs and a pip; a stopped build may lack either."""
    if not python.exists():
        return False
    command = [str(python), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _check_linked(part: Part, python: Path, pins: Path) -> None:
    """An environment somebody linked here is used as it is, never changed."""
    command = [str(python), "-c", MISSING_PINS, str(pins)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode or done.stdout.strip():
        raise SetupError(
            f"{part.folder.name} is a link to an environment that lacks: {done.stdout.strip()}\n"
            f"Install that there ({python} -m pip install -r {pins.name}), or remove the link."
        )


def files_of_packages(part: Part) -> None:
    """Packages of which only files are read: without what they would need to run."""
    python = ROOT / ".venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    shutil.rmtree(part.folder, ignore_errors=True)
    run(part.title, [*pip, "--retries", "2", "--target", str(part.folder), "-r", str(part.pins[0])])


def cdk(part: Part) -> None:
    """The CDK command line, by npm, on the Node that came as a Python package."""
    part.folder.mkdir(parents=True, exist_ok=True)
    for pin in part.pins:
        shutil.copy(pin, part.folder / pin.name)
    binaries = ROOT / ".venv" / "bin"
    env = os.environ | {"PATH": f"{binaries}{os.pathsep}{os.environ.get('PATH', os.defpath)}"}
    npm = [str(binaries / "npm"), "ci", "--prefix", str(part.folder)]
    run(part.title, [*npm, "--no-audit", "--no-fund", "--no-update-notifier"], env=env)


PARTS = (
    Part(
        "Python packages, Node among them",
        ROOT / ".venv",
        (ROOT / "requirements-dev.txt", ROOT / "requirements.txt"),
        virtual_environment,
    ),
    Part(
        "Cloud emulator",
        PLACE / "emulator",
        (ROOT / "local" / "emulator" / "requirements.txt",),
        virtual_environment,
    ),
    Part(
        "Rules of XRechnung",
        PLACE / "rules",
        (ROOT / "tests" / "rules.txt",),
        files_of_packages,
    ),
    Part(
        "CDK command line",
        PLACE / "cdk",
        (ROOT / "local" / "cdk" / "package.json", ROOT / "local" / "cdk" / "package-lock.json"),
        cdk,
    ),
)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Only one setup at a time; a second one waits and then finds everything done."""
    PLACE.mkdir(exist_ok=True)
    with (PLACE / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("setup: another one is running; waiting for it", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(part: Part) -> None:
    """Build one part and stamp it; the stamp goes first and comes last."""
    print(f"setup: {part.title} ...", end=" ", flush=True)
    start = time.monotonic()
    part.stamp.parent.mkdir(parents=True, exist_ok=True)
    part.stamp.unlink(missing_ok=True)
    part.build(part)
    part.stamp.write_text(part.key(), encoding="utf-8")
    print(f"{time.monotonic() - start:.1f} s", flush=True)


def main() -> int:
    """Install what is not current; the exit code for make."""
    if sys.version_info < OLDEST:
        found = sys.version.split()[0]
        print(f"setup: needs Python 3.11 or newer, found {found}. Try: make PYTHON=python3.12")
        return 1
    if all(part.current() for part in PARTS):
        return 0
    try:
        with alone():
            for part in PARTS:
                if not part.current():
                    install(part)
    except SetupError as error:
        print(f"\n{error}")
        return 1
    except KeyboardInterrupt:
        print("\nsetup: stopped. Run `make setup` again: it goes on where it stopped.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
