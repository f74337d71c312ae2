"""Routes of what is collected, and of the books it is in."""

from __future__ import annotations

from datetime import datetime

from billing.aws.bodies import Amount, View
from billing.aws.http import Api
from billing.aws.table import Table, own_table
from billing.core.collection import Collection
from billing.core.instants import instant_text
from billing.core.payment import Attempt
from billing.core.refund import Refund
from payments import books, collecting, providers
from payments.attempts import amount_of, attempts_of
from payments.items import stored_collection
from payments.refund_items import refunds_of
from payments.routes.refunds import RefundView


class AttemptView(View):
    """One try to collect; `action_url` is where the customer must act."""

    id: str
    number: int
    status: str
    amount: Amount
    method: str
    created_at: str
    provider: str
    provider_ref: str | None = None
    reason: str | None = None
    code: str | None = None
    action_url: str | None = None

    @classmethod
    def of(cls, attempt: Attempt) -> AttemptView:
        """An attempt as an answer."""
        return cls(
            id=attempt.id,
            number=attempt.number,
            status=attempt.status,
            amount=Amount(**amount_of(attempt).to_data()),
            method=attempt.method,
            created_at=instant_text(attempt.created_at),
            provider=attempt.provider,
            provider_ref=attempt.provider_ref,
            reason=attempt.reason,
            code=attempt.raw_code,
            action_url=attempt.action_url,
        )


class InstalmentView(View):
    """A dated part of an invoice, and what of it is still to be collected."""

    due_at: str
    amount: Amount
    due: Amount


class CollectionView(View):
    """What is collected for an invoice, and every try so far."""

    invoice: str
    number: str
    customer: str
    status: str
    due: Amount
    received: Amount
    due_now: Amount  # less than what is still to be received where instalments lie ahead
    next_step_at: str | None = None  # of the dunning schedule
    held: bool = False
    attempts: list[AttemptView]
    refunds: list[RefundView]
    instalments: list[InstalmentView] = []  # what balance paid when it was issued is not among them

    @classmethod
    def of(
        cls, collection: Collection, attempts: list[Attempt], refunds: list[Refund], now: datetime
    ) -> CollectionView:
        """A collection as an answer."""
        currency, next_step_at = collection.currency, collection.step_due_at
        return cls(
            invoice=collection.invoice,
            number=collection.number,
            customer=collection.customer,
            status=collection.status,
            due=_amount(collection.due_minor, currency),
            received=_amount(collection.received_minor, currency),
            due_now=_amount(collection.due_by(now).minor if collection.open else 0, currency),
            next_step_at=instant_text(next_step_at) if next_step_at else None,
            held=bool(collection.holds),
            attempts=[AttemptView.of(attempt) for attempt in attempts],
            refunds=[RefundView.of(refund) for refund in refunds],
            instalments=[
                InstalmentView(
                    due_at=instant_text(part.due_at),
                    amount=_amount(part.amount.minor, currency),
                    due=_amount(left if collection.open else 0, currency),
                )
                for part, left in zip(collection.instalments, collection.left, strict=True)
            ],
        )


class BooksView(View):
    """Balances by currency and account in minor units, and whether every currency sums to zero."""

    sound: bool
    balances: dict[str, dict[str, int]]


class DifferenceView(View):
    """Money that one side knows otherwise; minor units, absent where that side knows nothing."""

    kind: str
    about: str
    currency: str
    ours: int | None = None
    theirs: int | None = None


class ReconciliationView(View):
    """How many payments agree with the provider's own list, and each one that does not."""

    agrees: bool
    matched: int
    differences: list[DifferenceView]


def _amount(minor: int, currency: str) -> Amount:
    return Amount(minor=minor, currency=currency)


def _collection(table: Table, tenant: str, collection: Collection, now: datetime) -> CollectionView:
    attempts = [stored.attempt for stored in attempts_of(table, tenant, collection.invoice)]
    return CollectionView.of(collection, attempts, refunds_of(table, tenant, collection.invoice), now)


def register(api: Api) -> None:
    """Add the routes."""

    @api.get("/payments/invoices/<invoice>", scope="payments:read")
    def read_collection(invoice: str) -> CollectionView:  # pyright: ignore[reportUnusedFunction]
        """How far an invoice is collected, with every attempt and refund."""
        table, tenant = own_table(), api.identity.tenant
        collection, _ = stored_collection(table, tenant, invoice)
        return _collection(table, tenant, collection, api.context.now)

    @api.post("/payments/invoices/<invoice>/payoff", scope="payments:write", status=202)
    def pay_off(invoice: str) -> CollectionView:  # pyright: ignore[reportUnusedFunction]
        """Collect all that is left of an invoice now, instalments that are not due yet too.

        With the customer's default method; where it fails, what is not due is left to its dates.
        """
        collection = collecting.pay_off(api.changes(), invoice)
        return _collection(own_table(), api.identity.tenant, collection, api.context.now)

    @api.get("/payments/books", scope="payments:read")
    def read_books() -> BooksView:  # pyright: ignore[reportUnusedFunction]
        """The balances of payments."""
        found = books.read_books(own_table(), api.identity.tenant)
        balances = {
            currency: {account.value: minor for account, minor in accounts.items()}
            for currency, accounts in found.balances.items()
        }
        return BooksView(sound=found.sound, balances=balances)

    @api.get("/payments/reconciliation", scope="payments:read")
    def reconcile() -> ReconciliationView:  # pyright: ignore[reportUnusedFunction]
        """Our books beside the provider's own list of charges."""
        tenant = api.identity.tenant
        matched, differences = books.reconcile(own_table(), tenant, providers.provider_of(tenant))
        views = [
            DifferenceView(kind=d.kind, about=d.about, currency=d.currency, ours=d.ours, theirs=d.theirs)
            for d in differences
        ]
        return ReconciliationView(agrees=not views, matched=matched, differences=views)
