"""A document, or a year of them, that is to be made."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.queue import Consumer
from documents import issuing, packages
from documents.commands import MakeDocumentV1, PackYearV1
from events.base import Message

handler = consumer = Consumer("documents.make")


@consumer.on(MakeDocumentV1)
def make_document(command: MakeDocumentV1, _message: Message, changes: Changes) -> None:
    """Set it, store it, say so."""
    issuing.make_document(changes, command.document)


@consumer.on(PackYearV1)
def pack_year(command: PackYearV1, _message: Message, changes: Changes) -> None:
    """Pack it."""
    packages.pack(changes, command.package)
