"""The stacks of a stage as CloudFormation gets them: synthesized once a session, with nothing built."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from infra.assets import ROOT
from infra.compose import compose


@dataclass(frozen=True)
class Synthesized:
    """A stage's templates by subsystem, and what cdk-nag found in them."""

    templates: dict[str, dict[str, Any]]
    findings: list[dict[str, Any]]

    def resources(self, kind: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Subsystem, logical id and resource of every resource of a type."""
        for subsystem, template in self.templates.items():
            for name, resource in template["Resources"].items():
                if resource["Type"] == kind:
                    yield subsystem, name, resource

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """Properties of every resource of a type."""
        return [resource.get("Properties", {}) for _, _, resource in self.resources(kind)]

    def functions(self) -> dict[str, dict[str, Any]]:
        """Properties of every function, by `<subsystem>.<file in handlers>`."""
        return {p["Description"]: p for p in self.properties("AWS::Lambda::Function")}

    def statements(self, function: str) -> list[dict[str, Any]]:
        """What the role of a function is granted."""
        role = self.functions()[function]["Role"]["Fn::GetAtt"][0]
        subsystem = function.partition(".")[0]
        return [
            statement
            for owner, _, policy in self.resources("AWS::IAM::Policy")
            if owner == subsystem and policy["Properties"]["Roles"] == [{"Ref": role}]
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        ]


@cache
def synthesized(stage: str, folder: Path) -> Synthesized:
    """Synthesize a stage with cdk-nag looking on; layers and code are not built for that."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    context |= {"stage": stage, "aws:cdk:bundling-stacks": []}
    app = cdk.App(context=context, outdir=str(folder / stage))
    compose(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        if "validation-report.json" not in str(error):
            raise
    templates = {
        path.name.split("-")[2].split(".")[0].lower(): json.loads(path.read_text())
        for path in (folder / stage).glob("Billing-*.template.json")
    }
    report = json.loads((folder / stage / "validation-report.json").read_text())
    return Synthesized(templates, [v for plugin in report["pluginReports"] for v in plugin["violations"]])


@pytest.fixture(scope="session")
def assemblies(tmp_path_factory):
    """A function from the name of a stage to what is synthesized of it."""
    folder = tmp_path_factory.mktemp("assemblies")
    return lambda stage: synthesized(stage, folder)


@pytest.fixture(scope="session")
def prod(assemblies):
    return assemblies("prod")


@pytest.fixture(scope="session")
def local(assemblies):
    return assemblies("local")


@pytest.fixture(scope="session", params=["local", "dev", "prod"])
def every_stage(request, assemblies):
    return assemblies(request.param)


@pytest.fixture(scope="session", params=["dev", "prod"])
def real_stage(request, assemblies):
    return assemblies(request.param)
