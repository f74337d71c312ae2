from datetime import UTC, datetime

import pytest

from local.console import UserError
from local.demo.__main__ import BY_HAND
from local.demo.recount import Counted, recount
from local.demo.story import CATALOGUE
from local.demo.usage import Request, recorded, scripted

TEAM = CATALOGUE["plans"][1]
HEADER = "TIMESTAMP,ContextTokens,GeneratedTokens\n"


def a_file(tmp_path, text):
    path = tmp_path / "code.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_scripted_usage_counted_again_is_what_was_worked_out_by_hand():
    assert recount(TEAM, "USD", "8.1", scripted()) == BY_HAND


def test_a_recount_is_exact_where_floats_are_not():
    half_a_cent = Request("a", datetime(2023, 11, 2, tzinfo=UTC), 1_001_000, 1_000)

    counted = recount(TEAM, "USD", "8.1", [half_a_cent])

    # 1,000 behind the allowance at 0.000003 are 0.003; 1,000 at 0.000015 are 0.015, rounded half up
    assert counted.lines[1:] == (
        Counted("Context tokens", 1_001_000, 0),
        Counted("Generated tokens", 1_000, 2),
    )
    assert (counted.net, counted.tax, counted.total) == (49_02, 3_97, 52_99)  # 8.1 % of 49.02: 3.97062


def test_recorded_requests_are_read_in_the_order_of_time_to_the_microsecond(tmp_path):
    path = a_file(
        tmp_path, HEADER + "2023-11-16 18:17:04.0319600,3180,8\n2023-11-16 18:17:03.9799600,4808,10\n"
    )

    first, second = recorded(path)

    assert first == Request("code-000002", datetime(2023, 11, 16, 18, 17, 3, 979960, tzinfo=UTC), 4808, 10)
    assert second.event("acme.app", "ada") == {
        "specversion": "1.0",
        "id": "code-000001",
        "source": "acme.app",
        "type": "llm.request",
        "subject": "ada",
        "time": "2023-11-16T18:17:04.031960Z",
        "data": {"context_tokens": 3180, "generated_tokens": 8},
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TIMESTAMP,ContextTokens\n", "lacks the columns: GeneratedTokens"),
        (HEADER, "holds no request"),
        (HEADER + "2023-11-16 18:17:03.97,-1,2\n", "request 1: tokens are not negative"),
        (HEADER + "2023-11-16 18:17:03.97,1.5,2\n", "request 1"),
        (HEADER + "yesterday,1,2\n", "request 1"),
        (HEADER + "2023-11-16 18:17:03.97,1\n", "request 1"),
        (HEADER + "2023-11-30 10:00:00.0,1,1\n2023-12-01 10:00:00.0,1,1\n", "does not lie in one month"),
    ],
)
def test_a_file_that_cannot_be_billed_is_refused_with_its_reason(tmp_path, text, said):
    with pytest.raises(UserError, match=said):
        recorded(a_file(tmp_path, text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.csv cannot be read: No such file"):
        recorded(tmp_path / "nowhere.csv")
