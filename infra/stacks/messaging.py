"""Messaging: who is told what, by mail."""

from __future__ import annotations

from email.utils import parseaddr

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_events as bus_events
from aws_cdk import aws_ses as ses
from constructs import Construct

from infra.config import Stage
from infra.patterns.function import BillingFunction
from infra.patterns.subsystem import Shared, SubsystemStack

EXAMPLE = "example.com"
RETURNS = bus_events.EventPattern(
    source=["aws.ses"], detail_type=["Email Bounced", "Email Complaint Received"]
)


class Messaging(SubsystemStack):
    """Messaging & Notification."""

    def __init__(self, scope: Construct, stage: Stage, shared: Shared) -> None:
        super().__init__(scope, stage, "messaging", "Billing: notices, preferences, suppression")
        address = {"PUBLIC_URL": shared.address}
        sender = self._sender()

        told = self.function("on_billing_events", timeout=30)
        self.table.allow(told, "GetItem", "PutItem")
        self.consumer("on_billing_events", told, shared.alarms).hears(shared.domain_bus)

        send = self.function(
            "send",
            timeout=30,
            memory=512,
            layers=["messaging"],
            environment={**address, "SENDER": stage.sender},
        )
        self.table.allow(send, "GetItem", "Query", "PutItem")
        send.may(["ses:SendEmail"], [sender if stage.mail_by_identity else "*"])
        self._takes_back(send, shared)
        sending = self.consumer("send", send, shared.alarms)

        api = self.function("api", layers=["messaging"], environment=address)
        self.table.allow(api, "GetItem", "Query", "PutItem", "DeleteItem")
        shared.door.opens(self, "/messaging/{proxy+}", api)
        shared.door.documents(self, "messaging", api)
        because = (
            "whoever has the link of a mail may end such mails; its token is random and names nobody else"
        )
        for method in (apigw.HttpMethod.GET, apigw.HttpMethod.POST):
            name, path = f"Unsubscribe{method.value.title()}", "/messaging/unsubscribe/{token}"
            shared.door.opens_to_all(self, name, path, api, because, method)

        self.publishes(shared.domain_bus, shared.alarms, sending)

    def _takes_back(self, send: BillingFunction, shared: Shared) -> None:
        """Bounces and complaints come over the account's own bus, where only SES may speak for SES."""
        returned = self.function("returned_mail", timeout=30)
        self.table.allow(returned, "GetItem", "PutItem")
        queue = self.consumer("returned_mail", returned, shared.alarms)
        if not self.stage.mail_by_identity:
            return  # the emulated mail service tells of no returns
        told = ses.ConfigurationSet(self, "Mail")
        send.add_environment("CONFIGURATION_SET", told.configuration_set_name)
        send.may(
            ["ses:SendEmail"],
            [
                self.format_arn(
                    service="ses", resource="configuration-set", resource_name=told.configuration_set_name
                )
            ],
        )
        bus = bus_events.EventBus.from_event_bus_name(self, "AccountBus", "default")
        told.add_event_destination(
            "Returned",
            destination=ses.EventDestination.event_bus(bus),
            events=[ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT],
        )
        queue.hears_account(RETURNS)

    def _sender(self) -> str:
        """The ARN of the identity that mail comes from; SES asks its owner to confirm it."""
        _, address = parseaddr(self.stage.sender)
        if self.stage.on_lambda and address.endswith(EXAMPLE):
            cdk.Annotations.of(self).add_warning_v2(
                "billing:sender", f"set `sender` of stage {self.stage.name!r} in cdk.json to your own address"
            )
        identity = ses.EmailIdentity(self, "Sender", identity=ses.Identity.email(address))
        return identity.email_identity_arn
