"""The keys and items of the sales table.

| pk (behind `T#<tenant>#`)   | sk                    | item                                              |
|-----------------------------|-----------------------|---------------------------------------------------|
| tenant/<tenant>             | TENANT                | projection: legal entities, clock                 |
| tenant/<tenant>             | CLOCK                 | projection: how far its test clock has advanced   |
| unmatched/<day>             | EVENT#<id>            | a usage event that counted for nobody, and why    |
| catalogue                   | REVISION              | how often it was published                        |
| catalogue                   | FEATURE#<key>         | a feature                                         |
| catalogue                   | METER#<key>           | a meter                                           |
| catalogue                   | PLAN#<key>            | the version of a plan that is on sale             |
| plan/<key>                  | VERSION#<00001>       | an immutable version of a plan                    |
| add_on/<key>, bundle/<key>  | VERSION#<00001>       | the same of an add-on, of a bundle                |
| coupon/<key>                | USES                  | how often a coupon with a cap was redeemed        |
| coupon/<key>                | USE#<subscription>    | one use of a coupon without a cap                 |
| experiment/<key>            | SUB#<customer>#<subscription> | which arm a subscription began in         |
| subscribers/<plan>@<n>      | SUB#<subscription>    | who is on a version of a plan                     |
| migrations                  | MIGRATION#<id>        | subscribers on their way to another version       |
| migration/<id>              | SUB#<subscription>    | one of them; or why it is left alone              |
| customer/<id>               | CUSTOMER              | a customer                                        |
| customer/<id>               | SUB#<subscription>    | its subscriptions, for lists and roll-ups         |
| customer/<id>               | INV#<instant>#<no>#<id> | its invoices, for lists                           |
| customer/<id>               | NEWCOMER              | what was given to it as a new customer, once      |
| customer/<id>               | OVERRIDES#<plan>      | what it agreed on for a plan                      |
| customer/<id>               | METHOD                | projection: what it can be charged by, if anything |
| customer/<id>               | BALANCE#<currency>    | money that belongs to it                          |
| customer/<id>               | BALANCE#<currency>#CREDIT#<id> | promotional credit; read with the balance |
| customer/<id>               | COVERED#<currency>#<end> | the lines it paid of, by the end of their periods |
| customer/<id>               | ACCOUNT#<currency>#<instant>#<kind>#<entry> | what moved what it owes     |
| subscription/<id>           | SUBSCRIPTION          | a subscription; its next billing is due work      |
| subscription/<id>           | ROLLUP                | what its quotas were last said to have used       |
| subscription/<id>           | SEAT#<person>         | a seat that a person has                          |
| subscription/<id>           | SEATS                 | how many seats are assigned                       |
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

from billing.aws.table import Key, Table, item_key
from billing.aws.tenants import tenant_state
from billing.aws.work import sortable
from billing.core.errors import RuleError
from events.foundation import LegalEntity


def unmatched_key(tenant: str, day: str, event: str) -> Key:
    """A usage event that counted for nobody, by the day it came."""
    return item_key(tenant, f"unmatched/{day}", f"EVENT#{event}")


def source_key(source: str) -> Key:
    """A registered source of the ingress bus."""
    return {"pk": f"SOURCE#{source}", "sk": "SOURCE"}


def catalogue_key(tenant: str, kind: str, key: str) -> Key:
    """What is on sale; `kind` is FEATURE, METER, PLAN, COUPON, PROMOTION and so on."""
    return item_key(tenant, "catalogue", f"{kind}#{key}")


def catalogue_revision_key(tenant: str) -> Key:
    """How often the catalogue was published."""
    return item_key(tenant, "catalogue", "REVISION")


def subscriber_key(tenant: str, plan: str, version: int, subscription: str) -> Key:
    """A subscription among those on a version of a plan."""
    return item_key(tenant, f"subscribers/{plan}@{version}", f"SUB#{subscription}")


def participant_key(tenant: str, experiment: str, customer: str, subscription: str) -> Key:
    """Which arm of an experiment a subscription began in."""
    return item_key(tenant, f"experiment/{experiment}", f"SUB#{customer}#{subscription}")


def migration_key(tenant: str, migration: str) -> Key:
    """A migration."""
    return item_key(tenant, "migrations", f"MIGRATION#{migration}")


def migrated_key(tenant: str, migration: str, subscription: str) -> Key:
    """What a migration did for one subscriber."""
    return item_key(tenant, f"migration/{migration}", f"SUB#{subscription}")


def coupon_uses_key(tenant: str, coupon: str) -> Key:
    """How often a coupon with a cap was redeemed."""
    return item_key(tenant, f"coupon/{coupon}", "USES")


def coupon_use_key(tenant: str, coupon: str, subscription: str) -> Key:
    """That a subscription redeemed a coupon without a cap."""
    return item_key(tenant, f"coupon/{coupon}", f"USE#{subscription}")


def plan_version_key(tenant: str, plan: str, version: int) -> Key:
    """One version of a plan."""
    return version_key(tenant, "plan", plan, version)


def version_key(tenant: str, kind: str, key: str, version: int) -> Key:
    """One version of a plan, an add-on or a bundle."""
    return item_key(tenant, f"{kind}/{key}", f"VERSION#{version:05}")


def customer_key(tenant: str, customer: str) -> Key:
    """A customer."""
    return item_key(tenant, f"customer/{customer}", "CUSTOMER")


def customer_subscription_key(tenant: str, customer: str, subscription: str) -> Key:
    """A customer's subscription in its list."""
    return item_key(tenant, f"customer/{customer}", f"SUB#{subscription}")


