import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from local.browser import PageError, fill_in

PAGE = b"""
<form action="/search"><input name="q"></form>
<form method="post" action="/pay?x=1">
  <input type="hidden" name="token" value="a&amp;b">
  <input name="number"><input type="checkbox" name="later" value="1">
  <button name="do" value="save">Save</button>
</form>
"""


class Page(BaseHTTPRequestHandler):
    sent: list[tuple[str, str]] = []  # noqa: RUF012

    def do_GET(self):
        self.answer(200, PAGE)

    def do_POST(self):
        self.sent.append((self.path, self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.answer(303, b"", "https://acme.example/done")

    def answer(self, status, body, location=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def page():
    server = HTTPServer(("127.0.0.1", 0), Page)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/setup"
    server.shutdown()
    server.server_close()


def test_a_form_is_sent_as_a_browser_sends_it_and_its_redirect_not_followed(page):
    Page.sent.clear()

    assert fill_in(page, {"number": "4242", "do": "save"}) == "https://acme.example/done"

    assert Page.sent == [("/pay?x=1", "token=a%26b&number=4242&do=save")]


def test_a_page_without_the_field_is_not_the_one_expected(page):
    with pytest.raises(PageError, match=r"no form with \['iban'\]"):
        fill_in(page, {"iban": "CH93"})


def test_an_address_elsewhere_is_not_opened():
    with pytest.raises(PageError, match="not on this machine"):
        fill_in("https://pay.example/setup", {"number": "4242"})
