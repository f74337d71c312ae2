"""The commands plan, apply and export, over HTTP to the real handlers: what people and pipelines see."""

import copy
import json
import os
import re
import threading
from functools import partialmethod
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml

from catalogue.__main__ import main
from tests.builders import a_catalogue
from tests.integration.sales.test_a_month_of_sales import subscribe


class Gateway:
    """The API of sales at a loopback address, open to whoever has the key."""

    def __init__(self, sales):
        self.asked = []

        answer = partialmethod(lambda handler: self._answer(sales, handler))
        calls = {"do_GET": answer, "do_POST": answer, "log_message": lambda *_: None}
        self.server = HTTPServer(("127.0.0.1", 0), type("Handler", (BaseHTTPRequestHandler,), calls))
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def _answer(self, sales, handler):
        size = int(handler.headers.get("Content-Length") or 0)
        raw = handler.rfile.read(size).decode() if size else None
        self.asked.append((handler.command, handler.path))
        if handler.headers["Authorization"] == "Bearer good":
            key = handler.headers.get("Idempotency-Key")
            status, body = sales.ask(handler.command, handler.path, raw=raw, key=key)
        else:
            status, body = 401, {"message": "Unauthorized"}
        content = json.dumps(body).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def prices(sales, tmp_path, capsys):
    gateway = Gateway(sales)
    before = {name: os.environ.get(name) for name in ("BILLING_URL", "BILLING_KEY")}
    os.environ |= {"BILLING_URL": gateway.address, "BILLING_KEY": "good"}
    yield Prices(sales, tmp_path / "prices.yaml", gateway, capsys)
    gateway.close()
    for name, value in before.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


class Prices:
    """A catalogue file and what the commands make of it."""

    def __init__(self, sales, path, gateway, capsys):
        self.sales, self.path, self.gateway, self.capsys = sales, path, gateway, capsys
        self.data = copy.deepcopy(a_catalogue())

    def run(self, command, *more):
        if command != "export":
            self.path.write_text(yaml.safe_dump(self.data, sort_keys=False))
            more = (str(self.path), *more)
        self.capsys.readouterr()
        status = main([command, *more])
        self.sales.settle()
        return status, self.capsys.readouterr().out.replace(str(self.path), "prices.yaml")

    def price(self, amount):
        self.data["plans"][1]["prices"][0]["charges"]["USD"]["amount"] = amount

    def on_sale(self):
        return {p["key"]: p["version"] for p in self.sales.ask("GET", "/sales/catalogue")[1]["plans"]}


def test_plan_shows_and_apply_publishes_what_it_showed(prices):
    subscribe(prices.sales)
    prices.price("59.00")
    prices.data["plans"][0] = {"key": "pro", "name": "Pro"}

    status, shown = prices.run("plan")
    assert status == 0
    lines = shown.splitlines()
    hash_ = re.search(r"PLAN=([0-9a-f]{12})$", lines[-1])[1]
    assert lines == [
        "- plan free   version 1, no longer sold",
        "+ plan pro   version 1   Pro",
        "~ plan team   version 1 → 2",
        "    prices.base.charges.USD.amount   49.00 → 59.00",
        "    1 subscriber keeps what it has: 1 on version 1",
        "",
        "1 added, 1 changed, 1 withdrawn.",
        "Nothing is published yet. To publish this and nothing else:",
        f"  make catalogue-apply FILE=prices.yaml PLAN={hash_}",
    ]
    assert prices.on_sale() == {"free": 1, "team": 1}

    status, said = prices.run("apply", "--plan", hash_)
    assert (status, said.splitlines()[-1]) == (0, "Published. On sale: pro version 1, team version 2.")
    assert prices.on_sale() == {"pro": 1, "team": 2}
    assert prices.run("plan", "--check") == (0, "prices.yaml is what is on sale: nothing to publish.\n")
    assert prices.run("apply", "--plan", hash_)[0] == 0  # what is done is not done again


def test_check_says_by_its_exit_status_that_something_would_change(prices):
    prices.price("59.00")

    status, out = prices.run("plan", "--check", "--json")

    assert status == 2
    assert json.loads(out)["changes"][0]["fields"] == [
        {"field": "prices.base.charges.USD.amount", "old": "49.00", "new": "59.00"}
    ]


