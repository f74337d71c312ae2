"""What the suites of the payment provider stand on: a client, a listener for notifications, a browser."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from stripe import StripeClient

PATIENCE = 10.0
BACK = "http://127.0.0.1:9/done?session={CHECKOUT_SESSION_ID}"
Notification = tuple[bytes, str]


def client(address: str, key: str = "sk_test_acme", *, retries: int = 0) -> StripeClient:
    """The official client, pointed at the simulator."""
    return StripeClient(key, base_addresses={"api": address}, max_network_retries=retries)


def saved_card(stripe: StripeClient, card: str = "pm_card_visa") -> tuple[str, str]:
    """A customer and the card saved for later payments."""
    customer = stripe.v1.customers.create({"email": "ada@example.com"})
    intent = stripe.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": card,
            "confirm": True,
            "automatic_payment_methods": {"enabled": True, "allow_redirects": "never"},
        }
    )
    assert intent.status == "succeeded"
    return customer.id, str(intent.payment_method)


def charge(stripe: StripeClient, amount: int = 1990, card: str = "pm_card_visa", **more: Any) -> Any:
    """Take money from a saved card without its holder."""
    customer, method = saved_card(stripe, card)
    wanted = {"customer": customer, "payment_method": method, "off_session": True, "confirm": True}
    return stripe.v1.payment_intents.create({"amount": amount, "currency": "chf", **wanted, **more})


def listen(stripe: StripeClient, url: str, *types: Any) -> str:
    """Subscribe; the secret."""
    made = stripe.v1.webhook_endpoints.create({"url": url, "enabled_events": list(types or ("*",))})
    return str(made.secret)


def setup_page(stripe: StripeClient) -> Any:
    """A page for a new customer to save a card on."""
    customer = stripe.v1.customers.create({"email": "ada@example.com"})
    return stripe.v1.checkout.sessions.create(
        {"mode": "setup", "customer": customer.id, "currency": "chf", "success_url": BACK}
    )


def payment_page(stripe: StripeClient, name: str = "Invoice 17") -> Any:
    """A page to pay CHF 19.90 on."""
    price: Any = {"currency": "chf", "unit_amount": 1990, "product_data": {"name": name}}
    return stripe.v1.checkout.sessions.create(
        {"mode": "payment", "success_url": BACK, "line_items": [{"quantity": 1, "price_data": price}]}
    )


def lever(
    address: str, path: str, body: Any = None, *, method: str | None = None, key: str | None = None
) -> Any:
    """Pull a lever of the simulator, for everybody or for the account of a key."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(f"{address}/_sim/{path}", data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return json.load(error)


class _StayHere(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def browse(url: str, form: dict[str, str] | None = None) -> tuple[int, str]:
    """Open a page or send its form; the status with the page, or with where it leads."""
    data = None if form is None else urllib.parse.urlencode(form).encode()
    try:
        with urllib.request.build_opener(_StayHere).open(url, data, timeout=PATIENCE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers.get("Location") or error.read().decode()


def until(holds: Callable[[], Any]) -> Any:
    """Wait until it holds; what it then is."""
    deadline = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never came to hold"
        threading.Event().wait(0.01)
    return found


class Listener:
    """An endpoint for notifications on this machine; `refuse` times it answers 500 first."""

    def __init__(self, *, refuse: int = 0) -> None:
        self.heard: list[Notification] = []
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.heard.append((body, self.headers["Stripe-Signature"]))
                self.send_response(500 if len(listener.heard) <= refuse else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhooks"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def types(self) -> list[str]:
        """What was heard so far, in order."""
        return [json.loads(body)["type"] for body, _ in list(self.heard)]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
