"""What an operator asks of a subsystem that has due work: which of it is parked, and to try it again."""

from __future__ import annotations

from billing.aws import parking
from billing.aws.http import Api
from billing.aws.table import own_table


def register(api: Api) -> None:
    """Add the routes."""

    @api.get(f"/{api.subsystem}/parked", scope="operations:read")
    def list_parked(cursor: str | None = None) -> parking.ParkedPage:  # pyright: ignore[reportUnusedFunction]
        """Due work that cannot succeed as things stand, and why."""
        return parking.page(own_table(), api.identity.tenant, cursor)

    @api.post(f"/{api.subsystem}/parked/lift", scope="operations:write")
    def lift_parked(body: parking.LiftBody) -> parking.Parked:  # pyright: ignore[reportUnusedFunction]
        """Let parked work be tried again at the next sweep; the answer says what it was."""
        return parking.lift(api.changes(), body.subject, body.work)
