"""Use case of the link in a mail: where a person goes to pay an invoice, without a credential of ours."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.context import Context
from billing.aws.settings import optional
from billing.aws.table import Table
from billing.aws.wall import wall_now
from billing.core.errors import NotFoundError
from billing.core.payment import AttemptStatus
from payments import methods, notifications
from payments.attempts import stored_attempt
from payments.items import customer_item, stored_collection
from payments.provider import PaymentProvider
from payments.store import tenant_now

_SAME_PAGE = "%Y-%m-%dT%H"  # the link leads to the same page for an hour, however often it is opened


def page_to_pay(table: Table, tenant: str, invoice: str, provider: PaymentProvider) -> str:
    """Where to act on the attempt under way, or a hosted page: a method saved there is charged at once."""
    collection, _ = stored_collection(table, tenant, invoice)
    if not collection.open:
        raise NotFoundError("nothing_to_pay", "this invoice is settled")
    if collection.acting:
        attempt = stored_attempt(table, tenant, invoice, collection.attempts).attempt
        if attempt.status is AttemptStatus.REQUIRES_ACTION and attempt.action_url:
            return attempt.action_url
    now, clock = tenant_now(table, tenant)
    cause = f"link/{invoice}/{wall_now():{_SAME_PAGE}}"
    changes = Changes(table, Context(tenant, now, "customer/link", cause, cause, clock))
    notifications.watch(changes, provider)
    known = customer_item(table, tenant, collection.customer)
    back = known.get("return_url") or optional("PUBLIC_URL")
    url = methods.begin_setup(changes, provider, collection.customer, back, key=cause)
    changes.commit()
    return url
