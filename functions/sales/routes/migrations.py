"""Routes of migrations: from older versions of a plan to the one on sale."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field

from billing.aws.bodies import Command, View
from billing.aws.http import Api
from billing.aws.table import own_table
from billing.core.errors import RuleError
from billing.core.migration import Migration
from sales import migrations
from sales.routes.invoices import UpcomingView
from sales.routes.models import Key

PAGE = 100  # subscribers of a migration at once


class MigrationBody(Command):
    """Whom to take where: from these older versions (none named: all) to the one of `into` on sale.

    `into` is the plan itself where it is left out. Each goes with its first period that begins at or after
    `not_before`; without it with its next one.
    """

    plan: Key
    versions: list[int] = Field(default=[], max_length=1000)
    into: Key | None = None
    not_before: AwareDatetime | None = None

    def wish(self) -> migrations.Wish:
        """The same in the words of the use cases."""
        return migrations.Wish(self.plan, tuple(self.versions), self.into, self.not_before)


class PreviewBody(MigrationBody):
    """`cursor` goes on where a page ended."""

    cursor: str | None = Field(default=None, max_length=200)


class ForeseenView(View):
    """What it means for one subscriber: the invoice of the moment it comes, without and with it."""

    subscription: str
    customer: str
    plan_version: int
    at: datetime
    skipped: str | None = None
    without: UpcomingView | None = None
    migrated: UpcomingView | None = None


class PreviewView(View):
    """A page of what a migration would mean; nothing is written."""

    plan: str
    versions: list[int]
    into: str
    version: int
    subscribers: list[ForeseenView]
    next: str | None = None


class MigrationView(View):
    """A migration as it stands: how many it is scheduled for, and why others are left alone."""

    migration: str
    plan: str
    versions: list[int]
    into: str
    version: int
    not_before: datetime | None = None
    stage: str
    scheduled: int
    taken_back: int
    skipped: dict[str, int]

    @staticmethod
    def of(migration: Migration) -> MigrationView:
        """As callers see it."""
        return MigrationView(
            migration=migration.id,
            plan=migration.plan,
            versions=list(migration.versions),
            into=migration.into,
            version=migration.version,
            not_before=migration.not_before,
            stage=migration.stage.value,
            scheduled=migration.scheduled,
            taken_back=migration.taken_back,
            skipped=dict(migration.skipped),
        )


class MigrationsView(View):
    """Every migration, newest first."""

    migrations: list[MigrationView]


class OutcomeView(View):
    """One subscriber; null `skipped`: it was scheduled."""

    subscription: str
    skipped: str | None = None


class OutcomesView(View):
    """A page of a migration's subscribers."""

    subscribers: list[OutcomeView]
    next: str | None = None


def register(api: Api) -> None:
    """Add the routes."""

    @api.ask("/sales/migrations/preview", scope="sales:read")
    def preview_migration(body: PreviewBody) -> PreviewView:  # pyright: ignore[reportUnusedFunction]
        """What a migration would mean for each subscriber, page by page; nothing is written."""
        table, tenant = own_table(), api.identity.tenant
        found, page, behind = migrations.preview(
            table, tenant, body.wish(), api.context.now, _cursor(body.cursor)
        )
        return PreviewView(
            plan=found.plan,
            versions=list(found.versions),
            into=found.into,
            version=found.version,
            subscribers=[_foreseen(each) for each in page],
            next=":".join(behind) if behind else None,
        )

    @api.post("/sales/migrations", scope="sales:write", status=202)
    def begin_migration(body: MigrationBody) -> MigrationView:  # pyright: ignore[reportUnusedFunction]
        """Schedule a migration for every subscriber it concerns."""
        return MigrationView.of(migrations.begin(api.changes(), body.wish(), key=api.key))

    @api.get("/sales/migrations", scope="sales:read")
    def list_migrations() -> MigrationsView:  # pyright: ignore[reportUnusedFunction]
        """Every migration, newest first."""
        every = migrations.listed(own_table(), api.identity.tenant)
        return MigrationsView(migrations=[MigrationView.of(each) for each in every])

    @api.get("/sales/migrations/<migration>", scope="sales:read")
    def read_migration(migration: str) -> MigrationView:  # pyright: ignore[reportUnusedFunction]
        """How far a migration has come."""
        return MigrationView.of(migrations.read(own_table(), api.identity.tenant, migration)[0])

    @api.get("/sales/migrations/<migration>/subscribers", scope="sales:read")
    def list_migrated(migration: str, cursor: str | None = None) -> OutcomesView:  # pyright: ignore[reportUnusedFunction]
        """Whom a migration was scheduled for, and who was left alone, page by page."""
        table, tenant = own_table(), api.identity.tenant
        migrations.read(table, tenant, migration)
        page = migrations.outcomes(table, tenant, migration, after=cursor, limit=PAGE)
        views = [OutcomeView(subscription=name, skipped=skipped) for name, skipped in page]
        return OutcomesView(subscribers=views, next=views[-1].subscription if len(views) == PAGE else None)

    @api.post("/sales/migrations/<migration>/cancel", scope="sales:write", status=202)
    def cancel_migration(migration: str) -> MigrationView:  # pyright: ignore[reportUnusedFunction]
        """Take back what is not in force yet."""
        return MigrationView.of(migrations.cancel(api.changes(), migration))


def _cursor(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    version, _, subscription = text.partition(":")
    if not (version.isascii() and version.isdecimal() and subscription):
        raise RuleError("invalid_cursor", "take it from `next` of the page before", "body.cursor")
    return version, subscription


def _foreseen(each: migrations.Foreseen) -> ForeseenView:
    return ForeseenView(
        subscription=each.subscription.id,
        customer=each.subscription.customer,
        plan_version=each.subscription.plan_version,
        at=each.at,
        skipped=each.skipped,
        without=UpcomingView.of_any(each.without),
        migrated=UpcomingView.of_any(each.with_it),
    )
