"""Countries and languages by their codes."""

import pytest

from billing.core.places import is_country, is_language_tag


@pytest.mark.parametrize("code", ["CH", "DE", "AX", "XK"])
def test_a_country_is_known_by_its_two_letters(code):
    assert is_country(code)


@pytest.mark.parametrize("code", ["ch", "UK", "EU", "ZZ", "CHE", "", "C"])
def test_what_no_country_has_is_none(code):
    assert not is_country(code)


@pytest.mark.parametrize(
    "tag", ["en", "de-CH", "gsw", "zh-Hant-TW", "es-419", "sl-rozaj", "de-CH-1996", "th-TH-u-nu-thai"]
)
def test_a_language_tag_of_rfc_5646(tag):
    assert is_language_tag(tag)


@pytest.mark.parametrize("tag", ["", "e", "de_CH", "german", "de-", "-de", "de-CH\n", "a" * 36, "de CH"])
def test_what_is_no_language_tag(tag):
    assert not is_language_tag(tag)
