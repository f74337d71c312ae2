"""Least privilege, read from the templates: one role a function, listed actions, listed resources."""

import json

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Template

from infra.assets import ROOT
from infra.config import read_stage
from infra.patterns.bus import IngressBus

# Function and resource that no list can name, and the reason.
EACH_TENANT = "each tenant has credentials of its own"
LISTED = "the list of streams is asked of the table, not of a stream"
REVIEWED = {
    ("foundation.archive", "Archive/*"): "an object is named after its event",
    ("foundation.replay", "Archive/*"): "any day of any tenant can be replayed",
    ("sales.ingest_usage", "RawUsage/*"): "an object is named after its content",
    ("sales.finalize", "Records/*"): "a record is named after its content",
    ("sales.work", "Records/*"): "a record is named after its content",
    ("documents.make", "Records/*"): "a record is named after its content",
    ("documents.make", "Store/*"): "a file is named after its document",
    ("documents.api", "Store/*"): "a file is named after its document",
    ("payments.api", "parameter/billing/prod/payments/*"): EACH_TENANT,
    ("payments.charge", "parameter/billing/prod/payments/*"): EACH_TENANT,
    ("payments.process_webhook", "parameter/billing/prod/payments/*"): EACH_TENANT,
    ("payments.receive_stripe_webhook", "parameter/billing/prod/payments/*"): EACH_TENANT,
    ("payments.work", "parameter/billing/prod/payments/*"): EACH_TENANT,
    ("foundation.publish_outbox", "/stream/*"): LISTED,
    ("sales.publish_outbox", "/stream/*"): LISTED,
    ("payments.publish_outbox", "/stream/*"): LISTED,
    ("access.publish_outbox", "/stream/*"): LISTED,
    ("messaging.publish_outbox", "/stream/*"): LISTED,
    ("documents.publish_outbox", "/stream/*"): LISTED,
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def grants(stage):
    """Function, action, resource (as text) of every single grant."""
    for name in stage.functions():
        for statement in stage.statements(name):
            for action in as_list(statement["Action"]):
                for resource in as_list(statement["Resource"]):
                    yield name, action, resource if isinstance(resource, str) else json.dumps(resource)


def test_every_function_has_a_role_of_its_own(every_stage):
    roles = [json.dumps(function["Role"]) for function in every_stage.functions().values()]
    by_stack = [
        f"{name.partition('.')[0]} {role}" for name, role in zip(every_stage.functions(), roles, strict=True)
    ]

    assert len(set(by_stack)) == len(by_stack)


def test_no_role_has_a_policy_somebody_else_manages(every_stage):
    assert not [role for role in every_stage.properties("AWS::IAM::Role") if "ManagedPolicyArns" in role]


def test_no_grant_names_all_actions_of_anything(every_stage):
    assert [grant for grant in grants(every_stage) if "*" in grant[1]] == []


def test_nobody_may_read_a_whole_table(every_stage):
    actions = {action for _, action, _ in grants(every_stage)}

    assert not actions & {"dynamodb:Scan", "dynamodb:PartiQLSelect", "dynamodb:DeleteTable"}


def test_only_the_counters_of_the_usage_log_are_updated_in_place(every_stage):
    updates = [(name, to) for name, action, to in grants(every_stage) if action == "dynamodb:UpdateItem"]

    assert {name for name, _ in updates} == {"sales.ingest_usage"}
    assert all('"Usage' in to for _, to in updates)


def test_every_grant_names_its_resource_or_is_reviewed(prod):
    starred = {(name, resource) for name, _, resource in grants(prod) if "*" in resource}
    reviewed = {
        (name, resource)
        for name, resource in starred
        if any(name == who and _about(what, resource) for who, what in REVIEWED)
    }
    assert starred - reviewed == set()
    assert {name for name, _ in reviewed} == {name for name, _ in REVIEWED}


def _about(what, resource):
    folder, _, _ = what.partition("/*")
    return resource.count("*") == 1 and folder in resource


def test_every_grant_on_rows_is_on_the_subsystems_own_table(every_stage):
    for name, action, resource in grants(every_stage):
        if action.startswith("dynamodb:"):
            assert "ImportValue" not in resource, name


@pytest.mark.parametrize("function", ["publish_outbox", "tick"])
def test_a_publisher_may_name_its_own_source_only(real_stage, function):
    for subsystem in real_stage.templates:
        [put] = [
            s for s in real_stage.statements(f"{subsystem}.{function}") if s["Action"] == "events:PutEvents"
        ]
        assert put["Condition"] == {"StringEquals": {"events:source": f"billing.{subsystem}"}}


def test_nobody_else_may_publish(every_stage):
    publishers = {
        name.partition(".")[2] for name, action, _ in grants(every_stage) if action == "events:PutEvents"
    }

    assert publishers == {"publish_outbox", "tick"}


def denied(stage, bus):
    """Conditions under which a bus refuses events."""
    statements = [policy["Statement"] for policy in stage.properties("AWS::Events::EventBusPolicy")]
    return [
        s["Condition"]
        for s in statements
        if s["Effect"] == "Deny" and s["Resource"]["Fn::GetAtt"][0].startswith(bus)
    ]


def test_the_domain_bus_refuses_a_source_from_all_but_its_publishers(prod):
    [sales] = [
        condition
        for condition in denied(prod, "Domain")
        if condition.get("StringEquals") == {"events:source": "billing.sales"}
    ]
    roles = json.dumps(sales["ArnNotEquals"]["aws:PrincipalArn"])
    assert "role/billing-prod-sales-publish-outbox" in roles
    assert "role/billing-prod-sales-tick" in roles
    named = {role["RoleName"] for role in prod.properties("AWS::IAM::Role") if "RoleName" in role}
    assert {"billing-prod-sales-publish-outbox", "billing-prod-sales-tick"} <= named


def test_the_domain_bus_refuses_sources_of_nobody(prod):
    [strangers] = [condition for condition in denied(prod, "Domain") if "StringNotEquals" in condition]

    own = sorted(f"billing.{subsystem}" for subsystem in prod.templates)
    assert strangers["StringNotEquals"]["events:source"] == own


def test_the_ingress_bus_refuses_what_is_not_registered(prod):
    assert denied(prod, "Ingress") == [{"StringNotEquals": {"events:source": ["none"]}}]


def test_a_registered_source_is_for_its_principals_alone():
    product = "arn:aws:iam::111122223333:role/product"
    settings = json.loads((ROOT / "cdk.json").read_text())["context"]["stages"]
    settings["prod"]["ingress"] = {"acme.app": [product]}
    stack = cdk.Stack(cdk.App(), "Ingress")
    IngressBus(stack, read_stage("prod", settings))

    policies = Template.from_stack(stack).find_resources("AWS::Events::EventBusPolicy").values()
    said = [
        (s["Effect"], s["Principal"], s["Condition"])
        for s in (p["Properties"]["Statement"] for p in policies)
    ]
    own = {"StringEquals": {"events:source": "acme.app"}}
    assert said == [
        ("Deny", "*", {"StringNotEquals": {"events:source": ["acme.app"]}}),
        ("Deny", "*", {**own, "ArnNotEquals": {"aws:PrincipalArn": [product]}}),
        ("Allow", {"AWS": [product]}, own),
    ]


def test_no_bucket_is_open_to_the_world(every_stage):
    buckets = every_stage.properties("AWS::S3::Bucket")

    assert [set(bucket["PublicAccessBlockConfiguration"].values()) for bucket in buckets] == 4 * [{True}]
