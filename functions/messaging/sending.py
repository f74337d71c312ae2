"""Sending a notice: claimed with a lease, checked once more, sent once, marked.

| a crash                       | what the notice is then | what happens                                  |
|-------------------------------|-------------------------|-----------------------------------------------|
| before the claim              | waiting                 | its message comes again                       |
| between claim and mark        | sending                 | after the lease: money matters are sent again |
|                               |                         | (at least once), offers are not (at most once)|
| after the mark                | sent                    | nothing                                       |

An answer of the mail service that was lost is decided likewise, without waiting: the lease ends at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from billing.aws.changes import Changes
from billing.aws.observability import logger
from billing.aws.queue import NotYetError
from billing.aws.table import Table
from billing.aws.wall import wall_now
from events.messaging import NoticeSentV1
from messaging import mail, notices, writing
from messaging.known import Known, known_for
from messaging.links import unsubscribe_link
from messaging.notices import EMAIL, Notice, Status
from messaging.preferences import wants
from messaging.rules import Category
from messaging.suppression import is_suppressed

# Longer than a call to the mail service can take, shorter than its message is tried for.
LEASE = timedelta(seconds=10)
_TAG = 256  # characters the mail service takes


def deliver(changes: Changes, notice_id: str) -> None:
    """Bring a notice to its end; a repeat finds it there."""
    table, tenant = changes.table, changes.context.tenant
    notice, seen = notices.stored(table, tenant, notice_id)
    if notice.status not in {Status.WAITING, Status.SENDING}:
        return
    if notice.claimed(wall_now()):
        raise NotYetError("somebody is sending this notice")
    if notice.status is Status.SENDING and notice.rule.category is Category.OFFERS:
        _end(changes, notice, Status.LOST, seen, reason="outcome_unknown")
        return
    known = known_for(table, tenant, notice.facts)
    against = _against(table, tenant, notice, known)
    if against:
        _end(changes, notice, Status.DROPPED, seen, reason=against)
        return
    _send(changes, notice, known, seen)


def _against(table: Table, tenant: str, notice: Notice, known: Known) -> str | None:
    """Why this notice must not leave any more, if it must not."""
    rule = notice.rule
    if wall_now() - notice.recorded_at > rule.lasts:
        return "stale_too_old"
    if notice.documented and known.invoice and known.invoice.record:
        return "told_by_its_document"
    moot = rule.moot & known.now
    if moot:
        return f"stale_{min(moot)}"
    if notice.token and not unsubscribe_link(notice.token):
        return "no_way_to_unsubscribe"
    if not wants(table, tenant, notice.facts.customer, rule.category):
        return "not_wanted"
    return "address_suppressed" if is_suppressed(table, tenant, known.customer.person.email) else None


def _send(changes: Changes, notice: Notice, known: Known, seen: int) -> None:
    written = writing.write(notice, known)
    claimed = replace(notice, status=Status.SENDING, lease_until=wall_now() + LEASE)
    claim = changes.beside(f"claim {seen}")
    notices.write(claim, claimed, seen=seen)
    claim.commit()
    try:
        mail_id = mail.send(written, _envelope(notice, known))
    except mail.RefusedError as error:
        _end(changes, claimed, Status.FAILED, seen + 1, reason=str(error))
        logger.error("notice refused", extra={"notice": notice.id, "code": str(error)})
        return
    except mail.NotSentError as error:
        _release(changes, replace(claimed, status=Status.WAITING, lease_until=None), seen + 1)
        raise NotYetError(f"the mail service said {error}") from None
    except mail.UnknownOutcomeError as error:
        _release(changes, replace(claimed, lease_until=None), seen + 1)
        raise NotYetError(f"the mail service said {error}") from None
    sent = replace(claimed, mail=mail_id, sent_at=wall_now())
    _end(changes, sent, Status.SENT, seen + 1)
    event = NoticeSentV1(
        notice=notice.id, customer=notice.facts.customer, template=notice.template, channel=EMAIL
    )
    changes.emit(event, subject=f"notice/{notice.id}", sequence=notice.round)


def _release(changes: Changes, notice: Notice, seen: int) -> None:
    """Give the claim back before the message comes again."""
    release = changes.beside(f"release {seen}")
    notices.write(release, notice, seen=seen)
    release.commit()


def _end(changes: Changes, notice: Notice, status: Status, seen: int, *, reason: str | None = None) -> None:
    ended = replace(notice, status=status, reason=reason, lease_until=None)
    notices.write(changes, ended, seen=seen)
    logger.info("notice", extra={"notice": notice.id, "status": status.value, "reason": reason})


def _envelope(notice: Notice, known: Known) -> mail.Envelope:
    tags = {"tenant": known.tenant[:_TAG], "notice": notice.id, "template": notice.template}
    return mail.Envelope(
        to=known.customer.person.email,
        seller=known.seller_name,
        tags=tags,
        headers=_headers(notice),
    )


def _headers(notice: Notice) -> dict[str, str]:
    """What lets a mail program end such notices with one click (RFC 8058)."""
    link = unsubscribe_link(notice.token) if notice.token else None
    if link is None:
        return {}
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
