"""Teaches how the simulator is reached: one loopback address for the API, the pages and the levers."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.stripe.api import Answer, Api, Request, as_json
from local.stripe.control import Control
from local.stripe.deliverer import Deliverer
from local.stripe.pages import Pages, page
from local.stripe.store import Store

LOOPBACK = "127.0.0.1"
LARGEST_BODY = 1 << 20
NAMES = frozenset({LOOPBACK, "localhost"})


class Simulator:
    """The provider, running in this process until it is stopped; `state` is a file or `:memory:`."""

    def __init__(self, *, port: int = 0, state: Path | str = ":memory:") -> None:
        self._store = Store(state)
        self._api, self._control = Api(self._store), Control(self._store)
        self._pages, self._deliverer = Pages(self._store), Deliverer(self._store)
        try:
            self._server = _Server((LOOPBACK, port), _Handler)
        except OSError:
            self._store.close()
            raise
        self._server.simulator = self
        self.address = f"http://{LOOPBACK}:{self._server.server_address[1]}"
        self._store.base_url = self.address
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="simulator", daemon=True
        )

    def start(self) -> Simulator:
        """Answer from now on, and go on with what was under way."""
        self._deliverer.start()
        self._thread.start()
        return self

    def stop(self) -> None:
        """Answer no more; the state stays in its file."""
        self._server.shutdown()
        self._server.server_close()
        self._deliverer.stop()
        self._store.close()

    def __enter__(self) -> Simulator:
        """Use as `with Simulator() as provider`."""
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def answer(self, request: Request) -> Answer:
        """Hand a request to who knows the answer; a mistake of ours is said, and leaves nothing behind."""
        try:
            return self._answer(request)
        except Exception:  # noqa: BLE001
            traceback.print_exc()
            error = {"type": "api_error", "message": "The simulator itself failed; its log says why."}
            return as_json(500, {"error": error})

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith("/v1/"):
            return self._api.answer(request)
        if request.path.startswith("/_sim/"):
            return self._control.answer(request)
        if request.path == "/":
            words = "<p>The payment provider of this machine. Its levers are under <code>/_sim/</code>.</p>"
            return page("It runs", words)
        return self._pages.answer(request)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    disable_nagle_algorithm = True
    simulator: Simulator

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left before its answer is no mistake."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "simulator", ""
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 60
    server: _Server

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: addresses may carry what nobody should read."""

    def _answer(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self._refuse(413, "The body is too large, or its length is not given.")
            return
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if host not in NAMES:
            self._refuse(403, "Call this address by 127.0.0.1 or localhost.")
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        answer = self.server.simulator.answer(Request(self.command, parts.path, parts.query, headers, body))
        if answer.delay:
            time.sleep(answer.delay)
        if answer.lost:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _refuse(self, status: int, words: str) -> None:
        self.close_connection = True
        self.send_error(status, words)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815
