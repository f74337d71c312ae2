"""Every handler starts with what its stack gives it: its subsystem's code, its layers, and boto3.

Other packages of this machine are out of its sight, so a dependency that no layer brings fails here
and not at the first event in the cloud.
"""

import re
import subprocess
import sys
from collections import defaultdict
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from infra.assets import ROOT

RUNTIME = ("boto3",)  # what the Lambda runtime brings
ENVIRONMENT = {
    "SUBSYSTEM": "test",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


def pinned(layer):
    """Packages a layer installs, with their versions."""
    text = (ROOT / "layers" / layer / "requirements.txt").read_text()
    return dict(re.findall(r"^([A-Za-z0-9_-]+)==(\S+)$", text, re.MULTILINE))


def with_dependencies(names):
    """Distributions and all they need."""
    found, waiting = {}, list(names)
    while waiting:
        name = waiting.pop().lower().replace("_", "-")
        if name in found:
            continue
        found[name] = distribution(name)
        needed = map(Requirement, found[name].requires or [])
        waiting += [
            need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})
        ]
    return found.values()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A function from distribution names to a folder that holds them and their dependencies, nothing else."""
    made = {}

    def folder(names):
        key = tuple(sorted(names))
        if key not in made:
            made[key] = tmp_path_factory.mktemp("layer")
            for dist in with_dependencies(names):
                for file in dist.files or []:
                    top = file.parts[0]
                    if top not in ("..", "__pycache__") and not (made[key] / top).exists():
                        (made[key] / top).symlink_to(Path(dist.locate_file(top)))
        return made[key]

    return folder


def handlers_by_layers(stage):
    """Handler modules by subsystem and the layers they run on."""
    groups = defaultdict(list)
    for name, function in stage.functions().items():
        layers = tuple(layer["Ref"].split("Layer")[0].lower() for layer in function["Layers"])
        groups[name.partition(".")[0], layers].append(function["Handler"].removesuffix(".handler"))
    return groups


def test_every_handler_starts_with_its_layers_alone(local, shelf, tmp_path):
    groups = handlers_by_layers(local)
    for (subsystem, layers), modules in groups.items():
        code = tmp_path / f"{subsystem}-{len(layers)}"
        code.mkdir()
        (code / subsystem).symlink_to(ROOT / "functions" / subsystem)
        ours = {"contracts": code / "contracts", "shared": ROOT / "layers" / "shared" / "python"}
        ours["contracts"].mkdir()
        (ours["contracts"] / "events").symlink_to(ROOT / "events")
        path = [code, *(ours[layer] if layer in ours else shelf(pinned(layer)) for layer in layers)]
        path.append(shelf(RUNTIME))
        started = start(modules, path)
        assert started.returncode == 0, f"{subsystem} with {layers}: {started.stderr[-600:]}"


def test_a_missing_layer_is_noticed(shelf):
    path = [ROOT / "functions", ROOT / "layers" / "shared" / "python", ROOT, shelf(RUNTIME)]

    started = start(["foundation.handlers.tick"], path)

    assert "ModuleNotFoundError: No module named 'pydantic'" in started.stderr


def start(modules, path):
    """Import modules in a Python that sees the given folders and its own library."""
    program = f"import sys; sys.path[:0] = {[str(p) for p in path]!r}\n" + "\n".join(
        f"import {m}" for m in modules
    )
    command = [sys.executable, "-I", "-S", "-c", program]
    return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.parametrize("layer", ["vendor", "stripe", "archive", "messaging"])
def test_a_layer_installs_what_the_tests_ran_with(layer):
    for name, version in pinned(layer).items():
        assert distribution(name).version == version


@pytest.mark.parametrize("layer", ["vendor", "stripe", "archive", "messaging"])
def test_no_layer_ships_what_the_runtime_brings(layer):
    shipped = {dist.metadata["Name"].lower() for dist in with_dependencies(pinned(layer))}

    assert not shipped & {"boto3", "botocore", "s3transfer"}


def test_stripe_is_only_where_the_provider_is_called(local):
    with_stripe = {
        name
        for name, function in local.functions().items()
        if any(layer["Ref"].startswith("StripeLayer") for layer in function["Layers"])
    }
    assert with_stripe == {
        "payments.api",
        "payments.charge",
        "payments.process_webhook",
        "payments.receive_stripe_webhook",
        "payments.work",
    }
