"""Which stacks a stage has: foundation, and the subsystems that stand on it."""

from __future__ import annotations

import aws_cdk as cdk

from infra import assets
from infra.config import SUBSYSTEMS, read_stage
from infra.patterns.subsystem import SubsystemStack
from infra.stacks.access import Access
from infra.stacks.documents import Documents
from infra.stacks.foundation import Foundation
from infra.stacks.messaging import Messaging
from infra.stacks.payments import Payments
from infra.stacks.sales import Sales

STACKS: dict[str, type[SubsystemStack]] = {
    "sales": Sales,
    "payments": Payments,
    "access": Access,
    "messaging": Messaging,
    "documents": Documents,
}


def compose(app: cdk.App) -> list[SubsystemStack]:
    """Every stack of the stage that the context names."""
    stage = read_stage(app.node.try_get_context("stage") or "local", app.node.try_get_context("stages"))
    foundation = Foundation(app, stage, SUBSYSTEMS)
    cdk.Tags.of(app).add("billing", stage.name)
    if assets.compiler(on_lambda=stage.on_lambda) is None:
        cdk.Annotations.of(foundation).add_warning_v2(
            "billing:bytecode",
            f"no Python {assets.LAMBDA_PYTHON} here: functions ship without bytecode and start slower;"
            " install one, or name the functions people wait for in snap_start",
        )
    return [foundation, *(STACKS[name](app, stage, foundation.shared) for name in SUBSYSTEMS)]