def customer_invoice_key(tenant: str, customer: str, at: datetime, number: str, invoice: str) -> Key:
    """A customer's invoice in its list, in the order of time and number."""
    return item_key(tenant, f"customer/{customer}", f"INV#{sortable(at)}#{number}#{invoice}")


def balance_key(tenant: str, customer: str, currency: str) -> Key:
    """A customer's balance in one currency."""
    return item_key(tenant, f"customer/{customer}", f"BALANCE#{currency}")


def promotional_credit_key(tenant: str, customer: str, currency: str, credit: str) -> Key:
    """A promotional credit, behind the balance of its currency."""
    return item_key(tenant, f"customer/{customer}", f"BALANCE#{currency}#CREDIT#{credit}")


def covered_key(tenant: str, customer: str, currency: str, end: str) -> Key:
    """What credit paid of the lines whose periods end at an instant."""
    return item_key(tenant, f"customer/{customer}", f"COVERED#{currency}#{end}")


def account_key(tenant: str, customer: str, currency: str, at: datetime, kind: int, entry: str) -> Key:
    """What moved a customer's account in one currency, in the order of time."""
    sk = f"{account_start(currency)}{sortable(at)}#{kind}#{entry}"
    return item_key(tenant, f"customer/{customer}", sk)


def account_start(currency: str) -> str:
    """Before everything that moved an account."""
    return f"ACCOUNT#{currency}#"


def account_end(currency: str, until: datetime | None = None) -> str:
    """Behind everything that moved an account, or did so before an instant."""
    return f"{account_start(currency)}{sortable(until) if until else '~'}"


def newcomer_key(tenant: str, customer: str) -> Key:
    """That a customer was given what new ones are."""
    return item_key(tenant, f"customer/{customer}", "NEWCOMER")


def overrides_key(tenant: str, customer: str, plan: str) -> Key:
    """What a customer agreed on for a plan."""
    return item_key(tenant, f"customer/{customer}", f"OVERRIDES#{plan}")


def method_key(tenant: str, customer: str) -> Key:
    """The projection of what a customer can be charged by."""
    return item_key(tenant, f"customer/{customer}", "METHOD")


def subscription_key(tenant: str, subscription: str) -> Key:
    """A subscription."""
    return item_key(tenant, f"subscription/{subscription}", "SUBSCRIPTION")


def seat_key(tenant: str, subscription: str, person: str) -> Key:
    """A person's seat."""
    return item_key(tenant, f"subscription/{subscription}", f"SEAT#{person}")


def seats_key(tenant: str, subscription: str) -> Key:
    """How many seats are assigned."""
    return item_key(tenant, f"subscription/{subscription}", "SEATS")


def rollup_key(tenant: str, subscription: str) -> Key:
    """What a subscription's quotas were last said to have used."""
    return item_key(tenant, f"subscription/{subscription}", "ROLLUP")


def moment_key(tenant: str, subscription: str, at: datetime) -> Key:
    """The mark that a billing moment of a subscription was billed."""
    return item_key(tenant, f"subscription/{subscription}", f"BILLED#{sortable(at)}")


def rated_key(tenant: str, subscription: str, at: datetime, invoice: str) -> Key:
    """What the usage of an instant was billed as, on one of its invoices."""
    return item_key(tenant, f"subscription/{subscription}", f"RATED#{sortable(at)}#{invoice}")


def invoice_key(tenant: str, invoice: str) -> Key:
    """An invoice."""
    return item_key(tenant, f"invoice/{invoice}", "INVOICE")


def credit_note_key(tenant: str, invoice: str, note: str) -> Key:
    """A credit note, beside its invoice."""
    return item_key(tenant, f"invoice/{invoice}", f"CREDIT#{note}")


def credits_key(tenant: str, invoice: str) -> Key:
    """The counter of an invoice's credit notes."""
    return item_key(tenant, f"invoice/{invoice}", "CREDITS")


def series_key(tenant: str, entity: str, series: str) -> Key:
    """The counter of a number series."""
    return item_key(tenant, f"entity/{entity}", f"SERIES#{series}")


def number_key(tenant: str, entity: str, series: str, number: int) -> Key:
    """Which document has a number."""
    return item_key(tenant, f"entity/{entity}", f"NUMBER#{series}#{number:09}")


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
