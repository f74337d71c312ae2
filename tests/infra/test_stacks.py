"""The stacks hold what the code and the contracts ask for, no more and no less."""

import json
from collections import defaultdict

from events.subscriptions import SUBSCRIPTIONS
from infra.assets import ROOT
from infra.config import SUBSYSTEMS


def handlers():
    return {
        f"{path.parts[-3]}.{path.stem}"
        for path in (ROOT / "functions").glob("*/handlers/*.py")
        if path.stem != "__init__"
    }


def test_each_file_in_handlers_is_one_function(every_stage):
    assert set(every_stage.functions()) == handlers()
    for name, function in every_stage.functions().items():
        subsystem, _, file = name.partition(".")
        assert function["Handler"] == f"{subsystem}.handlers.{file}.handler"


def test_each_subsystem_is_one_stack_with_one_asset_for_its_code(every_stage):
    assert set(every_stage.templates) == {"foundation", *SUBSYSTEMS}
    code = defaultdict(set)
    for name, function in every_stage.functions().items():
        code[name.partition(".")[0]].add(json.dumps(function["Code"]["S3Key"]))
    assert {subsystem: len(keys) for subsystem, keys in code.items()} == dict.fromkeys(code, 1)


def test_no_layer_is_passed_between_stacks(every_stage):
    for name, function in every_stage.functions().items():
        layers = every_stage.templates[name.partition(".")[0]]["Resources"]
        assert all(
            layers[layer["Ref"]]["Type"] == "AWS::Lambda::LayerVersion" for layer in function["Layers"]
        )


def patterns(stage, consumer):
    """The patterns of the rules that fill a consumer's queue."""
    subsystem, _, name = consumer.partition(".")
    [queue] = [
        logical
        for owner, logical, queue in stage.resources("AWS::SQS::Queue")
        if owner == subsystem
        and queue["Properties"]["QueueName"].endswith(f"-{subsystem}-{name.replace('_', '-')}")
    ]
    return [
        rule["Properties"]["EventPattern"]
        for owner, _, rule in stage.resources("AWS::Events::Rule")
        if owner == subsystem
        and any(target["Arn"]["Fn::GetAtt"][0] == queue for target in rule["Properties"]["Targets"])
    ]


def test_the_rules_are_those_of_the_subscriptions_table(every_stage):
    for consumer, classes in SUBSCRIPTIONS.items():
        heard = {
            (source if isinstance(source, str) else json.dumps(source), type_)
            for pattern in patterns(every_stage, consumer)
            for source in pattern["source"]
            for type_ in pattern["detail-type"]
        }
        expected = {
            (
                '{"prefix": "billing."}' if cls.producer == "*" else f"billing.{cls.producer}",
                cls.detail_type(),
            )
            for cls in classes
        }
        assert heard == expected, consumer


def test_a_payment_reaches_sales_from_payments_alone(prod):
    [pattern] = patterns(prod, "sales.on_payment_events")

    assert pattern["source"] == ["billing.payments"]
    assert "PaymentSucceeded.v1" in pattern["detail-type"]


def test_whatever_products_report_goes_to_the_usage_queue(prod):
    assert patterns(prod, "sales.usage") == [{"source": [{"prefix": ""}]}]


def test_every_queue_has_dead_letters_and_they_have_an_alarm(every_stage):
    queues = {
        (owner, name): queue["Properties"] for owner, name, queue in every_stage.resources("AWS::SQS::Queue")
    }
    watched = {
        (owner, dimension["Value"]["Fn::GetAtt"][0])
        for owner, _, alarm in every_stage.resources("AWS::CloudWatch::Alarm")
        for dimension in alarm["Properties"].get("Dimensions", [])
        if dimension["Name"] == "QueueName"
    }
    dead = {key for key, queue in queues.items() if "RedrivePolicy" not in queue}
    for (owner, _), queue in queues.items():
        if "RedrivePolicy" in queue:
            letters = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert (owner, letters) in dead
            fifo = ".fifo" if queue.get("FifoQueue") else ""
            name = queue["QueueName"].removesuffix(".fifo")
            assert queues[owner, letters]["QueueName"] == f"{name}-dead{fifo}"
    assert watched == dead
    assert len(dead) * 2 == len(queues)


def test_every_alarm_tells_the_operator(prod):
    assert all(alarm["AlarmActions"] for alarm in prod.properties("AWS::CloudWatch::Alarm"))


def test_queues_are_read_in_batches_whose_failures_are_told_one_by_one(every_stage):
    mappings = every_stage.properties("AWS::Lambda::EventSourceMapping")
    assert all(mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for mapping in mappings)
    queues = every_stage.properties("AWS::SQS::Queue")
    tables = [t for t in every_stage.properties("AWS::DynamoDB::Table") if "StreamSpecification" in t]
    assert len(mappings) == len(queues) / 2 + len(tables)


def test_numbering_stands_in_line(prod):
    [queue] = [
        q for q in prod.properties("AWS::SQS::Queue") if q["QueueName"] == "billing-prod-sales-finalize.fifo"
    ]

    assert queue["FifoQueue"] is True


