"""Which stacks a stage has."""

from __future__ import annotations

import aws_cdk as cdk

from infra.config import SUBSYSTEMS, read_stage
from infra.patterns.subsystem import SubsystemStack
from infra.stacks.access import Access
from infra.stacks.foundation import Foundation
from infra.stacks.sales import Sales

STACKS: dict[str, type[SubsystemStack]] = {"sales": Sales, "access": Access}


def compose(app: cdk.App) -> list[cdk.Stack]:
    """Every stack of the stage that the context names."""
    stage = read_stage(app.node.try_get_context("stage") or "local", app.node.try_get_context("stages"))
    deployed = [name for name in SUBSYSTEMS if name in STACKS]
    foundation = Foundation(app, stage, deployed)
    stacks = [foundation, *(STACKS[name](app, stage, foundation.shared) for name in deployed)]
    cdk.Tags.of(app).add("billing", stage.name)
    return stacks
