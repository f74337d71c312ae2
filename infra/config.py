"""What differs between stages, typed: `cdk.json` says it, a missing or unknown setting ends the synth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# Beside foundation, which all stand on.
SUBSYSTEMS = ("sales", "payments", "access", "messaging", "documents")
LOG_DAYS = (1, 30, 90, 365)


class ConfigError(Exception):
    """A stage is not described as it must be; the text names the setting and the remedy."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One deployment. The last five settings are where the emulated cloud cannot do what AWS does."""

    name: str
    built_for: str  # lambda: Python 3.13 on arm64; here: this machine's Python
    keep_data: bool  # tables and archive outlive their stack, tables can be restored to any second
    log_days: int
    alarm_email: str  # empty: alarms are raised, nobody is written to
    archive_lock_days: int  # Object Lock (governance) on the archive; 0 for none
    snap_start: tuple[str, ...]  # functions as subsystem.name; each costs by the second, see docs/adr
    requests_per_second: int  # of the HTTP API
    receives: int  # of a message, before it goes to the dead letters
    retry_seconds: int  # a message whose function died comes again after these; 0: after its timeout
    sender: str  # the address mail comes from
    ingress: Mapping[str, tuple[str, ...]]  # source of the ingress bus -> ARNs that may publish it
    source_condition: bool  # a publisher's grant names its own source
    mail_by_identity: bool  # sending mail is granted on the sender's identity, not on all
    bus_policies: bool  # the buses say themselves who may publish what
    bootstrap_roles: bool  # deployed through the roles of `cdk bootstrap`, not the caller's own rights
    tls_only: bool  # queues, archive and alarms refuse requests that are not encrypted

    @property
    def on_lambda(self) -> bool:
        """Whether functions are built for AWS Lambda."""
        return self.built_for == "lambda"


def read_stage(name: str, stages: Mapping[str, Any]) -> Stage:
    """The settings of a stage, checked."""
    if name not in stages:
        raise ConfigError(f"there is no stage {name!r} in cdk.json; one of: {', '.join(sorted(stages))}")
    given = dict(stages[name])
    known = {field.name for field in fields(Stage)} - {"name"}
    for wrong, what in ((known - given.keys(), "lacks"), (given.keys() - known, "does not know")):
        if wrong:
            raise ConfigError(f"stage {name!r} in cdk.json {what}: {', '.join(sorted(wrong))}")
    for field in fields(Stage):
        kind = {"bool": bool, "int": int, "str": str}.get(str(field.type))
        if kind is not None and field.name != "name" and type(given[field.name]) is not kind:
            raise ConfigError(f"stage {name!r} in cdk.json: {field.name} must be {field.type}")
    if given["built_for"] not in {"lambda", "here"}:
        raise ConfigError(f"stage {name!r} in cdk.json: built_for is lambda or here")
    if given["log_days"] not in LOG_DAYS:
        raise ConfigError(f"stage {name!r} in cdk.json: log_days is one of {', '.join(map(str, LOG_DAYS))}")
    given["snap_start"] = tuple(given["snap_start"])
    given["ingress"] = {source: tuple(arns) for source, arns in given["ingress"].items()}
    return Stage(name=name, **given)
