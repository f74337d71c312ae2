"""The HTTP front door, and the routes that each subsystem hangs into it from its own stack."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigw
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.checks import accept
from infra.config import Stage
from infra.patterns.function import BillingFunction, retention

LOCAL_ID = "b1111111"  # of the emulated API: its address stays the same over deployments
ACCESS_LOG = {
    "request": "$context.requestId",
    "at": "$context.requestTimeEpoch",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "tenant": "$context.authorizer.tenant",
    "key": "$context.authorizer.key",
}


@dataclass(frozen=True)
class Door:
    """The front door as the stacks of the subsystems see it."""

    api: apigw.IHttpApi
    authorizer_id: str

    def opens(self, scope: Construct, path: str, function: BillingFunction) -> None:
        """Route a path to a function, for callers with a credential."""
        authorizer = apigw.HttpAuthorizer.from_http_authorizer_attributes(
            scope, "Authorizer", authorizer_id=self.authorizer_id, authorizer_type="CUSTOM"
        )
        self._route(scope, "Api", path, apigw.HttpMethod.ANY, function, authorizer)

    def opens_to_all(
        self,
        scope: Construct,
        name: str,
        path: str,
        function: BillingFunction,
        because: str,
        method: apigw.HttpMethod = apigw.HttpMethod.GET,
    ) -> None:
        """Route a path to a function for everybody, and say why."""
        route = self._route(scope, name, path, method, function, apigw.HttpNoneAuthorizer())
        accept(route, "APIG4", because)

    def documents(self, scope: Construct, subsystem: str, function: BillingFunction) -> None:
        """The page that describes a subsystem's routes, for everybody."""
        because = "it describes the routes and answers none of them"
        self.opens_to_all(scope, "Docs", f"/{subsystem}/docs", function, because)

    def _route(
        self,
        scope: Construct,
        name: str,
        path: str,
        method: apigw.HttpMethod,
        function: BillingFunction,
        authorizer: apigw.IHttpRouteAuthorizer,
    ) -> apigw.HttpRoute:
        return apigw.HttpRoute(
            scope,
            f"{name}Route",
            http_api=self.api,
            route_key=apigw.HttpRouteKey.with_(path, method),
            integration=integrations.HttpLambdaIntegration(f"{name}Call", function.entry),
            authorizer=authorizer,
        )


class FrontDoor(Construct):
    """The HTTP API, its authorizer and its access log."""

    def __init__(self, scope: Construct, *, stage: Stage, authorize: BillingFunction) -> None:
        super().__init__(scope, "Door")
        self.api = apigw.HttpApi(self, "Api", api_name=f"billing-{stage.name}", create_default_stage=False)
        if not stage.on_lambda:
            cdk.Tags.of(self.api).add("ms-custom-id", LOCAL_ID)
        self._open(stage)
        self.door = Door(self.api, self._ask(authorize))

    def _open(self, stage: Stage) -> None:
        """The one stage of the API, with its access log and its limit."""
        log = logs.LogGroup(self, "Log", retention=retention(stage), removal_policy=cdk.RemovalPolicy.DESTROY)
        apigw.CfnStage(
            self,
            "Stage",
            api_id=self.api.api_id,
            stage_name="$default",
            auto_deploy=True,
            access_log_settings=apigw.CfnStage.AccessLogSettingsProperty(
                destination_arn=log.log_group_arn,
                format=cdk.Stack.of(self).to_json_string(ACCESS_LOG),
            ),
            default_route_settings=apigw.CfnStage.RouteSettingsProperty(
                throttling_burst_limit=2 * stage.requests_per_second,
                throttling_rate_limit=stage.requests_per_second,
            ),
        )

    def _ask(self, authorize: BillingFunction) -> str:
        """Let a function decide on every credential; the id of the authorizer."""
        stack = cdk.Stack.of(self)
        arn = authorize.entry.function_arn
        authorizer = apigw.CfnAuthorizer(
            self,
            "Authorizer",
            api_id=self.api.api_id,
            name="credential",
            authorizer_type="REQUEST",
            authorizer_payload_format_version="2.0",
            enable_simple_responses=True,
            identity_source=["$request.header.Authorization"],
            # Never from a cache: a revoked key ends at once, and a test clock's time is in the answer.
            authorizer_result_ttl_in_seconds=0,
            authorizer_uri=f"arn:{stack.partition}:apigateway:{stack.region}:lambda:path/2015-03-31/functions/"
            f"{arn}/invocations",
        )
        authorize.entry.add_permission(
            "Door",
            principal=iam.ServicePrincipal("apigateway.amazonaws.com"),
            source_arn=stack.format_arn(
                service="execute-api",
                resource=self.api.api_id,
                resource_name=f"authorizers/{authorizer.ref}",
            ),
        )
        return authorizer.ref
