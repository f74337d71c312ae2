"""Serves the mailbox: `python -m local.mailbox --port 8025 --cloud http://127.0.0.1:4566`; loopback only.

It keeps nothing: every request asks the emulated cloud for what SES accepted so far.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import URLError
from urllib.parse import quote, unquote
from urllib.request import urlopen

from local.mailbox import pages
from local.ports import LOOPBACK

Mail = dict[str, Any]
Mails = Callable[[], list[Mail]]

HOSTS = frozenset({LOOPBACK, "localhost"})
# The page runs no script and loads nothing; a mail inside its frame may show the pictures it carries.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'"


class UnavailableError(Exception):
    """The emulated cloud does not answer."""


def mails_of(cloud: str) -> list[Mail]:
    """Everything the emulated SES accepted, newest last."""
    try:
        with urlopen(f"{cloud}/_local/mail", timeout=5) as reply:  # noqa: S310 - our own loopback address
            return json.load(reply)
    except (URLError, OSError) as error:
        raise UnavailableError(str(error)) from error


class Mailbox(BaseHTTPRequestHandler):
    """Routes: the list, one mail, one attachment, health."""

    server: MailServer
    server_version = "mailbox"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one request; a page of another site may not ask, whatever name it has for us."""
        if (self.headers.get("Host") or "").rpartition(":")[0] not in HOSTS:
            self._page(403, pages.notice("Ask for 127.0.0.1 or localhost."))
            return
        parts = self.path.partition("?")[0].strip("/").split("/")
        try:
            self._route(parts)
        except UnavailableError:
            self._page(503, pages.notice("The local cloud does not answer. Is it running? make status"))
        except (LookupError, ValueError):
            self._page(404, pages.notice("There is no such mail."))

    def _route(self, parts: list[str]) -> None:
        match parts:
            case [""]:
                self._page(200, pages.inbox(self.server.mails()))
            case ["health"]:
                self._send(200, "application/json", b'{"status": "ok"}', {})
            case ["mail", id_]:
                self._page(200, pages.letter(self._mail(id_)))
            case ["mail", id_, "attachments", number]:
                self._attachment(self._mail(id_)["attachments"][int(number)])
            case _:
                raise LookupError(self.path)

    def _mail(self, id_: str) -> Mail:
        found = [mail for mail in self.server.mails() if mail["id"] == unquote(id_)]
        return found[0]

    def _attachment(self, part: dict[str, str]) -> None:
        """Always a download: what a stranger sent is never shown as a page of ours."""
        try:
            content = base64.b64decode(part["content"], validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error
        name = quote(part["name"] or "attachment", safe="")
        disposition = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        self._send(200, "application/octet-stream", content, disposition)

    def _page(self, status: int, html: str) -> None:
        self._send(status, "text/html; charset=utf-8", html.encode(), {"Content-Security-Policy": POLICY})

    def _send(self, status: int, content_type: str, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": content_type,
            "Content-Length": str(len(body)),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
        }
        for name, value in {**fixed, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: an address line would tell who reads what."""


class MailServer(ThreadingHTTPServer):
    """Shows these mails on a loopback port; port 0 takes a free one."""

    def __init__(self, port: int, mails: Mails) -> None:
        super().__init__((LOOPBACK, port), Mailbox)
        self.mails = mails


def main() -> None:
    """Serve until ended."""
    parser = argparse.ArgumentParser(prog="python -m local.mailbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--cloud", required=True, help="address of the emulated cloud")
    options = parser.parse_args()
    MailServer(options.port, lambda: mails_of(options.cloud)).serve_forever()


if __name__ == "__main__":
    main()
