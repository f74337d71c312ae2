"""The keys and items of the sales table.

| pk (behind `T#<tenant>#`)   | sk                    | item                                              |
|-----------------------------|-----------------------|---------------------------------------------------|
| tenant/<tenant>             | TENANT                | projection: legal entities, clock                 |
| tenant/<tenant>             | CLOCK                 | projection: how far its test clock has advanced   |
| unmatched/<day>             | EVENT#<id>            | a usage event that counted for nobody, and why    |
| catalogue                   | FEATURE#<key>         | a feature                                         |
| catalogue                   | METER#<key>           | a meter                                           |
| catalogue                   | PLAN#<key>            | the version of a plan that is on sale             |
| plan/<key>                  | VERSION#<00001>       | an immutable version of a plan                    |
| customer/<id>               | CUSTOMER              | a customer                                        |
| customer/<id>               | SUB#<subscription>    | its subscriptions, for lists and roll-ups         |
| customer/<id>               | INV#<instant>#<no>#<id> | its invoices, for lists                           |
| customer/<id>               | BALANCE#<currency>    | money that belongs to it                          |
| customer/<id>               | ACCOUNT#<currency>#<instant>#<kind>#<entry> | what moved what it owes     |
| subscription/<id>           | SUBSCRIPTION          | a subscription; its next billing is due work      |
| subscription/<id>           | ROLLUP                | what its quotas were last said to have used       |
| subscription/<id>           | BILLED#<instant>      | the invoice of a billing moment: billed once      |
| invoice/<id>                | INVOICE               | an invoice with its lines                         |
| invoice/<id>                | CREDIT#<credit note>  | a credit note of it                               |
| invoice/<id>                | CREDITS               | counts them, so that they are decided in turn     |
| entity/<key>                | SERIES#<series>       | the last number of invoices or credit notes       |
| entity/<key>                | NUMBER#<series>#<00…1>| which document has this number                    |
| journal/<shard>             | ENTRY#<id>            | a journal entry                                   |
| `SOURCE#<source>` (no tenant: it is what names the tenant) | SOURCE | whose events these are       |
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from billing.aws.items import Item
from billing.aws.table import Key, Table, aggregate_pk
from billing.aws.wall import wall_now
from billing.aws.work import sortable
from billing.core.errors import NotFoundError, RuleError
from events.foundation import LegalEntity, TenantChangedV1


def tenant_key(tenant: str) -> Key:
    """The projection of a tenant."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "TENANT"}


def clock_key(tenant: str) -> Key:
    """How far a tenant's test clock has advanced."""
    return {"pk": aggregate_pk(tenant, f"tenant/{tenant}"), "sk": "CLOCK"}


def unmatched_key(tenant: str, day: str, event: str) -> Key:
    """A usage event that counted for nobody, by the day it came."""
    return {"pk": aggregate_pk(tenant, f"unmatched/{day}"), "sk": f"EVENT#{event}"}


def source_key(source: str) -> Key:
    """A registered source of the ingress bus."""
    return {"pk": f"SOURCE#{source}", "sk": "SOURCE"}


def catalogue_key(tenant: str, kind: str, key: str) -> Key:
    """A feature, meter, plan or coupon on sale; `kind` is FEATURE, METER, PLAN or COUPON."""
    return {"pk": aggregate_pk(tenant, "catalogue"), "sk": f"{kind}#{key}"}


def coupon_uses_key(tenant: str, coupon: str) -> Key:
    """How often a coupon was redeemed."""
    return {"pk": aggregate_pk(tenant, f"coupon/{coupon}"), "sk": "USES"}


def plan_version_key(tenant: str, plan: str, version: int) -> Key:
    """One version of a plan."""
    return {"pk": aggregate_pk(tenant, f"plan/{plan}"), "sk": f"VERSION#{version:05}"}


def customer_key(tenant: str, customer: str) -> Key:
    """A customer."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": "CUSTOMER"}


def customer_subscription_key(tenant: str, customer: str, subscription: str) -> Key:
    """A customer's subscription in its list."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": f"SUB#{subscription}"}


def customer_invoice_key(tenant: str, customer: str, at: datetime, number: str, invoice: str) -> Key:
    """A customer's invoice in its list, in the order of time and number."""
    sk = f"INV#{sortable(at)}#{number}#{invoice}"
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": sk}


