"""Notices: recorded once for an event, then moved on to what became of them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from billing.aws.changes import Changes
from billing.aws.items import Item
from billing.aws.table import Table, found
from billing.aws.wall import wall_now
from billing.core.errors import RuleError
from billing.core.ids import derived_id
from billing.core.record import Record
from events.base import Event, Message
from messaging.commands import SendNoticeV1
from messaging.facts import Facts
from messaging.projections import has_document
from messaging.rules import BY_TEMPLATE, Category, Rule
from messaging.store import cap_key, customer_notice_key, notice_key, unsubscribe_key

QUEUE = "send"
EMAIL = "email"


class Status(StrEnum):
    """How far a notice came."""

    WAITING = "waiting"
    SENDING = "sending"  # claimed until its lease ends
    SENT = "sent"
    DROPPED = "dropped"  # on purpose: stale, not wanted, or no address to send to
    FAILED = "failed"  # the mail service refused it for good
    LOST = "lost"  # a crash leaves open whether it went, and it is not sent again


@dataclass(frozen=True, slots=True)
class Notice(Record):
    """Something to tell a customer. It holds no personal data."""

    id: str
    template: str
    facts: Facts
    at: datetime  # business time
    recorded_at: datetime  # wall time of its event
    status: Status = Status.WAITING
    round: int = 1  # one more with every resend
    lease_until: datetime | None = None  # wall time
    reason: str | None = None
    sent_at: datetime | None = None  # wall time
    mail: str | None = None  # the mail service's id
    token: str | None = None  # of the link that ends such notices
    documented: bool = False  # a document tells the same, if its invoice has any

    @property
    def rule(self) -> Rule:
        """What it was made by."""
        return BY_TEMPLATE[self.template]

    def claimed(self, now: datetime) -> bool:
        """Whether somebody is sending it at this moment of wall time."""
        return self.status is Status.SENDING and self.lease_until is not None and now < self.lease_until


def record(changes: Changes, rule: Rule, event: Event, message: Message) -> None:
    """Note what an event tells, and let it be sent. The same event tells it once, however often it comes."""
    facts, tenant = rule.facts(event), message.tenant
    if facts is None:
        return
    documented = rule.documented is not None and rule.documented(event)
    if documented and has_document(changes.table, tenant, facts.invoice):
        return
    notice = Notice(
        id=derived_id("ntc", tenant, message.id, facts.customer, rule.template),
        template=rule.template,
        facts=facts,
        at=facts.at or message.time,
        recorded_at=message.recorded_at,
        documented=documented,
    )
    known = changes.table.get(**notice_key(tenant, notice.id)) is not None
    if known or not _may_again(changes, rule, facts, message.time):
        return
    if rule.category is Category.OFFERS:
        notice = replace(notice, token=_way_out(changes, facts.customer))
    write(changes, notice, seen=None)
    listed = customer_notice_key(tenant, facts.customer, notice.at, notice.id)
    changes.put({**listed, "notice": notice.id}, seen=None, label="notice list")
    _let_go(changes, notice)


def resend(changes: Changes, notice_id: str) -> Notice:
    """Tell it again because somebody asks; what is stale by now is still not told."""
    notice, seen = stored(changes.table, changes.context.tenant, notice_id)
    if notice.claimed(wall_now()):
        raise RuleError("notice_under_way", "it is being sent just now; ask again in a minute")
    again = replace(notice, status=Status.WAITING, reason=None, lease_until=None, round=notice.round + 1)
    write(changes, again, seen=seen)
    _let_go(changes, again)
    return again


def stored(table: Table, tenant: str, notice: str) -> tuple[Notice, int]:
    """A notice and the version of its item."""
    item = found(table, notice_key(tenant, notice), "notice")
    return Notice.from_data(item["data"]), item["version"]


def write(changes: Changes, notice: Notice, *, seen: int | None) -> None:
    """Store a notice as it is now."""
    item: Item = {**notice_key(changes.context.tenant, notice.id), "data": notice.to_data()}
    changes.put(item, seen=seen, label="notice")


def _may_again(changes: Changes, rule: Rule, facts: Facts, at: datetime) -> bool:
    """Whether enough time has passed since the customer was last told the same; remembers that it is now."""
    if rule.cap is None:
        return True
    key = cap_key(changes.context.tenant, facts.customer, rule.template, facts.feature or "")
    last = changes.table.get(**key)
    if last and abs(at - datetime.fromisoformat(last["at"])) < rule.cap:
        return False
    item: Item = {**key, "at": at.isoformat()}
    changes.put(item, seen=last["version"] if last else None, label="cap")
    return True


def _way_out(changes: Changes, customer: str) -> str:
    """A link's token by which its reader alone ends such notices, without signing in."""
    token = secrets.token_urlsafe(24)
    item: Item = {**unsubscribe_key(token), "tenant": changes.context.tenant, "customer": customer}
    changes.put(item, seen=None, label="unsubscribe")
    return token


def _let_go(changes: Changes, notice: Notice) -> None:
    command = SendNoticeV1(notice=notice.id)
    changes.send(QUEUE, command, subject=f"notice/{notice.id}", about=str(notice.round))
