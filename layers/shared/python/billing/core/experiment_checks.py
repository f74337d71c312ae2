"""What makes an experiment impossible to run or to read, with the field named."""

from __future__ import annotations

from datetime import UTC, datetime

from billing.core.catalogue import Catalogue, Plan, Price
from billing.core.catalogue_checks import check_price, keys
from billing.core.errors import RuleError
from billing.core.experiments import Experiment
from billing.core.override_checks import check_agreement

_LEAST = 2
_EVER = datetime.max.replace(tzinfo=UTC)
_ALWAYS = datetime.min.replace(tzinfo=UTC)


def check_experiments(catalogue: Catalogue) -> None:
    """Raise the first RuleError found; return when each can run."""
    keys(catalogue.experiments, "experiments")
    plans = {plan.key: plan for plan in catalogue.plans}
    for n, experiment in enumerate(catalogue.experiments):
        field = f"experiments[{n}]"
        if experiment.plan not in plans:
            raise RuleError("unknown_plan", f"{experiment.plan!r} is not a plan", f"{field}.plan")
        if _end(experiment) <= _begin(experiment):
            raise RuleError("ends_before_start", "an experiment ends after it begins", f"{field}.ends_at")
        _check_arms(catalogue, plans[experiment.plan], experiment, field)
        for other in catalogue.experiments[:n]:
            if other.plan == experiment.plan and _overlap(other, experiment):
                message = f"{other.key} tries prices of {other.plan} at the same time: end one before"
                raise RuleError("experiments_overlap", message, f"{field}.begins_at")


def require_unchanged(before: Experiment, wanted: Experiment) -> None:
    """What was tried stays what it was, or its figures would compare nothing; its dates may move."""
    if (before.plan, before.arms) != (wanted.plan, wanted.arms):
        message = "the plan and arms of a published experiment do not change; give the new one another key"
        raise RuleError("experiment_immutable", message, f"experiments.{wanted.key}")


def _check_arms(catalogue: Catalogue, plan: Plan, experiment: Experiment, field: str) -> None:
    meters = {meter.key for meter in catalogue.meters}

    def check(price: Price, place: str) -> None:
        check_price(price, meters, place)

    keys(experiment.arms, f"{field}.arms")
    if len(experiment.arms) < _LEAST:
        raise RuleError("too_few_arms", "an experiment has two arms or more", f"{field}.arms")
    for n, arm in enumerate(experiment.arms):
        place = f"{field}.arms[{n}]"
        if arm.weight < 1:
            raise RuleError("not_positive", "a weight is 1 or more; leave the arm out", f"{place}.weight")
        if n == 0 and arm.overrides:
            message = "the first arm is the plan as it stands; put other prices into another arm"
            raise RuleError("control_differs", message, f"{place}.overrides")
        check_agreement(plan, arm.overrides, f"{place}.overrides", check)


def _overlap(one: Experiment, other: Experiment) -> bool:
    return _begin(one) < _end(other) and _begin(other) < _end(one)


def _begin(experiment: Experiment) -> datetime:
    return experiment.begins_at or _ALWAYS


def _end(experiment: Experiment) -> datetime:
    return experiment.ends_at or _EVER
