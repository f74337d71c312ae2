"""Where a mail may lead."""

import pytest

from messaging.links import pay_link, safe_link, unsubscribe_link


@pytest.mark.parametrize(
    "url", ["https://pay.example/3ds/1?a=b", "http://127.0.0.1:12111/pay", "http://localhost:1/x"]
)
def test_a_link_a_browser_can_follow_safely_is_kept(url):
    assert safe_link(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "http://pay.example/",  # anybody on the way reads along
        "https://",
        "https://bank.example@evil.example/",
        "https://pay.example/\r\nX: y",
        "https://pay.example/ onclick=x",
        "https://[::1",
        "//pay.example/x",
    ],
)
def test_any_other_link_is_left_out(url):
    assert safe_link(url) is None


def test_our_own_links_need_a_public_address(monkeypatch):
    monkeypatch.delenv("PUBLIC_URL", raising=False)
    assert (pay_link("ten_a", "inv_1"), unsubscribe_link("abc")) == (None, None)

    monkeypatch.setenv("PUBLIC_URL", "https://api.acme.example/")
    assert pay_link("ten_a", "inv/1") == "https://api.acme.example/payments/pay/ten_a/inv%2F1"
    assert unsubscribe_link("a-_b") == "https://api.acme.example/messaging/unsubscribe/a-_b"
