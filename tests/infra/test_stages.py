"""Where the local stage differs from the real ones: each difference with its reason, asserted on the real."""

import json

import pytest

from infra.assets import ROOT
from infra.config import ConfigError, read_stage

STAGES = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]

# Setting -> why the emulated cloud cannot do what AWS does.
DIFFERENCES = {
    "source_condition": "it does not know the condition key events:source and refuses what carries it",
    "mail_by_identity": "it evaluates ses:SendEmail on *, so a grant on the identity is refused",
    "bus_policies": "it does not know AWS::Events::EventBusPolicy and refuses the whole template",
    "bootstrap_roles": "it does not let the deploying user take on the roles of the bootstrap",
    "tls_only": "it speaks plain HTTP on the loopback address",
}


def test_the_list_of_differences_is_whole():
    switches = {
        name for name, value in STAGES["local"].items() if value is False and STAGES["prod"][name] is True
    }

    assert switches - {"keep_data"} == set(DIFFERENCES)


@pytest.mark.parametrize("setting", DIFFERENCES)
def test_a_real_stage_makes_no_such_concession(setting):
    assert STAGES["local"][setting] is False
    assert STAGES["dev"][setting] is True
    assert STAGES["prod"][setting] is True


def actions(stage, function, action):
    return [s for s in stage.statements(function) if s["Action"] == action]


def test_source_condition(real_stage, local):
    [real] = actions(real_stage, "sales.publish_outbox", "events:PutEvents")
    [emulated] = actions(local, "sales.publish_outbox", "events:PutEvents")

    assert real["Condition"] == {"StringEquals": {"events:source": "billing.sales"}}
    assert "Condition" not in emulated


def test_mail_by_identity(real_stage, local):
    [real] = actions(real_stage, "messaging.send", "ses:SendEmail")
    [emulated] = actions(local, "messaging.send", "ses:SendEmail")

    assert "identity/" in json.dumps(real["Resource"])
    assert emulated["Resource"] == "*"


def test_bus_policies(real_stage, local):
    assert real_stage.properties("AWS::Events::EventBusPolicy")
    assert not local.properties("AWS::Events::EventBusPolicy")


def test_bootstrap_roles(real_stage, local):
    assert all("BootstrapVersion" in template["Parameters"] for template in real_stage.templates.values())
    assert not any(
        "BootstrapVersion" in template.get("Parameters", {}) for template in local.templates.values()
    )


def insecure(stage):
    return json.dumps(stage.properties("AWS::SQS::QueuePolicy")).count("aws:SecureTransport")


def test_tls_only(real_stage, local):
    assert insecure(real_stage) == len(real_stage.properties("AWS::SQS::Queue"))
    assert insecure(local) == 0


def test_functions_are_built_for_lambda_on_a_real_stage(real_stage):
    for function in real_stage.functions().values():
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])


def test_the_local_api_keeps_its_id_and_no_other_does(real_stage, local):
    [api] = local.properties("AWS::ApiGatewayV2::Api")
    [real] = real_stage.properties("AWS::ApiGatewayV2::Api")

    assert api["Tags"]["ms-custom-id"] == "b1111111"
    assert "ms-custom-id" not in real["Tags"]


def test_a_function_that_people_wait_for_is_called_through_its_snapshot(prod):
    started = [name for name, f in prod.functions().items() if "SnapStart" in f]

    assert sorted(started) == ["access.api", "foundation.authorize"]
    access = prod.templates["access"]["Resources"].values()
    called = [
        json.dumps(resource["Properties"]["IntegrationUri"])
        for resource in access
        if resource["Type"] == "AWS::ApiGatewayV2::Integration"
    ]
    assert called
    assert all("ApiLive" in uri for uri in called)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"log_days": None}, "stage 'dev' in cdk.json lacks: log_days"),
        ({"colour": "red"}, "stage 'dev' in cdk.json does not know: colour"),
        ({"receives": "5"}, "stage 'dev' in cdk.json: receives must be int"),
        ({"log_days": 31}, "stage 'dev' in cdk.json: log_days is one of 1, 30, 90, 365"),
        ({"built_for": "mars"}, "stage 'dev' in cdk.json: built_for is lambda or here"),
    ],
)
def test_a_wrong_setting_is_named(change, says):
    settings = {**STAGES["dev"], **change}
    stages = {"dev": {name: value for name, value in settings.items() if value is not None}}

    with pytest.raises(ConfigError, match=f"^{says}$"):
        read_stage("dev", stages)


def test_an_unknown_stage_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no stage 'test' in cdk\.json; one of: dev, local, prod"):
        read_stage("test", STAGES)
