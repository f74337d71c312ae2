"""The HTTP routes of messaging: what was told to whom, what they want to hear, and what is never sent."""

from __future__ import annotations

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, StringConstraints

from billing.aws.bodies import Command
from billing.aws.cursor import first_page, read_cursor
from billing.aws.http import Api
from billing.aws.table import aggregate_pk, found, own_table
from billing.core.ids import customer_id
from billing.core.instants import instant_text
from messaging import notices, preferences, suppression, unsubscribing
from messaging.notices import EMAIL, Notice
from messaging.preferences import Preferences
from messaging.store import customer_key
from messaging.suppression import Cause

handler = api = Api("messaging", "Messaging")

PAGE = 50
Address = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s\x00-\x1f\x7f,;<>]+@[^@\s\x00-\x1f\x7f,;<>]+$"),
]


class PreferencesBody(Command):
    """What a customer wants to hear. Notices about money always come."""

    account: bool = True
    offers: bool = True


class NoticeView(BaseModel):
    """A notice and what became of it; the address it went to is not repeated."""

    id: str
    customer: str
    template: str
    category: str
    channel: str
    status: str
    reason: str | None = None
    invoice: str | None = None
    at: str
    sent_at: str | None = None

    @classmethod
    def of(cls, notice: Notice) -> NoticeView:
        """A notice as an answer."""
        return cls(
            id=notice.id,
            customer=notice.facts.customer,
            template=notice.template,
            category=notice.rule.category.value,
            channel=EMAIL,
            status=notice.status.value,
            reason=notice.reason,
            invoice=notice.facts.invoice,
            at=instant_text(notice.at),
            sent_at=instant_text(notice.sent_at) if notice.sent_at else None,
        )


class NoticeList(BaseModel):
    """A page of notices, newest first; `next` goes on behind it."""

    notices: list[NoticeView]
    next: str | None = None


class SuppressionBody(Command):
    """An address nothing shall be sent to any more, and why."""

    address: Address
    cause: Cause = Cause.REQUEST


class SuppressionView(BaseModel):
    """The id an address is suppressed by; it lifts the suppression again."""

    id: str


@api.get("/messaging/customers/<customer>/preferences", scope="messaging:read")
def read_preferences(customer: str) -> PreferencesBody:
    """What a customer wants to hear."""
    wanted, _ = preferences.stored(own_table(), api.identity.tenant, _known(customer))
    return PreferencesBody(**wanted.to_data())


@api.put("/messaging/customers/<customer>/preferences", scope="messaging:write")
def change_preferences(customer: str, body: PreferencesBody) -> PreferencesBody:
    """Replace what a customer wants to hear."""
    preferences.change(api.changes(), _known(customer), Preferences(**body.model_dump()))
    return body


@api.get("/messaging/customers/<customer>/notices", scope="messaging:read")
def list_notices(customer: str, cursor: str | None = None) -> NoticeList:
    """What a customer was told, newest first."""
    table, tenant = own_table(), api.identity.tenant
    pk = aggregate_pk(tenant, f"customer/{_known(customer)}")
    listed = table.query(pk, "NOTICE#", after=read_cursor(cursor, "NOTICE#"), newest_first=True)
    page, behind = first_page(listed, PAGE)
    found_ = [notices.stored(table, tenant, item["notice"])[0] for item in page]
    return NoticeList(notices=[NoticeView.of(notice) for notice in found_], next=behind)


@api.get("/messaging/notices/<notice>", scope="messaging:read")
def read_notice(notice: str) -> NoticeView:
    """A notice and what became of it."""
    return NoticeView.of(notices.stored(own_table(), api.identity.tenant, notice)[0])


@api.post("/messaging/notices/<notice>/resend", scope="messaging:write", status=202)
def resend_notice(notice: str) -> NoticeView:
    """Send a notice again; one that is stale by now is still not sent."""
    return NoticeView.of(notices.resend(api.changes(), notice))


@api.post("/messaging/suppressions", scope="messaging:write", status=201)
def suppress_address(body: SuppressionBody) -> SuppressionView:
    """Send nothing to an address any more."""
    known_as = suppression.suppress(api.changes(), body.address, body.cause, key=api.key)
    return SuppressionView(id=known_as)


@api.delete("/messaging/suppressions/<suppressed>", scope="messaging:write")
def allow_address(suppressed: str) -> SuppressionView:
    """Send to an address again."""
    suppression.allow(api.changes(), suppressed)
    return SuppressionView(id=suppressed)


@api.resolver.get("/messaging/unsubscribe/<token>", include_in_schema=False)
def ask_to_unsubscribe(token: str) -> Response[str]:
    """The page behind the link of an offer; open to whoever has it."""
    return _html(unsubscribing.question(own_table(), token))


@api.resolver.post("/messaging/unsubscribe/<token>", include_in_schema=False)
def unsubscribe(token: str) -> Response[str]:
    """No more offers: by the page's button, or by a mail program's own (RFC 8058)."""
    return _html(unsubscribing.no_more_offers(own_table(), token, f"request/{api.request.id}"))


def _html(body: str) -> Response[str]:
    return Response(200, "text/html; charset=utf-8", body)


def _known(customer: str) -> str:
    """The id of a customer that messaging has heard of."""
    tenant = api.identity.tenant
    known = customer_id(tenant, customer)
    found(own_table(), customer_key(tenant, known), "customer")
    return known
