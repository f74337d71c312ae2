"""The question of every product, whether this customer may do that, and its answer."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from access import grants
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.entitlements import Decision
from billing.core.quantities import parse_decimal

handler = api = Api("access", "Access")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.:-]{0,119}$")]


class CheckBody(BaseModel):
    """Who wants to use how much of what."""

    model_config = ConfigDict(extra="forbid")

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


@api.ask("/access/check", scope="access:check")
def check_access(body: CheckBody) -> DecisionView:
    """Whether a customer may use a feature."""
    table, tenant, now = own_table(), api.identity.tenant, api.context.now
    customer = grants.customer_id(tenant, body.customer)
    quantity = parse_decimal(body.quantity, "body.quantity")
    decision = grants.check(table, tenant, customer, body.feature, at=now, quantity=quantity)
    lifts = None if decision.allowed else grants.lifting(table, tenant, customer, body.feature)
    return DecisionView.of(decision, lifts)


@api.get("/access/customers/<customer>", scope="access:read")
def read_access(customer: str) -> list[DecisionView]:
    """Every feature the customer was granted, with what remains."""
    tenant = api.identity.tenant
    known = grants.customer_id(tenant, customer)
    return [DecisionView.of(d) for d in grants.overview(own_table(), tenant, known, at=api.context.now)]
