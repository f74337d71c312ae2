"""Making a document once: set, stored for ever, told; or parked with the rule it breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from billing.aws.changes import Changes
from billing.aws.observability import logger
from billing.aws.table import aggregate_pk
from billing.aws.wall import wall_now
from billing.core.document import Document
from billing.core.errors import RuleError
from documents import asked as asking
from documents import files, looks, preparing, projections
from documents.asked import Asked, Status
from documents.commands import MakeDocumentV1
from documents.links import signed_link
from documents.making import PDF, Made, RejectedDocumentError
from documents.store import document_key, year_key
from events.documents import DocumentParkedV1, DocumentReadyV1


def make_document(changes: Changes, document: str) -> None:
    """Bring a document to its end; one that is ready stays as it is."""
    table, tenant = changes.table, changes.context.tenant
    asked, seen = asking.stored(table, tenant, document)
    if asked.status is Status.READY or _waits(changes, asked):
        return
    known = projections.entity(table, tenant, asked.legal_entity)
    try:
        exact = preparing.document_of(table, tenant, asked)
        made, template = looks.make(table, tenant, asked.legal_entity, exact, large=known.large)
    except RejectedDocumentError as error:
        _park(changes, asked, seen, [f"{item.rule}: {item.message}" for item in error.broken])
        return
    ready = _kept(changes, asked, exact, made, template)
    asking.write(changes, ready, seen=seen)
    day = exact.issued_on.isoformat()
    changes.keep({**year_key(tenant, day, ready.id), "document": ready.id})
    _say(changes, ready)
    _go_on(changes, ready)
    logger.info("document ready", extra={"document": ready.id, "kind": ready.kind.value})


def say_again(changes: Changes, document: str) -> Asked:
    """Have a document sent once more."""
    asked, seen = asking.stored(changes.table, changes.context.tenant, document)
    if asked.status is not Status.READY:
        raise RuleError("document_not_ready", f"it is {asked.status}")
    again = replace(asked, told=asked.told + 1)
    asking.write(changes, again, seen=seen)
    _say(changes, again)
    return again


def retry(changes: Changes, document: str) -> Asked:
    """Make a parked document again, after what it lacked was mended."""
    asked, seen = asking.stored(changes.table, changes.context.tenant, document)
    if asked.status is not Status.PARKED:
        raise RuleError("document_not_parked", f"it is {asked.status}")
    waiting = replace(asked, status=Status.WAITING, rules=())
    asking.write(changes, waiting, seen=seen)
    _order(changes, document, about=f"retry {seen}")
    return waiting


def _waits(changes: Changes, asked: Asked) -> bool:
    """Whether it must wait for the document of its invoice; that one then orders it again."""
    if not preparing.needs_invoice(asked):
        return False
    key = document_key(changes.context.tenant, asked.invoice)
    item = changes.table.get(**key)
    if item and Asked.from_data(item["data"]).status is Status.READY:
        return False
    if item:
        changes.check(key["pk"], key["sk"], seen=item["version"], label="invoice document")
    changes.keep({"pk": key["pk"], "sk": f"WAITS#{asked.id}", "document": asked.id})
    return True


def _go_on(changes: Changes, ready: Asked) -> None:
    """Order what waited for this one."""
    pk = aggregate_pk(changes.context.tenant, f"document/{ready.id}")
    for item in changes.table.query(pk, "WAITS#"):
        _order(changes, item["document"], about=f"after {ready.id}")


def _kept(changes: Changes, asked: Asked, exact: Document, made: Made, template: str | None) -> Asked:
    """Store every view; the PDF last, so that where it is, the others are."""
    hashes: dict[str, str] = {}
    for ending in sorted(made.files, key=lambda ending: (ending == PDF, ending)):
        tenant = changes.context.tenant
        _, hashes[ending] = files.store(tenant, asked.id, ending, made.files[ending])
    total = exact.total.minor if exact.total else 0
    due = exact.due.minor if exact.due else 0
    return replace(
        asked,
        status=Status.READY,
        files=hashes,
        format=made.format.value if made.format else None,
        lacks=tuple(f"{item.rule}: {item.message}" for item in made.lacks),
        template=template,
        amount_minor=total,
        due_minor=due,
        currency=exact.currency,
        told=1,
    )


def _say(changes: Changes, ready: Asked) -> None:
    tenant = changes.context.tenant
    event = DocumentReadyV1(
        document=ready.id,
        document_kind=ready.kind.value,
        number=ready.number,
        customer=ready.customer,
        legal_entity=ready.legal_entity,
        invoice=ready.invoice,
        sha256=ready.files[PDF],
        formats=sorted(ready.files),
        link=signed_link(changes.table, tenant, ready.id, PDF, wall_now()),
        amount_minor=ready.amount_minor,
        due_minor=ready.due_minor,
        currency=ready.currency,
        about_at=ready.at,
        mail=ready.told > 1 or ready.facts.get("mail") != "no",
        again=ready.told > 1,
    )
    changes.emit(event, subject=f"document/{ready.id}", sequence=ready.told)


def _park(changes: Changes, asked: Asked, seen: int, rules: Iterable[str]) -> None:
    parked = replace(asked, status=Status.PARKED, rules=tuple(rules))
    asking.write(changes, parked, seen=seen)
    event = DocumentParkedV1(
        document=parked.id,
        document_kind=parked.kind.value,
        number=parked.number,
        customer=parked.customer,
        legal_entity=parked.legal_entity,
        rules=list(parked.rules),
    )
    changes.emit(event, subject=f"document/{parked.id}", sequence=seen + 1)
    logger.warning("document parked", extra={"document": parked.id, "rules": len(parked.rules)})


def _order(changes: Changes, document: str, *, about: str) -> None:
    changes.send("make", MakeDocumentV1(document=document), subject=f"document/{document}", about=about)