def test_what_was_not_planned_is_not_published(prices):
    prices.price("59.00")
    planned = json.loads(prices.run("plan", "--json")[1])["hash"]
    prices.price("69.00")

    status, said = prices.run("apply", "--plan", planned[:12])
    assert (status, "This is not what was planned" in said) == (1, True)
    assert prices.run("apply", "--plan", "")[0] == 1
    status, said = prices.run("apply")  # nobody sits at a terminal here
    assert (status, "Nobody is here to agree." in said) == (1, True)
    assert prices.on_sale() == {"free": 1, "team": 1}

    assert prices.run("apply", "--yes")[0] == 0
    assert prices.on_sale() == {"free": 1, "team": 2}


def test_what_cannot_be_sold_is_named_by_line_and_field(prices):
    prices.data["plans"][1]["prices"][1]["charges"]["USD"]["tiers"][0]["up_to"] = None

    status, said = prices.run("plan")
    assert status == 1
    assert re.fullmatch(
        r"prices\.yaml:\d+: plans\[1\]\.prices\[1\]\.charges\.USD\.tiers\[0\]\.up_to: "
        r"only the last tier is without end\n",
        said,
    )
    line = int(said.split(":")[1])
    assert prices.path.read_text().splitlines()[line - 1].strip(" -").startswith("up_to: null")

    [error] = json.loads(prices.run("apply", "--json")[1])["errors"]
    assert (error["code"], error["place"]) == ("tiers_overlap", f"prices.yaml:{line}")


def test_a_wrong_key_and_a_wrong_address_say_what_to_set(prices):
    os.environ["BILLING_KEY"] = "bad"
    status, said = prices.run("plan")
    assert (status, "does not accept this key" in said, "BILLING_KEY" in said) == (1, True, True)

    os.environ["BILLING_URL"] = "http://127.0.0.1:1"
    status, said = prices.run("plan", "--json")
    assert (status, json.loads(said)["problem"]) == (
        1,
        "Nothing answers at http://127.0.0.1:1 (Connection refused).",
    )


def test_what_is_on_sale_comes_back_as_a_file_that_changes_nothing(prices):
    prices.data["coupons"] = [{"key": "tenth", "percent": "10", "redeem_by": "2026-01-31T09:30:00Z"}]
    prices.data["plans"][1]["trial"] = {"length": {"unit": "day", "count": 14}}
    assert prices.run("apply", "--yes")[0] == 0

    _, written = prices.run("export")
    prices.data = yaml.safe_load(written)

    assert prices.run("plan", "--check")[0] == 0
    assert "version" not in written


def test_promotions_and_experiments_are_shown_mended_by_line_and_written_back(prices):
    prices.data["coupons"] = [{"key": "tenth", "percent": "10"}]
    autumn = {"key": "autumn", "name": "Autumn", "coupon": "tenth", "since": "2023-11-01T00:00:00Z"}
    dearer = {"key": "dearer", "overrides": [{"price": "base", "discount_percent": "5"}]}
    tried = {"key": "cheaper", "plan": "team", "arms": [{"key": "control"}, dearer]}
    prices.data |= {"promotions": [{**autumn, "coupon": "tenht"}], "experiments": [tried]}
    status, said = prices.run("plan")
    [wrong] = [n for n, line in enumerate(prices.path.read_text().splitlines(), 1) if "tenht" in line]
    assert status == 1
    assert f"prices.yaml:{wrong}: promotions[0].coupon: 'tenht' is not a coupon of this file" in said

    prices.data["promotions"] = [autumn]
    shown = prices.run("plan")[1].splitlines()
    assert shown[:3] == [
        "+ coupon tenth",
        "+ promotion autumn   Autumn: coupon tenth from 2023-11-01T00:00:00Z",
        "+ experiment cheaper   control 1, dearer 1 of team",
    ]
    assert prices.run("apply", "--yes")[0] == 0
    prices.data = yaml.safe_load(prices.run("export")[1])
    assert prices.run("plan", "--check")[0] == 0

    prices.data["promotions"][0]["until"] = "2023-12-01T00:00:00Z"
    prices.data["experiments"] = []
    assert prices.run("plan")[1].splitlines()[:3] == [
        "~ promotion autumn",
        "    until   — → 2023-12-01T00:00:00Z",
        "- experiment cheaper   no longer offered",
    ]