def test_a_message_is_hidden_longer_than_its_function_may_run(every_stage):
    timeouts = {}
    for owner, name, function in every_stage.resources("AWS::Lambda::Function"):
        timeouts[owner, name] = function["Properties"]["Timeout"]
    queues = {
        (owner, name): queue["Properties"] for owner, name, queue in every_stage.resources("AWS::SQS::Queue")
    }
    for owner, _, mapping in every_stage.resources("AWS::Lambda::EventSourceMapping"):
        source = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"]
        if source[1] == "Arn":
            function = mapping["Properties"]["FunctionName"]["Ref"]
            assert queues[owner, source[0]]["VisibilityTimeout"] > timeouts[owner, function]


def test_a_publisher_reads_inserted_outbox_rows_and_nothing_else(every_stage):
    streams = [
        mapping
        for mapping in every_stage.properties("AWS::Lambda::EventSourceMapping")
        if mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"
    ]
    assert len(streams) == len(every_stage.templates)
    for mapping in streams:
        [found] = mapping["FilterCriteria"]["Filters"]
        assert json.loads(found["Pattern"]) == {
            "eventName": ["INSERT"],
            "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "OUTBOX#"}]}}},
        }


def test_the_work_index_holds_keys_only(every_stage):
    for table in every_stage.properties("AWS::DynamoDB::Table"):
        for index in table.get("GlobalSecondaryIndexes", []):
            assert index["IndexName"] == "work"
            assert index["Projection"] == {"ProjectionType": "KEYS_ONLY"}
            assert [key["AttributeName"] for key in index["KeySchema"]] == ["work", "work_at"]


def test_each_subsystem_ticks_once_a_minute(every_stage):
    schedules = list(every_stage.resources("AWS::Scheduler::Schedule"))

    assert sorted(owner for owner, _, _ in schedules) == sorted(every_stage.templates)
    assert {s["Properties"]["ScheduleExpression"] for _, _, s in schedules} == {"rate(1 minute)"}


def test_every_log_is_kept_for_a_time_and_ends_with_its_stack(every_stage):
    groups = [group for _, _, group in every_stage.resources("AWS::Logs::LogGroup")]
    assert all(group["Properties"]["RetentionInDays"] for group in groups)
    assert len(groups) == len(every_stage.functions()) + 1  # and the front door's


def test_routes_ask_for_a_credential_unless_a_reason_is_written_down(every_stage):
    open_routes = {
        route["RouteKey"]
        for route in every_stage.properties("AWS::ApiGatewayV2::Route")
        if route.get("AuthorizationType", "NONE") == "NONE"
    }
    docs = {f"GET /{subsystem}/docs" for subsystem in every_stage.templates}
    proven_otherwise = {  # by a signature; by the link itself, which only its mail knows
        "payments": {
            "POST /payments/webhooks/stripe/{tenant}",
            "GET /payments/pay/{tenant}/{invoice}",
            "GET /payments/pay/{tenant}/{invoice}/thanks",
        },
        "documents": {"GET /documents/open/{token}"},
        "messaging": {f"{method} /messaging/unsubscribe/{{token}}" for method in ("GET", "POST")},
    }
    present = [routes for name, routes in proven_otherwise.items() if name in every_stage.templates]
    assert open_routes == docs.union(*present)


def test_a_credential_is_asked_for_at_every_request(every_stage):
    [authorizer] = every_stage.properties("AWS::ApiGatewayV2::Authorizer")

    assert authorizer["AuthorizerResultTtlInSeconds"] == 0
    assert authorizer["EnableSimpleResponses"] is True


def test_money_outlives_its_stack_in_production(prod):
    for _, _, table in prod.resources("AWS::DynamoDB::Table"):
        assert table["DeletionPolicy"] == "Retain"
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    buckets = [bucket for _, _, bucket in prod.resources("AWS::S3::Bucket")]
    assert {bucket["DeletionPolicy"] for bucket in buckets} == {"Retain"}
    archive, documents = (b["Properties"] for b in buckets if "ObjectLockConfiguration" in b["Properties"])
    for bucket in (archive, documents):
        rule = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
        assert rule == {"Days": 3650, "Mode": "GOVERNANCE"}


def test_the_operators_tools_are_in_the_outputs(every_stage):
    outputs = every_stage.templates["foundation"]["Outputs"]
    wanted = {
        "ApiUrl",
        "ApiId",
        "AdminFunction",
        "ReplayFunction",
        "IngressBus",
        "DomainBus",
        "ArchiveBucket",
    }
    assert wanted <= set(outputs)


def test_cdk_nag_finds_nothing_that_is_not_accepted_with_a_reason(real_stage):
    found = [
        f"{finding['ruleName']} {construct['constructPath']}"
        for finding in real_stage.findings
        for construct in finding["violatingConstructs"]
    ]
    assert found == []


def test_a_row_that_says_when_it_expires_goes_then_whatever_its_table(every_stage):
    kept = {
        (owner, logical): table["Properties"].get("TimeToLiveSpecification")
        for owner, logical, table in every_stage.resources("AWS::DynamoDB::Table")
    }

    assert len(kept) == 7
    assert set(map(str, kept.values())) == {str({"AttributeName": "expires_at", "Enabled": True})}
