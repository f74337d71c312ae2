"""The keys of the access table.

| pk (behind `T#<tenant>#`)  | sk                    | item                                                  |
|----------------------------|-----------------------|-------------------------------------------------------|
| plans                      | PLAN#<key>#<00001>    | what a plan version grants, and what it costs         |
| access/<customer>          | SUB#<subscription>    | what the customer was granted through a subscription  |
| access/<customer>          | USED#<subscription>   | what its quotas have used                             |
"""

from __future__ import annotations

from billing.aws.table import aggregate_pk

Key = dict[str, str]


def plan_key(tenant: str, plan: str, version: int) -> Key:
    """What a plan version grants."""
    return {"pk": aggregate_pk(tenant, "plans"), "sk": f"PLAN#{plan}#{version:05}"}


def granted_key(tenant: str, customer: str, subscription: str) -> Key:
    """What a customer was granted through a subscription."""
    return {"pk": aggregate_pk(tenant, f"access/{customer}"), "sk": f"SUB#{subscription}"}


def used_key(tenant: str, customer: str, subscription: str) -> Key:
    """What the quotas of a subscription have used."""
    return {"pk": aggregate_pk(tenant, f"access/{customer}"), "sk": f"USED#{subscription}"}
