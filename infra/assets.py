"""Code and layers as assets, built without Docker: pip for the runtime's platform, bytecode where it fits.

| asset            | of                               | lies in Lambda at        |
|------------------|----------------------------------|--------------------------|
| code of <s>      | functions/<s>                    | /var/task/<s>            |
| layer contracts  | events                           | /opt/python/events       |
| layer shared     | layers/shared/python             | /opt/python/billing      |
| layer <name>     | layers/<name>/requirements.txt   | /opt/python              |
|                  | layers/<name>/fonts, if any      | /opt/fonts               |
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import jsii
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.config import ConfigError, Stage

ROOT = Path(__file__).resolve().parent.parent
LAMBDA_PYTHON = "3.13"  # an interpreter of it that is not on the path: LAMBDA_PYTHON=/...
BUILDER = "1"  # raise it when what is built from the same sources changes
PIP_PLATFORM = [
    *("--platform", "manylinux_2_28_aarch64", "--platform", "manylinux2014_aarch64"),
    *("--implementation", "cp", "--python-version", LAMBDA_PYTHON, "--abi", "cp313"),
]
UNSTABLE = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json")  # differ from one install to the next
LEFT_OUT = ("__pycache__", "*.pyc", "*.md", "*.schema.json", "*.example*.json")


def runtime(stage: Stage) -> lambda_.Runtime:
    """The Python that functions of a stage run on."""
    if stage.on_lambda:
        return lambda_.Runtime.PYTHON_3_13
    here = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return lambda_.Runtime(here, lambda_.RuntimeFamily.PYTHON)


def architecture(stage: Stage) -> lambda_.Architecture:
    """The processor that functions of a stage run on; the emulated cloud has this machine's own."""
    return lambda_.Architecture.ARM_64 if stage.on_lambda else lambda_.Architecture.X86_64


@cache
def compiler(*, on_lambda: bool) -> str | None:
    """An interpreter that writes bytecode the functions can use; None where there is none here."""
    if not on_lambda:
        return sys.executable
    found = os.environ.get("LAMBDA_PYTHON") or shutil.which(f"python{LAMBDA_PYTHON}")
    if not found:
        return None
    check = [found, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    said = subprocess.run(check, check=False, capture_output=True, text=True).stdout.strip()
    return found if said == LAMBDA_PYTHON else None


def layer(scope: Construct, stage: Stage, name: str) -> lambda_.LayerVersion:
    """A layer of a stack. Each stack makes its own: one passed on could never change again."""
    if name == "contracts":
        code = _bundled(stage, Copied(ROOT / "events", "python/events", "/opt", stage), ROOT / "events")
    elif name == "shared":
        source = ROOT / "layers" / "shared" / "python" / "billing"
        code = _bundled(stage, Copied(source, "python/billing", "/opt", stage), source)
    else:
        pins = ROOT / "layers" / name / "requirements.txt"
        source = pins.parent if (pins.parent / "fonts").exists() else pins
        code = _bundled(stage, Installed(pins, stage, source), source)
    return lambda_.LayerVersion(
        scope,
        f"{name.title()}Layer",
        code=code,
        compatible_runtimes=[runtime(stage)],
        compatible_architectures=[architecture(stage)],
    )


def function_code(stage: Stage, subsystem: str) -> lambda_.Code:
    """The code of a subsystem, shared by all its functions."""
    source = ROOT / "functions" / subsystem
    return _bundled(stage, Copied(source, subsystem, "/var/task", stage), source)


@jsii.implements(cdk.ILocalBundling)
class Copied:
    """Our own sources, with bytecode."""

    def __init__(self, source: Path, below: str, mounted: str, stage: Stage) -> None:
        self.source, self.below, self.mounted, self.on_lambda = source, below, mounted, stage.on_lambda

    def try_bundle(self, output_dir: str, *, image: Any = None, **_: Any) -> bool:
        """Copy and compile."""
        shutil.copytree(self.source, Path(output_dir, self.below), ignore=shutil.ignore_patterns(*LEFT_OUT))
        compile_all(Path(output_dir), self.mounted, on_lambda=self.on_lambda)
        return True


@jsii.implements(cdk.ILocalBundling)
class Installed:
    """Packages for the runtime's platform, with bytecode; kept in .local between synths."""

    def __init__(self, pins: Path, stage: Stage, source: Path) -> None:
        self.pins, self.on_lambda = pins, stage.on_lambda
        self.kept = ROOT / ".local" / "layers" / digest(stage, source)

    def try_bundle(self, output_dir: str, *, image: Any = None, **_: Any) -> bool:
        """Take what was built before, or build it."""
        if not self.kept.exists():
            self.kept.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.kept.parent) as place:
                built = Path(place, "built")
                self._install(built / "python")
                if (self.pins.parent / "fonts").exists():
                    shutil.copytree(self.pins.parent / "fonts", built / "fonts")
                compile_all(built, "/opt", on_lambda=self.on_lambda)
                if not self.kept.exists():
                    built.rename(self.kept)
        shutil.copytree(self.kept, output_dir, dirs_exist_ok=True)
        return True

    def _install(self, target: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        pip += ["--no-compile", "--only-binary=:all:", "--target", str(target), "-r", str(self.pins)]
        done = subprocess.run([*pip, *(PIP_PLATFORM if self.on_lambda else [])], check=False)
        if done.returncode:
            pins = self.pins.relative_to(ROOT)
            raise ConfigError(f"pip could not install {pins}; it needs the network once, see above for why")
        shutil.rmtree(target / "bin", ignore_errors=True)
        for info in target.glob("*.dist-info"):
            for name in UNSTABLE:
                (info / name).unlink(missing_ok=True)


def compile_all(folder: Path, mounted: str, *, on_lambda: bool) -> None:
    """Write bytecode that is never checked against its source: its hash then depends on that alone."""
    python = compiler(on_lambda=on_lambda)
    if python is None:
        return
    options = ["-q", "-j0", "--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", mounted]
    subprocess.run([python, "-m", "compileall", *options, str(folder)], check=True, stdout=subprocess.DEVNULL)


def digest(stage: Stage, source: Path) -> str:
    """What an asset is made of: its sources, for whom, by which builder, with bytecode or without."""
    made = hashlib.sha256(f"{BUILDER} {runtime(stage).name} {architecture(stage).name}".encode())
    made.update(b"bytecode" if compiler(on_lambda=stage.on_lambda) else b"sources")
    files = [source] if source.is_file() else sorted(path for path in source.rglob("*") if path.is_file())
    for file in files:
        if any(part.match(name) for name in LEFT_OUT for part in (file, file.parent)):
            continue
        made.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return made.hexdigest()


def _bundled(stage: Stage, bundling: Copied | Installed, source: Path) -> lambda_.Code:
    return lambda_.Code.from_asset(
        str(source if source.is_dir() else source.parent),
        asset_hash_type=cdk.AssetHashType.CUSTOM,
        asset_hash=digest(stage, source),
        bundling=cdk.BundlingOptions(image=cdk.DockerImage.from_registry("none"), local=bundling),
    )
