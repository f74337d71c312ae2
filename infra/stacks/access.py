"""Access: what a customer may do, decided from what sales said."""

from __future__ import annotations

from constructs import Construct

from infra.config import Stage
from infra.patterns.subsystem import Shared, SubsystemStack


class Access(SubsystemStack):
    """Access Control."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "access", "Billing: what a customer may do")

        told = self.function("on_sales_events", timeout=30)
        self.table.allow(told, "GetItem", "Query", "PutItem")
        self.consumer("on_sales_events", told, shared.alarms).hears(shared.domain_bus)

        api = self.function("api")
        self.table.allow(api, "GetItem", "Query", "PutItem")
        shared.door.opens(self, "/access/{proxy+}", api)
        shared.door.opens_to_all(self, "Docs", "/access/docs", api)

        self.publishes(shared.domain_bus, shared.alarms, {})
