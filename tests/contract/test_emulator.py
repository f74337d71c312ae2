"""What the launcher adds to the emulated cloud holds with the pinned version whose internals it reads."""

import base64
import io
import json
import time
import zipfile
from email.message import EmailMessage

import pytest
from botocore.exceptions import ClientError

from local import ports, sandbox
from local.cloud import lifecycle
from local.cloud.folder import Folder, Record
from local.cloud.warming import aws
from local.waiting import eventually

ROLE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
# Refuses the first batch it sees from its second record on, then takes what comes.
PUBLISHER = """
import os, boto3
refused = []
def handler(event, context):
    sqs = boto3.client("sqs")
    numbers = [r["dynamodb"]["SequenceNumber"] for r in event["Records"]]
    if not refused:
        refused.append(numbers)
        return {"batchItemFailures": [{"itemIdentifier": numbers[0]}]}
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["pk"]["S"]
        sqs.send_message(QueueUrl=os.environ["OUT"], MessageBody=key)
    print("published", len(numbers))
    return {"batchItemFailures": []}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("emulator") / "run")


@pytest.fixture(scope="module")
def cloud(folder):
    record = Record(ports.free())
    folder.write(record)
    try:
        lifecycle.begin_emulator(folder, record)
        yield record
    finally:
        folder.clear()


def read(cloud, path):
    return sandbox.read(f"{cloud.address}{path}", timeout=30)


def a_role(cloud, name, *statements):
    iam = aws(cloud, "iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(ROLE_POLICY))["Role"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
    return arn


def allowed(action, resource="*"):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def a_function(cloud, name, code, *, role, **environment):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(zipfile.ZipInfo("code.py"), code)
    aws(cloud, "lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="code.handler",
        Role=role,
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": environment},
        Timeout=10,
    )


def test_settled_names_the_queue_that_holds_a_message_and_not_the_dead_letters(cloud):
    sqs = aws(cloud, "sqs")
    dead = sqs.create_queue(QueueName="orders-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": "2"})
    queue = sqs.create_queue(QueueName="orders", Attributes={"RedrivePolicy": policy})["QueueUrl"]
    assert read(cloud, "/_local/settled")["settled"]

    sqs.send_message(QueueUrl=queue, MessageBody="one")
    sqs.send_message(QueueUrl=dead, MessageBody="lost")

    busy = read(cloud, "/_local/settled?timeout=0.1")
    assert (busy["settled"], busy["busy"]) == (False, {"queue orders": 1})
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    assert read(cloud, "/_local/settled")["settled"]


def test_a_refused_call_is_in_the_call_log_beside_the_granted_one(cloud):
    a_role(cloud, "reader", allowed("sqs:ListQueues"))
    assumed = aws(cloud, "sts").assume_role(
        RoleArn="arn:aws:iam::000000000000:role/reader", RoleSessionName="test"
    )["Credentials"]
    import boto3  # noqa: PLC0415

    sqs = boto3.client(
        "sqs",
        endpoint_url=cloud.address,
        region_name="us-east-1",
        aws_access_key_id=assumed["AccessKeyId"],
        aws_secret_access_key=assumed["SecretAccessKey"],
        aws_session_token=assumed["SessionToken"],
    )

    sqs.list_queues()
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.create_queue(QueueName="not-mine")

    rows = [row for row in read(cloud, "/_local/calls") if "reader" in row[0]]
    assert {(action.lower(), decision) for _, action, _, decision, _ in rows} == {
        ("sqs:listqueues", "Allow"),
        ("sqs:createqueue", "ImplicitDeny"),
    }


def test_a_mail_is_kept_whole(cloud):
    ses = aws(cloud, "sesv2")
    ses.create_email_identity(EmailIdentity="acme.example")
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "billing@acme.example", "ada@example.com", "Grüezi"
    message["List-Unsubscribe"] = "<https://acme.example/u>"
    message.set_content("Guten Tag, Łódź")
    message.add_alternative("<p>Guten Tag</p>", subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice.pdf")

    ses.send_email(
        FromEmailAddress="billing@acme.example",
        Destination={"ToAddresses": ["ada@example.com"]},
        Content={"Raw": {"Data": message.as_bytes()}},
    )

    [mail] = read(cloud, "/_local/mail")
    assert (mail["to"], mail["subject"]) == (["ada@example.com"], "Grüezi")
    assert (mail["text"].strip(), mail["html"].strip()) == ("Guten Tag, Łódź", "<p>Guten Tag</p>")
    assert ["List-Unsubscribe", "<https://acme.example/u>"] in mail["headers"]
    [attached] = mail["attachments"]
    assert (attached["name"], base64.b64decode(attached["content"])) == ("invoice.pdf", b"%PDF-1.7")


def test_a_refused_stream_batch_is_not_lost_and_counts_as_under_way(cloud):
    dynamodb, sqs, functions = aws(cloud, "dynamodb"), aws(cloud, "sqs"), aws(cloud, "lambda")
    out = sqs.create_queue(QueueName="published")["QueueUrl"]
    table = dynamodb.create_table(
        TableName="outbox",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    rights = a_role(cloud, "publisher", allowed(["sqs:SendMessage", "dynamodb:*"]))
    a_function(cloud, "publisher", PUBLISHER, role=rights, OUT=out)
    functions.create_event_source_mapping(
        FunctionName="publisher",
        EventSourceArn=table["LatestStreamArn"],
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )

    for key in ("a", "b", "c"):
        dynamodb.put_item(TableName="outbox", Item={"pk": {"S": key}})

    came: set[str] = set()

    def all_came():
        found = sqs.receive_message(QueueUrl=out, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            came.add(message["Body"])
            sqs.delete_message(QueueUrl=out, ReceiptHandle=message["ReceiptHandle"])
        return came == {"a", "b", "c"}

    eventually(all_came)
    assert read(cloud, "/_local/settled")["settled"]


def test_functions_of_the_same_code_share_one_copy_of_it(cloud, folder):
    role = a_role(cloud, "twin", allowed("sqs:ListQueues"))
    code = "import os\ndef handler(event, context): return os.path.realpath(__file__)"
    for name in ("one", "two"):
        a_function(cloud, name, code, role=role)

    answers = [aws(cloud, "lambda").invoke(FunctionName=name)["Payload"].read() for name in ("one", "two")]

    assert answers[0] == answers[1]
    assert str(folder.scratch / "unpacked") in answers[0].decode()


def test_nothing_of_it_is_left(tmp_path):
    folder, record = Folder(tmp_path / "run"), Record(ports.free())
    folder.write(record)
    lifecycle.begin_emulator(folder, record)

    started = time.monotonic()
    assert folder.clear() is True

    assert time.monotonic() - started < 20
    assert not folder.root.exists()
    assert not folder.scratch.exists()
    assert not record.processes["emulator"].alive()
    assert ports.is_free(record.ports.gateway)
