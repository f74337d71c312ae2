"""A catalogue file is read as it is written, and what is wrong is named by its line."""

import itertools

import pytest

from catalogue.file import read
from local.console import UserError

FILE = """\
plans:
  - key: team
    name: NO
    prices:
      - &base
        key: base
        charges:
          USD: {kind: flat, amount: 49.00}
      - {<<: *base, key: other}
    rank: 10
    trial: null
    starts: 2026-01-31
    at: 12:30
"""


@pytest.fixture
def written(tmp_path):
    def write(text, name="prices.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return write


def test_amounts_dates_and_countries_stay_what_was_written(written):
    [team] = read(written(FILE)).data["plans"]

    assert team["prices"][0]["charges"]["USD"]["amount"] == "49.00"
    assert (team["name"], team["starts"], team["at"]) == ("NO", "2026-01-31", "12:30")
    assert (team["rank"], team["trial"]) == (10, None)
    assert team["prices"][1] == {**team["prices"][0], "key": "other"}


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("plans[0].prices[0].charges.USD.amount", 8),
        ("plans[0].prices[1].key", 9),
        ("plans[0].prices[0].charges.USD.tiers[3].up_to", 8),  # nothing there: what should have it
        ("plans[0].prices[0].name", 5),
        ("features", 1),
        ("", 1),
    ],
)
def test_a_field_is_found_on_its_line_or_where_it_is_missing(written, field, line):
    path = written(FILE)

    assert read(path).place(field) == f"{path}:{line}"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("plans: [\n", ":2:1: "),
        ("plans: []\nplans: []\n", ":2:1: 'plans' stands twice"),
        ("plans:\n\t- x\n", ":2:1: "),
        ("plans: !!python/object/apply:os.system [id]\n", ":1:8: no tag"),
        ("1: x\n", ":1:1: a name is a text"),
        ("a: &a [*a]\n", "too large"),
        ("", "is empty"),
        ("- x\n", "is no catalogue"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"\x00", "unacceptable character"),
        ("a: {}\n---\nb: {}\n", ":2:1: "),
    ],
)
def test_what_is_no_catalogue_is_said_with_its_place(written, text, says):
    with pytest.raises(UserError) as refused:
        read(written(text))

    assert says in refused.value.what


def test_aliases_of_aliases_are_not_unfolded_without_end(written):
    names = "abcdefgh"
    lines = ["a: &a [" + ", ".join("x" * 10) + "]"]
    for before, name in itertools.pairwise(names):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")

    with pytest.raises(UserError, match="too large"):
        read(written("\n".join(lines)))


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(UserError, match="There is no file"):
        read(str(tmp_path / "none.yaml"))
    with pytest.raises(UserError, match="Is a directory"):
        read(str(tmp_path))
