import base64
import threading
from http.client import HTTPConnection

import pytest

from local.mailbox.__main__ import MailServer, UnavailableError

WELCOME = {
    "id": "0100-a/b",
    "sent_at": "2026-01-02T03:04:05.678+00:00",
    "from": "billing@acme.example",
    "to": ["ada@example.com"],
    "cc": [],
    "bcc": [],
    "reply_to": ["help@acme.example"],
    "configuration_set": None,
    "tags": {"template": "welcome"},
    "subject": "Welcome <b>Ada</b>",
    "text": "Hello & welcome",
    "html": '<p onclick="x()">Hello</p><script>alert(1)</script>',
    "headers": [["List-Unsubscribe", "<https://acme.example/u>"]],
    "attachments": [
        {
            "name": "../Rechnung März.pdf",
            "type": "application/pdf",
            "content": base64.b64encode(b"%PDF").decode(),
        }
    ],
}


@pytest.fixture
def ask():
    """Ask a mailbox that holds the given mails; a failing source is a cloud that does not answer."""
    servers = []

    def served(mails, path, host="127.0.0.1"):
        server = MailServer(0, mails if callable(mails) else lambda: mails)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        connection = HTTPConnection("127.0.0.1", server.server_port, timeout=5)
        try:
            connection.request("GET", path, headers={"Host": f"{host}:{server.server_port}"})
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read().decode()
        finally:
            connection.close()

    yield served
    for server in servers:
        server.shutdown()
        server.server_close()


def test_an_empty_mailbox_says_so(ask):
    status, _, page = ask([], "/")

    assert status == 200
    assert "No mail has been sent yet" in page


def test_the_list_shows_the_newest_first_and_no_markup_of_a_sender(ask):
    newer = {**WELCOME, "id": "2", "subject": "Your receipt"}

    _, _, page = ask([WELCOME, newer], "/")

    assert page.index("Your receipt") < page.index("Welcome")
    assert "Welcome &lt;b&gt;Ada&lt;/b&gt;" in page
    assert 'href="/mail/0100-a%2Fb"' in page


def test_html_stays_in_a_frame_that_may_do_nothing(ask):
    status, headers, page = ask([WELCOME], "/mail/0100-a%2Fb")

    assert status == 200
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    for shown in (
        "Hello &amp; welcome",
        "help@acme.example",
        "List-Unsubscribe",
        "tag template",
        "application/pdf, 4 bytes",
    ):
        assert shown in page


def test_an_address_typed_by_hand_finds_its_mail(ask):
    mail = {**WELCOME, "id": "0100@mail.example"}

    assert ask([mail], "/mail/0100@mail.example")[0] == 200
    assert ask([mail], "/mail/0100%40mail.example")[0] == 200


def test_an_attachment_is_a_download_under_its_own_name(ask):
    status, headers, body = ask([WELCOME], "/mail/0100-a%2Fb/attachments/0")

    assert (status, body) == (200, "%PDF")
    assert headers["Content-Disposition"] == "attachment; filename*=UTF-8''..%2FRechnung%20M%C3%A4rz.pdf"
    assert headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize("path", ["/mail/none", "/mail/0100-a%2Fb/attachments/7", "/else", "/mail/x/y/z"])
def test_what_is_not_there_is_not_found(ask, path):
    assert ask([WELCOME], path)[0] == 404


def test_a_page_of_another_site_may_not_ask(ask):
    assert ask([WELCOME], "/", host="mail.evil.example")[0] == 403


def test_without_the_cloud_it_says_what_to_look_at(ask):
    def down():
        raise UnavailableError("refused")

    status, _, page = ask(down, "/")

    assert status == 503
    assert "make status" in page
