"""Teaches how the stacks reach a cloud: the CDK command line on the Node of the virtual environment."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from local.cloud.folder import PLACE, ROOT, Folder, Record
from local.console import UserError
from local.processes import Process, end, finished, start

REGION, ACCOUNT = "us-east-1", "000000000000"
KEY = "test"  # the emulator's account root; it opens nothing anywhere else
CDK = PLACE / "cdk" / "node_modules" / ".bin" / "cdk"
SOURCES = ("app.py", "cdk.json", "requirements.txt", "infra", "functions", "layers", "events")
PATIENCE = 300.0  # seconds for one command
_STACK_DONE = re.compile(r"^\s*✅\s+(\S+)")
_LAST_LINES = 15


def credentials(address: str) -> dict[str, str]:
    """The environment in which an AWS client talks to the emulated cloud and to no other."""
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def environment(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment with the project's Python and Node first."""
    binaries = ROOT / ".venv" / "bin"
    path = f"{binaries}{os.pathsep}{outer.get('PATH', os.defpath)}"
    roots = os.pathsep.join(str(ROOT / root) for root in ("functions", "layers/shared/python", "."))
    return {**outer, "PATH": path, "PYTHONPATH": roots, "CDK_DISABLE_CLI_TELEMETRY": "true"}


def closed(outer: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a command that must not reach a real account."""
    kept = {name: value for name, value in environment(outer).items() if not name.startswith("AWS_")}
    return {**kept, "AWS_EC2_METADATA_DISABLED": "true"}


def bootstrap(folder: Folder, record: Record) -> None:
    """Prepare the emulated account; outside the project, whose app would be synthesized first."""
    command = ["bootstrap", f"aws://{ACCOUNT}/{REGION}"]
    env = _local(folder, record)
    _run(folder, record, command, env=env, cwd=folder.root)


def synthesize(folder: Folder, record: Record) -> Path:
    """The assembly of all stacks for this cloud: made once, and again when a source has changed."""
    assembly = PLACE / "assembly" / str(record.ports.stripe)
    assembly.mkdir(parents=True, exist_ok=True)
    with assembly.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, key = assembly / "sources.sha256", _fingerprint(record.stripe)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == key:
            return assembly
        stamp.unlink(missing_ok=True)
        command = ["synth", "--quiet", "--output", str(assembly)]
        context = ["-c", "stage=local", "-c", f"stripe_address={record.stripe}"]
        env = closed() | {"CDK_HOME": str(folder / "cdk-home")}
        _run(folder, record, [*command, *context], env=env, cwd=ROOT)
        stamp.write_text(key, encoding="utf-8")
    return assembly


def deploy(folder: Folder, record: Record, assembly: Path, shown: Callable[[str], None]) -> dict[str, str]:
    """Deploy every stack of an assembly, naming each as it is done; the outputs of foundation."""
    outputs = folder / "outputs.json"
    command = ["deploy", "--all", "-a", str(assembly), "--require-approval", "never", "--concurrency", "4"]

    def line(text: str) -> None:
        if done := _STACK_DONE.match(text):
            shown(done[1])

    command += ["--outputs-file", str(outputs)]
    _run(folder, record, command, env=_local(folder, record), cwd=folder.root, line=line)
    found: dict[str, dict[str, str]] = json.loads(outputs.read_text(encoding="utf-8"))
    return found["Billing-local-Foundation"]


def deploy_stage(stage: str) -> int:
    """Deploy a stage to the account of the caller's AWS settings; CDK itself asks and shows."""
    command = [str(CDK), "deploy", "--all", "-c", f"stage={stage}", "--require-approval", "broadening"]
    return subprocess.run(command, env=environment(), cwd=ROOT, check=False).returncode


def stages() -> list[str]:
    """The stages that have settings."""
    settings = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))
    return sorted(settings["context"]["stages"])


def _local(folder: Folder, record: Record) -> dict[str, str]:
    return closed() | credentials(record.address) | {"CDK_HOME": str(folder / "cdk-home")}


def _run(
    folder: Folder,
    record: Record,
    command: list[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    line: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the CDK command line in its own group, recorded, so that it never outlives this start."""
    log = folder / f"cdk-{command[0]}.log"
    log.unlink(missing_ok=True)
    full = [str(CDK), "--no-notices", "--no-color", "--ci", *command]

    def known(started: Process) -> None:
        record.processes["cdk"] = started
        folder.write(record)

    process = start(full, env=env, cwd=cwd, log=log, known=known)
    try:
        code = finished(process, log=log, timeout=PATIENCE, line=line)
    finally:
        end(process)
        del record.processes["cdk"]
        folder.write(record)
    if code:
        said = [text for text in log.read_text(errors="replace").splitlines() if text.strip()]
        raise UserError(
            f"cdk {command[0]} failed. The last it said:\n"
            + "\n".join(f"    {text[:300]}" for text in said[-_LAST_LINES:])
        )


def _fingerprint(stripe: str) -> str:
    """A hash over everything a synthesis reads, and over what it is made for."""
    digest = hashlib.sha256(f"{ROOT} {stripe} ".encode())
    digest.update((PLACE / "stamps" / "cdk").read_bytes())
    for path in _source_files():
        digest.update(f"{path.relative_to(ROOT)} ".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        top = ROOT / name
        yield from (
            [top]
            if top.is_file()
            else sorted(path for path in top.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        )