def balance_key(tenant: str, customer: str, currency: str) -> Key:
    """A customer's balance in one currency."""
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": f"BALANCE#{currency}"}


def account_key(tenant: str, customer: str, currency: str, at: datetime, kind: int, entry: str) -> Key:
    """What moved a customer's account in one currency, in the order of time."""
    sk = f"{account_start(currency)}{sortable(at)}#{kind}#{entry}"
    return {"pk": aggregate_pk(tenant, f"customer/{customer}"), "sk": sk}


def account_start(currency: str) -> str:
    """Before everything that moved an account."""
    return f"ACCOUNT#{currency}#"


def account_end(currency: str, until: datetime | None = None) -> str:
    """Behind everything that moved an account, or did so before an instant."""
    return f"{account_start(currency)}{sortable(until) if until else '~'}"


def subscription_key(tenant: str, subscription: str) -> Key:
    """A subscription."""
    return {"pk": aggregate_pk(tenant, f"subscription/{subscription}"), "sk": "SUBSCRIPTION"}


def rollup_key(tenant: str, subscription: str) -> Key:
    """What a subscription's quotas were last said to have used."""
    return {"pk": aggregate_pk(tenant, f"subscription/{subscription}"), "sk": "ROLLUP"}


def moment_key(tenant: str, subscription: str, at: datetime) -> Key:
    """The mark that a billing moment of a subscription was billed."""
    pk = aggregate_pk(tenant, f"subscription/{subscription}")
    return {"pk": pk, "sk": f"BILLED#{sortable(at)}"}


def rated_key(tenant: str, subscription: str, at: datetime) -> Key:
    """What the usage of a billing moment was billed as."""
    pk = aggregate_pk(tenant, f"subscription/{subscription}")
    return {"pk": pk, "sk": f"RATED#{sortable(at)}"}


def invoice_key(tenant: str, invoice: str) -> Key:
    """An invoice."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": "INVOICE"}


def credit_note_key(tenant: str, invoice: str, note: str) -> Key:
    """A credit note, beside its invoice."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": f"CREDIT#{note}"}


def credits_key(tenant: str, invoice: str) -> Key:
    """The counter of an invoice's credit notes."""
    return {"pk": aggregate_pk(tenant, f"invoice/{invoice}"), "sk": "CREDITS"}


def series_key(tenant: str, entity: str, series: str) -> Key:
    """The counter of a number series."""
    return {"pk": aggregate_pk(tenant, f"entity/{entity}"), "sk": f"SERIES#{series}"}


def number_key(tenant: str, entity: str, series: str, number: int) -> Key:
    """Which document has a number."""
    pk = aggregate_pk(tenant, f"entity/{entity}")
    return {"pk": pk, "sk": f"NUMBER#{series}#{number:09}"}


def found(table: Table, key: Key, what: str) -> Item:
    """An item that a request names; NotFoundError `<what>_not_found` where there is none."""
    item = table.get(key["pk"], key["sk"])
    if item is None:
        raise NotFoundError(f"{what}_not_found", f"there is no such {what}")
    return item


def tenant_state(table: Table, tenant: str) -> TenantChangedV1:
    """What foundation said last of a tenant."""
    item = found(table, tenant_key(tenant), "tenant")
    return TenantChangedV1.model_validate(item["state"])


def tenant_now(table: Table, tenant: str) -> tuple[datetime, str | None]:
    """The time a tenant lives in and the test clock it comes from, for work no request began."""
    state = tenant_state(table, tenant)
    if state.clock is None or state.clock_now is None:
        return wall_now(), None
    advanced = table.get(**clock_key(tenant))
    now = datetime.fromisoformat(advanced["now"]) if advanced else state.clock_now
    return max(now, state.clock_now), state.clock


def legal_entity(table: Table, tenant: str, key: str | None) -> LegalEntity:
    """A tenant's legal entity; its first one where none is named."""
    entities = tenant_state(table, tenant).legal_entities
    for entity in entities:
        if key in {None, entity.key}:
            return entity
    raise RuleError("unknown_legal_entity", f"one of: {', '.join(e.key for e in entities)}", "legal_entity")


def clean(data: dict[str, Any]) -> dict[str, Any]:
    """Data without absent fields, as items keep it."""
    return {name: value for name, value in data.items() if value is not None}
