"""The question of every product, whether this customer may do that, and its answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from access import decisions, restrictions
from access.decisions import Question
from billing.aws import operations
from billing.aws.bodies import Command
from billing.aws.changes import Changes
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.entitlements import Decision, RestrictionPolicy
from billing.core.ids import customer_id
from billing.core.quantities import parse_decimal

handler = api = Api("access", "Access")
operations.register(api)

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}$")]


class CheckBody(Command):
    """Who wants to use how much of what."""

    customer: Name
    feature: Name
    quantity: str = "1"


class DecisionView(BaseModel):
    """The decision, its reason, what remains, and what would lift a refusal. Decimals as text."""

    allowed: bool
    reason: str
    feature: str
    plan: str | None = None
    limit: str | None = None
    used: str | None = None
    remaining: str | None = None
    lifts: str | None = None

    @classmethod
    def of(cls, decision: Decision, lifts: str | None = None) -> DecisionView:
        """A decision as an answer."""
        return cls(**decision.to_data(), lifts=lifts)


class PolicyBody(Command):
    """When an overdue invoice ends access (days after it became overdue; null: never), and what stays."""

    after_days: Annotated[int, Field(ge=0, le=365)] | None
    keeps: list[Name] = Field(default=[], max_length=50)


@api.ask("/access/check", scope="access:check")
def check_access(body: CheckBody) -> DecisionView:
    """Whether a customer may use a feature."""
    quantity = parse_decimal(body.quantity, "body.quantity")
    customer = customer_id(api.identity.tenant, body.customer)
    changes = Changes(own_table(), api.context)
    decision, offer = decisions.check(changes, Question(customer, body.feature, quantity))
    return DecisionView.of(decision, offer.plan if offer else None)


@api.get("/access/customers/<customer>", scope="access:read")
def read_access(customer: str) -> list[DecisionView]:
    """Every feature the customer was granted, with what remains."""
    tenant = api.identity.tenant
    known = customer_id(tenant, customer)
    return [DecisionView.of(d) for d in decisions.overview(own_table(), tenant, known, at=api.context.now)]


@api.get("/access/policy", scope="access:read")
def read_policy() -> PolicyBody:
    """When an overdue invoice ends access."""
    found = restrictions.policy(own_table(), api.identity.tenant)
    return PolicyBody(after_days=found.after_days, keeps=list(found.keeps))


@api.put("/access/policy", scope="access:write")
def set_policy(body: PolicyBody) -> PolicyBody:
    """Decide when an overdue invoice ends access; it holds for those that become overdue from now on."""
    restrictions.set_policy(api.changes(), RestrictionPolicy(body.after_days, tuple(body.keeps)))
    return body
