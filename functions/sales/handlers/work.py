"""What became due in sales (a period ends, usage is final, an invoice is not paid), and what takes longer."""

from __future__ import annotations

from billing.aws.changes import Changes
from billing.aws.due import WorkDueV1
from billing.aws.queue import Consumer
from events.base import MalformedEventError, Message
from sales import statements
from sales.commands import DrawStatementV1, PaidChangeSettledV1
from sales.finalization import invoice_due
from sales.late_usage import PREFIX as RATED
from sales.life import subscription_due
from sales.paid_changes import settled
from sales.subscriptions import usage_final

handler = consumer = Consumer("sales.work")


consumer.on(PaidChangeSettledV1)(settled)


@consumer.on(WorkDueV1)
def work_due(event: WorkDueV1, message: Message, changes: Changes) -> None:
    """Do what is due for the one that the message is about."""
    kind, _, name = message.subject.partition("/")
    match kind:
        case "subscription" if event.sk.startswith(RATED):
            usage_final(changes, name, event.sk)
        case "subscription":
            subscription_due(changes, name)
        case "invoice":
            invoice_due(changes, name)
        case _:
            raise MalformedEventError(f"subject: nothing of a {kind} becomes due in sales")


@consumer.on(DrawStatementV1)
def draw_statement(order: DrawStatementV1, _message: Message, changes: Changes) -> None:
    """Draw a statement that was asked for."""
    statements.draw(changes, order)
