"""Routes of price experiments."""

from __future__ import annotations

from fractions import Fraction

from billing.aws.bodies import Amount, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.instants import instant_text
from billing.core.money import Money
from sales import experiments
from sales.experiments import Figures


class BilledView(View):
    """What was billed in one currency, net of tax and credit notes; the average is of those that began in it.

    There is none where all came from another currency.
    """

    started: int
    net: Amount
    average: Amount | None = None

    @classmethod
    def of(cls, figures: Figures, currency: str) -> BilledView:
        """One currency of an arm."""
        started, net = figures.started[currency], Money(figures.billed[currency], currency)
        average = _amount(net.times(Fraction(1, started))) if started else None
        return cls(started=started, net=_amount(net), average=average)


class ArmView(View):
    """An arm: how many subscriptions began in it, how many of them go on, and what all were billed."""

    arm: str
    weight: int
    started: int
    active: int
    ended: int
    billed: list[BilledView]

    @classmethod
    def of(cls, figures: Figures) -> ArmView:
        """An arm as an answer."""
        started = figures.started.total()
        return cls(
            arm=figures.arm.key,
            weight=figures.arm.weight,
            started=started,
            active=started - figures.ended,
            ended=figures.ended,
            billed=[BilledView.of(figures, currency) for currency in figures.currencies],
        )


class ExperimentView(View):
    """An experiment with its arms side by side, the control first.

    Counts and sums are of a page of subscriptions; behind it `next` goes on, and the pages add up.
    """

    experiment: str
    plan: str
    begins_at: str | None = None
    ends_at: str | None = None
    arms: list[ArmView]
    next: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.get("/sales/experiments/<experiment>", scope="sales:read")
    def compare_arms(experiment: str, cursor: str | None = None) -> ExperimentView:  # pyright: ignore[reportUnusedFunction]
        """What became of the subscriptions of each arm, and what they were billed."""
        table, tenant = own_table(), api.identity.tenant
        found, figures, behind = experiments.compared(table, tenant, experiment, cursor)
        return ExperimentView(
            experiment=found.key,
            plan=found.plan,
            begins_at=instant_text(found.begins_at) if found.begins_at else None,
            ends_at=instant_text(found.ends_at) if found.ends_at else None,
            arms=[ArmView.of(each) for each in figures],
            next=behind,
        )


def _amount(money: Money) -> Amount:
    return Amount(minor=money.minor, currency=money.currency)
