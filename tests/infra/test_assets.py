"""Assets: the same sources give the same hash, other sources another one, and bytecode that is used."""

import json
import subprocess
import sys

import pytest

from infra import assets
from infra.assets import ROOT
from infra.config import read_stage


@pytest.fixture
def here():
    return read_stage("local", json.loads((ROOT / "cdk.json").read_text())["context"]["stages"])


@pytest.fixture
def source(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "ROOT", tmp_path)
    folder = tmp_path / "functions" / "sales"
    folder.mkdir(parents=True)
    (folder / "rule.py").write_text("ANSWER = 42\n")
    return folder


def test_what_a_run_leaves_behind_does_not_change_an_asset(here, source):
    before = assets.digest(here, source)

    (source / "__pycache__").mkdir()
    (source / "__pycache__" / "rule.cpython-311.pyc").write_bytes(b"x")
    (source / "README.md").write_text("words")

    assert assets.digest(here, source) == before


def test_an_edit_changes_an_asset(here, source):
    before = assets.digest(here, source)

    (source / "rule.py").write_text("ANSWER = 43\n")

    assert assets.digest(here, source) != before


def test_a_template_beside_the_code_is_part_of_it(here, source):
    before = assets.digest(here, source)

    (source / "notice.txt").write_text("Dear {{ name }}")

    assert assets.digest(here, source) != before


def test_copied_code_brings_bytecode_that_is_never_checked(here, source, tmp_path):
    output = tmp_path / "out"
    output.mkdir()

    assert assets.Copied(source, "sales", "/var/task", here).try_bundle(str(output))

    [compiled] = (output / "sales" / "__pycache__").glob("rule.*.pyc")
    assert compiled.read_bytes()[4:8] == (0b01).to_bytes(4, "little")  # hash-based, unchecked (PEP 552)
    program = "import sales.rule, sys; print(sales.rule.__cached__, sales.rule.ANSWER)"
    command = [sys.executable, "-c", program]
    said = subprocess.run(command, cwd=output, capture_output=True, text=True, check=True).stdout  # noqa: S603
    assert said == f"{compiled} 42\n"


def test_two_builds_of_one_source_are_equal_byte_for_byte(here, source, tmp_path):
    built = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        assets.Copied(source, "sales", "/var/task", here).try_bundle(str(tmp_path / name))
        built.append(
            {p.relative_to(tmp_path / name): p.read_bytes() for p in (tmp_path / name).rglob("*.py*")}
        )

    assert built[0] == built[1]
