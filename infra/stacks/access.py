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
        self.table.allow(told, "GetItem", "PutItem", "DeleteItem")
        self.consumer("on_sales_events", told, shared.alarms).hears(shared.domain_bus)

        restrict = self.function("work", timeout=30)
        self.table.allow(restrict, "GetItem", "PutItem")
        work = self.consumer("work", restrict, shared.alarms)

        clock = self.function("on_foundation_events", timeout=30)
        self.table.allow(clock, "GetItem", "PutItem")
        self.table.allow_due(clock)
        self.consumer("on_foundation_events", clock, shared.alarms).hears(shared.domain_bus)

        api = self.function("api")
        self.table.allow(api, "GetItem", "Query", "PutItem")
        self.table.allow_due(api)
        shared.door.opens(self, "/access/{proxy+}", api)
        shared.door.documents(self, "access", api)

        self.publishes(shared.domain_bus, shared.alarms, work)
