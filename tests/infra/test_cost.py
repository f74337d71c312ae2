"""What a deployed stage costs while nobody uses it, counted from its templates at dated list prices.

us-east-1, on demand, dollars, November 2026, each with the page that says it: look there before you quote.
Free allowances that never end are counted.
"""

from collections import Counter

MOST = 5.00
SECONDS = 730 * 3600  # of a month
MINUTES = 730 * 60

ALARM, FREE_ALARMS = 0.10, 10  # a month; aws.amazon.com/cloudwatch/pricing
SNAPSHOT = 0.0000015046 * SECONDS  # a GB and month of a published version; aws.amazon.com/lambda/pricing
FIXED = {
    "AWS::KMS::Key": 1.00,
    "AWS::SecretsManager::Secret": 0.40,
    "AWS::CloudWatch::Dashboard": 3.00,
    "AWS::Route53::HostedZone": 0.50,
}
# Cost by use alone: nothing is used, nothing is paid.
BY_USE = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CDK::Metadata",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::EventBusPolicy",
    "AWS::Events::Rule",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Alias",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::ConfigurationSetEventDestination",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
}

# What an idle stage does by itself.
POLLS = 5 * SECONDS / 20  # a month and queue: Lambda keeps five long polls of 20 seconds open
POLL, FREE_POLLS = 0.40 / 1e6, 1e6  # aws.amazon.com/sqs/pricing
TICK_READS = 8 * 0.5  # eight empty queries of the work index, half a unit each
READ = 0.125 / 1e6  # aws.amazon.com/dynamodb/pricing/on-demand
FREE_CALLS, FREE_GB_SECONDS = 1e6, 400_000  # of Lambda; aws.amazon.com/lambda/pricing
TICK_GB_SECONDS = 0.25 * 0.3


def fixed(stage):
    """Dollars a month of what costs by existing."""
    counted = Counter()
    for template in stage.templates.values():
        counted.update(resource["Type"] for resource in template["Resources"].values())
    bill = {kind: counted[kind] * price for kind, price in FIXED.items() if counted[kind]}
    bill["alarms beyond ten"] = max(0, counted["AWS::CloudWatch::Alarm"] - FREE_ALARMS) * ALARM
    snapshots = [f["MemorySize"] / 1024 for f in stage.functions().values() if "SnapStart" in f]
    bill["snapshots"] = sum(snapshots) * SNAPSHOT
    return bill, set(counted) - set(FIXED) - BY_USE - {"AWS::CloudWatch::Alarm"}


def idle(stage):
    """Dollars a month of what a stage does while nobody uses it: it asks its queues, and ticks."""
    polled = [
        m
        for m in stage.properties("AWS::Lambda::EventSourceMapping")
        if m["EventSourceArn"]["Fn::GetAtt"][1] == "Arn"
    ]
    ticks = len(stage.properties("AWS::Scheduler::Schedule")) * MINUTES
    assert ticks < FREE_CALLS
    assert ticks * TICK_GB_SECONDS < FREE_GB_SECONDS
    return {
        "polls of queues": (len(polled) * POLLS - FREE_POLLS) * POLL,
        "reads of ticks": ticks * TICK_READS * READ,
    }


def test_an_idle_stage_has_a_fixed_price_of_at_most_five_dollars_a_month(real_stage):
    bill, unknown = fixed(real_stage)

    assert unknown == set(), "look up what these cost by existing, and list them"
    assert sum(bill.values()) <= MOST, bill


def test_what_it_does_by_itself_costs_less_than_that_again(real_stage):
    bill = idle(real_stage)

    assert sum(bill.values()) <= MOST, bill


def test_snapshots_of_everything_would_not_be_affordable(prod):
    """Why SnapStart is for the functions that somebody waits for: each costs, used or not."""
    everything = sum(f["MemorySize"] / 1024 for f in prod.functions().values()) * SNAPSHOT

    assert everything > 5 * MOST
