"""The emulated cloud decided every call of every role, and remembers how.

A refusal is a missing grant; a grant that nobody used is superfluous, or spared with its reason.
Asked after all other end-to-end tests.
"""

import re
from fnmatch import fnmatch

import pytest

from local import sandbox
from local.cloud.warming import aws

ROLE = re.compile(
    r"Billing-local-(?P<subsystem>[A-Za-z]+)-(?:Functions)?(?P<name>[A-Za-z]+?)(?:Rol?e?)?[0-9A-F]{8,}.*"
)


def readable(role):
    """`Sales.OnPaymentEvents` for the name that CloudFormation made of it."""
    found = ROLE.fullmatch(role)
    return f"{found['subsystem']}.{found['name']}" if found else role


def calls(cloud):
    """(role, action, resource, decision) of every call by one of our roles."""
    rows = sandbox.read(f"{cloud.address}/_local/calls")
    return [
        (session.split("/")[1], action, resource, decision)
        for session, action, resource, decision, _ in rows
        if ":assumed-role/billing-local-" in session.lower()
    ]


@pytest.fixture
def called(cloud, open_tenant):
    """What was called so far; with one sale at least, so that this can be run alone."""
    seller = open_tenant()
    seller.client.create_customer("Ada", "ada@example.com", "ada")
    seller.settle()
    return calls(cloud)


def test_no_function_was_refused_what_it_asked_for(called):
    granted = {(role, action, resource) for role, action, resource, decision in called if decision == "Allow"}

    refused = {(readable(r), a, x) for r, a, x, d in called if d != "Allow" and (r, a, x) not in granted}

    assert refused == set()
    assert len(granted) > 20


# Grants that the stories need not use: of which function, which action, on what, and why it is granted.
SPARED = [
    ("*", "logs:*", "*", "the emulator itself writes a function's log"),
    ("*", "sqs:ReceiveMessage", "*", "the emulator itself reads queues for their functions"),
    ("*", "sqs:DeleteMessage", "*", "the emulator itself reads queues for their functions"),
    ("*", "sqs:GetQueueAttributes", "*", "the emulator itself reads queues for their functions"),
    ("*.publish_outbox", "dynamodb:*", "*/stream/*", "the emulator itself reads streams"),
    ("*", "sqs:ChangeMessageVisibility", "*", "a message that failed comes again soon"),
    ("*", "sqs:SendMessage", "*-dead*", "a message that can never be handled is set aside"),
    ("*.tick", "*", "*", "the minute's sweep of what the stream missed, and work due in wall time"),
    ("foundation.replay", "*", "*", "an operator feeds a consumer from the archive"),
    ("foundation.admin", "dynamodb:GetItem", "*", "another key for a tenant whose keys are lost"),
    ("foundation.api", "dynamodb:DeleteItem", "*", "a key is revoked"),
    ("messaging.returned_mail", "dynamodb:*", "*", "the emulated mail service tells of no returns"),
    ("messaging.api", "dynamodb:*", "*", "preferences, notices and suppressions by API"),
    ("payments.api", "dynamodb:DeleteItem", "*", "a method is removed"),
    ("payments.on_sales_events", "dynamodb:DeleteItem", "*", "a voided invoice is no longer collected"),
    ("payments.process_webhook", "dynamodb:DeleteItem", "*", "the provider's word ends a collection"),
    ("payments.work", "*", "*", "an open invoice is collected anew, a lost answer is asked for"),
    ("payments.publish_outbox", "sqs:SendMessage", "*-work", "an open invoice is collected anew"),
    ("access.api", "dynamodb:*", "*", "a refusal is told once"),
    ("access.on_sales_events", "dynamodb:DeleteItem", "*", "an invoice that is paid restricts nobody"),
    ("access.work", "dynamodb:*", "*", "a grace that ended"),
    ("access.publish_outbox", "sqs:SendMessage", "*-work", "a grace that ended"),
    ("payments.on_sales_events", "dynamodb:Query", "*", "a correction asks how its invoice was paid"),
    ("*.api", "dynamodb:Query", "*/index/work", "an operator reads what is parked"),
    ("sales.api", "dynamodb:BatchGetItem", "*", "the fate of one event is looked up"),
    ("sales.api", "dynamodb:PutItem", "*Usage*", "a change of plan folds the days it bills"),
    ("sales.work", "dynamodb:PutItem", "*Usage*", "billing folds the days that nobody folded yet"),
    ("sales.finalize", "dynamodb:Query", "*", "a credit note after others of its invoice"),
    ("sales.on_payment_events", "dynamodb:Query", "*", "a payment for an invoice with credit notes"),
    ("sales.work", "dynamodb:Query", "*", "an invoice with credit notes becomes overdue"),
    (
        "documents.make",
        "dynamodb:ConditionCheckItem",
        "*",
        "a credit note before its invoice's document is made",
    ),
]


def as_list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module")
def functions(cloud):
    """Functions by the name of their role."""
    pages = aws(cloud, "lambda").get_paginator("list_functions").paginate()
    return {f["Role"].rsplit("/", 1)[-1]: f["Description"] for page in pages for f in page["Functions"]}


@pytest.fixture(scope="module")
def grants(cloud, functions):
    """(function, action, resource) of every grant, as it was deployed."""
    iam = aws(cloud, "iam")
    documents = [
        (name, iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"])
        for role, name in functions.items()
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]
    ]
    return {
        (name, action, resource)
        for name, document in documents
        for statement in document["Statement"]
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def spared(grant):
    return [entry for entry in SPARED if all(map(fnmatch, grant, entry))]


def test_no_function_was_granted_what_it_never_asked_for(called, grants, functions):
    used = {
        (functions[role], action, resource)
        for role, action, resource, decision in called
        if decision == "Allow" and role in functions
    }
    if not any(name == "payments.charge" for name, _, _ in used):
        pytest.skip("only after the stories: run the whole of tests/e2e")

    superfluous = {
        (name, action, resource)
        for name, action, resource in grants
        if not spared((name, action, resource))
        and not any((n, a) == (name, action) and fnmatch(r, resource) for n, a, r in used)
    }

    assert superfluous == set()


def test_every_spared_grant_is_still_granted(grants):
    found = {entry for grant in grants for entry in spared(grant)}

    assert [entry for entry in SPARED if entry not in found] == []
