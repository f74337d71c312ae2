"""Security rules of cdk-nag, and how a finding is accepted: at the resource it is about, with its reason."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from constructs import IConstruct

PACK = "AwsSolutions"


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept a finding about a construct, `L1` or `IAM5[Resource::...]`, because of a reason."""
    # Written as the metadata that `Validations.acknowledge` writes: that one refuses ids with `::` in them.
    key = cdk.Validations.ACKNOWLEDGED_RULES_METADATA_KEY
    construct.node.add_metadata(key, {f"{PACK}::{PACK}-{rule}": reason})


def as_shown(resource: str, construct: IConstruct) -> str:
    """A resource of a policy as a finding about it says it: `<Archive.Arn>/*`."""
    return _shown(cdk.Stack.of(construct).resolve(resource))


def _shown(value: Any) -> str:
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return name
        case {"Fn::Join": [glue, parts]}:
            return glue.join(map(_shown, parts))
        case _:
            raise ValueError(f"no finding says {value!r} like this")
