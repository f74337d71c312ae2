"""The keys of the access table.

| pk (behind `T#<tenant>#`)  | sk                    | item                                                  |
|----------------------------|-----------------------|-------------------------------------------------------|
| plans                      | PLAN#<key>#<00001>    | what a plan version grants, and what it costs         |
| add_ons                    | ADD_ON#<key>#<00001>  | what an add-on version grants                         |
| access/<customer>          | SUB#<subscription>    | what the customer was granted through a subscription  |
| access/<customer>          | USED#<subscription>   | what its quotas have used                             |
| access/<customer>          | UNPAID#<invoice>      | an overdue invoice, and from when it restricts        |
| access/<customer>          | DENIED#<feature>      | the refusal that was told last                        |
| settled/<invoice>          | SETTLED               | nothing is due on it: it cannot become overdue        |
| policy                     | RESTRICTION           | when an overdue invoice ends access                   |
"""

from __future__ import annotations

from billing.aws.table import Key, item_key


def plan_key(tenant: str, plan: str, version: int) -> Key:
    """What a plan version grants."""
    return item_key(tenant, "plans", f"PLAN#{plan}#{version:05}")


def add_on_key(tenant: str, add_on: str, version: int) -> Key:
    """What an add-on version grants."""
    return item_key(tenant, "add_ons", f"ADD_ON#{add_on}#{version:05}")


def granted_key(tenant: str, customer: str, subscription: str) -> Key:
    """What a customer was granted through a subscription."""
    return item_key(tenant, f"access/{customer}", f"SUB#{subscription}")


def used_key(tenant: str, customer: str, subscription: str) -> Key:
    """What the quotas of a subscription have used."""
    return item_key(tenant, f"access/{customer}", f"USED#{subscription}")


def unpaid_key(tenant: str, customer: str, invoice: str) -> Key:
    """An overdue invoice of a customer."""
    return item_key(tenant, f"access/{customer}", f"UNPAID#{invoice}")


def denied_key(tenant: str, customer: str, feature: str) -> Key:
    """The refusal of a feature that was told last."""
    return item_key(tenant, f"access/{customer}", f"DENIED#{feature}")


def settled_key(tenant: str, invoice: str) -> Key:
    """The mark of an invoice on which nothing is due."""
    return item_key(tenant, f"settled/{invoice}", "SETTLED")


def policy_key(tenant: str) -> Key:
    """The seller's restriction policy."""
    return item_key(tenant, "policy", "RESTRICTION")
