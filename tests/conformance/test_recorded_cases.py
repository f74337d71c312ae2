import json
from pathlib import Path

import pytest

from conformance.__main__ import main
from conformance.runner import read_cases, run

CASES = Path(__file__).parent / "cases"
DECLINED = {"own-capacity", "own-no-zone"}


@pytest.mark.parametrize("case", read_cases(CASES), ids=lambda case: case.id)
def test_our_own_cases_in_the_neutral_form_come_out_as_computed_by_hand(case):
    (result,) = run([case])

    if case.id in DECLINED:
        assert result.reason
    else:
        assert result.passed, (case.expected, result.got)


def test_a_report_ends_with_the_counts_and_gives_each_reason_once(capsys):
    assert main([str(CASES)]) == 0
    lines = capsys.readouterr().out.strip().splitlines()

    assert lines[-1] == "26 passed, 0 failed, 2 unsupported"
    assert "charge_models: 12 passed, 0 failed, 1 unsupported" in lines
    assert sum("UNSUPPORTED charge_models/price_capacity (1)" in line for line in lines) == 1


def test_a_difference_is_listed_with_what_was_expected_and_what_came(tmp_path, capsys):
    case = json.loads((CASES / "charge_models.json").read_text())[0]
    wrong = tmp_path / "other.json"
    wrong.write_text(
        json.dumps([{**case, "id": "x", "expected": {"amount": "180.99"}}, {**case, "family": "?"}])
    )

    assert main([str(wrong), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert told["failed"] == [
        {"id": "x", "op": "price_quantity", "expected": {"amount": "180.99"}, "got": {"amount": "181"}}
    ]
    assert told["total"] == {"passed": 0, "failed": 1, "unsupported": 1}


def test_the_name_and_the_source_of_a_case_do_not_matter():
    for case in read_cases(CASES):
        renamed = type(case)("renamed", case.family, case.config, case.input, case.expected)
        before, after = run([case, renamed])
        assert (before.passed, before.reason) == (after.passed, after.reason)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, capsys, content):
    path = tmp_path / "cases.json"
    if content is not None:
        path.write_text(content)

    status = main([str(path)])

    assert status == (0 if content == "[]" else 2)
    if status:
        assert str(path) in capsys.readouterr().err
