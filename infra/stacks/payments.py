"""Payments: charges, refunds and what the provider tells of them."""

from __future__ import annotations

from aws_cdk import aws_apigatewayv2 as apigw
from constructs import Construct

from infra.config import ConfigError, Stage
from infra.patterns.consumer import EventConsumer
from infra.patterns.function import BillingFunction
from infra.patterns.subsystem import Shared, SubsystemStack

PAY = "/payments/pay/{tenant}/{invoice}"  # as messaging writes it into mails


class Payments(SubsystemStack):
    """Payment Collection."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "payments", "Billing: charges, refunds, the provider's notifications")
        self.shared = shared

        commands = self._calls_the_provider()
        self._hears()
        self._answers()
        self.publishes(shared.domain_bus, shared.alarms, *commands)

    def _calls_the_provider(self) -> list[EventConsumer]:
        charge = self.with_provider("charge", timeout=60)
        self.table.allow(charge, "GetItem", "PutItem", "DeleteItem", "ConditionCheckItem")
        charging = self.consumer("charge", charge, self.shared.alarms)

        due = self.with_provider("work", timeout=60)
        self.table.allow(due, "GetItem", "Query", "PutItem", "DeleteItem")
        work = self.consumer("work", due, self.shared.alarms)

        process = self.with_provider("process_webhook", timeout=60)
        self.table.allow(process, "GetItem", "Query", "PutItem", "DeleteItem")
        webhooks = self.consumer("webhooks", process, self.shared.alarms)
        return [charging, work, webhooks]

    def _hears(self) -> None:
        told = self.function("on_foundation_events", timeout=30)
        self.table.allow(told, "GetItem", "PutItem")
        self.table.allow_due(told)
        self.consumer("on_foundation_events", told, self.shared.alarms).hears(self.shared.domain_bus)

        invoiced = self.function("on_sales_events", timeout=30)
        self.table.allow(invoiced, "GetItem", "Query", "PutItem", "DeleteItem")
        self.consumer("on_sales_events", invoiced, self.shared.alarms).hears(self.shared.domain_bus)

    def _answers(self) -> None:
        receive = self.with_provider("receive_stripe_webhook")
        self.table.allow(receive, "GetItem", "PutItem")
        self.shared.door.opens_to_all(
            self,
            "Webhook",
            "/payments/webhooks/stripe/{tenant}",
            receive,
            "the provider has no credential of ours; its signature over the body is verified",
            apigw.HttpMethod.POST,
        )

        api = self.with_provider("api", timeout=29)
        self.table.allow(api, "GetItem", "Query", "PutItem", "DeleteItem")
        self.table.allow_due(api)
        self.shared.door.opens(self, "/payments/{proxy+}", api)
        self.shared.door.documents(self, "payments", api)
        because = "the link in a mail about an invoice: it shows nothing and leads to the provider's own page"
        for name, path in (("Pay", PAY), ("Thanks", f"{PAY}/thanks")):
            self.shared.door.opens_to_all(self, name, path, api, because)

    def with_provider(self, name: str, *, timeout: int = 10) -> BillingFunction:
        """A function that calls the payment provider, with the credentials of the tenant it works for."""
        prefix = f"/billing/{self.stage.name}/payments"
        environment = {"PARAMETER_PREFIX": prefix, "PUBLIC_URL": self.shared.address}
        simulator = self.node.try_get_context("stripe_address")
        if simulator and self.stage.on_lambda:
            raise ConfigError("stripe_address is for the local stage: leave it out")
        if simulator:
            environment["STRIPE_ADDRESS"] = simulator
        function = self.function(
            name, timeout=timeout, memory=512, layers=["stripe"], environment=environment
        )
        parameters = self.format_arn(service="ssm", resource="parameter", resource_name=f"{prefix[1:]}/*")
        function.may(["ssm:GetParameter"], [parameters], because="each tenant has its own credentials")
        return function
