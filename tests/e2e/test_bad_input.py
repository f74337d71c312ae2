"""What is wrong is refused at the door with its reason, through the gateway before every function."""

import json
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from local.client import ProblemError
from local.demo.story import CATALOGUE

CUSTOMER = {"name": "Ada Byron", "email": "ada@example.com", "external_id": "ada"}


def refused(call, *args, **kw):
    with pytest.raises(ProblemError) as caught:
        call(*args, **kw)
    return caught.value.status, caught.value.code


def test_without_a_credential_nothing_opens(seller):
    nobody = replace(seller.client, token=None)
    forged = replace(seller.client, token=seller.client.token[:-4] + "0000")

    assert refused(nobody.ask, "/sales/books")[0] == 401
    assert refused(forged.ask, "/sales/books")[0] == 403
    assert "swagger" in nobody.text("/sales/docs").lower()


def test_a_narrow_key_does_what_it_may_and_nothing_else(seller):
    made = seller.client.send("/foundation/keys", {"name": "product", "scopes": ["access:check"]})
    product = replace(seller.client, token=made["token"])

    assert product.may_use("ada", "completions")["allowed"] is False
    assert refused(product.ask, "/sales/books") == (403, "scope_missing")
    assert refused(product.create_customer, "Ada", "ada@example.com", "ada") == (403, "scope_missing")


def test_another_tenant_sees_nothing_and_changes_nothing(open_tenant):
    ours, theirs = open_tenant("a"), open_tenant("b")
    for seller in (ours, theirs):
        seller.client.publish(CATALOGUE)
    ada = ours.client.create_customer(*CUSTOMER.values())["id"]
    subscription = ours.client.subscribe(ada, "team", "USD")["subscription"]
    ours.settle()
    [invoice] = ours.client.invoices(ada)

    other = theirs.client
    assert refused(other.ask, f"/sales/customers/{ada}") == (404, "customer_not_found")
    assert refused(other.ask, f"/sales/subscriptions/{subscription}") == (404, "subscription_not_found")
    assert refused(other.ask, f"/sales/invoices/{invoice['id']}") == (404, "invoice_not_found")
    assert refused(other.send, f"/sales/subscriptions/{subscription}/cancel")[0] == 404
    assert refused(other.subscribe, ada, "team", "USD")[0] == 404
    assert refused(other.send, "/foundation/sources", {"source": ours.source}) == (422, "source_taken")
    assert other.invoices("ada") == []
    assert other.may_use(ada, "completions")["allowed"] is False
    assert ours.client.ask(f"/sales/subscriptions/{subscription}")["status"] == "active"


def test_a_body_that_cannot_be_read_is_told_what_is_wrong(seller):
    client = seller.client
    bad = dict(CUSTOMER)
    assert refused(client.send, "/sales/customers", bad | {"colour": "red"}) == (422, "invalid")
    assert refused(client.send, "/sales/customers", bad | {"email": "nobody"}) == (422, "invalid")
    assert refused(client.send, "/sales/customers", bad | {"name": "x" * 2_000_000}) == (413, "too_large")
    assert refused(client.subscribe, "nobody", "team", "USD")[0] == 404
    event = {"id": "1", "source": seller.source, "type": "llm.request", "subject": "ada"}
    verdicts = client.report(
        [event, event | {"time": "2023-11-01T00:00:00Z", "data": {"context_tokens": -1}}]
    )
    assert [receipt["verdict"] for receipt in verdicts] == ["rejected", "unmatched"]


def test_the_same_key_is_answered_the_same_and_another_request_under_it_refused(seller):
    first = seller.client.send("/sales/customers", CUSTOMER, key="create-ada")

    assert seller.client.send("/sales/customers", CUSTOMER, key="create-ada") == first
    other = CUSTOMER | {"name": "Grace"}
    assert refused(seller.client.send, "/sales/customers", other, key="create-ada") == (
        422,
        "idempotency_key_reused",
    )


def test_a_forged_webhook_is_refused_and_changes_nothing(seller):
    gateway = f"{seller.cloud.address}/_aws/execute-api/{seller.cloud.outputs['ApiId']}/$default"
    body = json.dumps({"id": "evt_forged", "object": "event", "type": "payment_intent.succeeded"}).encode()
    now = int(datetime.now(UTC).timestamp())
    for tenant in (seller.tenant, "ten_nobody"):
        request = urllib.request.Request(  # noqa: S310
            f"{gateway}/payments/webhooks/stripe/{tenant}",
            body,
            {"Stripe-Signature": f"t={now},v1={'0' * 64}", "Content-Type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=10)  # noqa: S310
        assert caught.value.code == 400
        assert json.load(caught.value)["code"] == "webhook_refused"

    assert seller.client.ask("/payments/books")["balances"] == {}


def test_no_personal_data_reaches_the_logs(seller):
    from local.cloud.warming import aws  # noqa: PLC0415

    email = f"secret.{seller.tenant}@example.com".replace("ten_", "")
    seller.client.publish(CATALOGUE)
    ada = seller.client.create_customer("Ada Lovelace-Byron", email, "ada")["id"]
    seller.client.subscribe(ada, "team", "USD")
    seller.settle()
    assert seller.mails(email)

    logs = aws(seller.cloud, "logs")
    groups = [
        g["logGroupName"]
        for page in logs.get_paginator("describe_log_groups").paginate()
        for g in page["logGroups"]
    ]
    lines = [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]
    assert len(lines) > 100
    assert not [line for line in lines if email in line or "Lovelace-Byron" in line]
    assert not [line for line in lines if seller.client.token[25:] in line]
