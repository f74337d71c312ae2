"""Where a catalogue is sent to: what is refused before a key leaves this machine."""

import pytest

from catalogue.door import Door, SilentError, door
from local.console import UserError


@pytest.mark.parametrize(
    ("url", "key", "says"),
    [
        ("nonsense", "k", "no address"),
        ("ftp://example.com", "k", "no address"),
        ("http://[", "k", "no address"),
        ("http://example.com", "k", "unencrypted"),
        ("https://example.com", "", "no API key"),
        ("https://example.com", "k\nx", "letters that no key has"),
    ],
)
def test_a_wrong_setting_is_named(url, key, says):
    with pytest.raises(UserError, match=says):
        door({"BILLING_URL": url, "BILLING_KEY": key})


def test_a_right_one_is_taken_as_it_is():
    assert door({"BILLING_URL": "https://example.com/x", "BILLING_KEY": "k\n"}) == Door(
        "https://example.com/x", "k"
    )


def test_nobody_at_home_is_said_without_a_traceback():
    with pytest.raises(SilentError, match="Nothing answers at"):
        Door("http://127.0.0.1:1", "k").ask("/sales/catalogue")
