"""What is started is known again, and ended with all it started."""

import os
import sys
from pathlib import Path

import pytest

from local.cloud.folder import Folder, Record
from local.console import UserError
from local.ports import Ports
from local.processes import Process, end, finished, group_alive, start
from local.waiting import eventually

PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""


def begin(tmp_path, code):
    log = tmp_path / "log"
    return start([sys.executable, "-c", code], env=dict(os.environ), cwd=tmp_path, log=log), log


def test_a_child_that_outlives_its_killed_parent_is_ended_too(tmp_path):
    parent, log = begin(tmp_path, PARENT)
    child = int(eventually(lambda: log.read_text().strip()))
    os.kill(parent.pid, 9)
    eventually(lambda: not parent.alive())

    assert group_alive(parent)
    end(parent)

    assert not group_alive(parent)
    assert not Path(f"/proc/{child}").exists() or "Z" in Path(f"/proc/{child}/stat").read_text()


def test_nothing_runs_before_it_is_written_down(tmp_path):
    log, told = tmp_path / "log", []

    def known(process):
        told.append((process.alive(), log.read_text()))
        raise KeyboardInterrupt

    command = [sys.executable, "-c", "print('ran')"]
    with pytest.raises(KeyboardInterrupt):
        start(command, env=dict(os.environ), cwd=tmp_path, log=log, known=known)

    assert told == [(True, "")]
    assert log.read_text() == ""


def test_a_number_that_went_to_a_stranger_is_left_alone(tmp_path):
    running, _ = begin(tmp_path, "import time; time.sleep(60)")
    remembered = Process(running.pid, "another boot|1")

    end(remembered)

    assert running.alive()
    end(running)


def test_the_lines_of_a_command_are_handed_on_as_they_come(tmp_path):
    lines = []
    running, log = begin(tmp_path, "print('one'); print('two'); raise SystemExit(3)")

    code = finished(running, log=log, timeout=20, line=lines.append)

    assert (code, lines) == (3, ["one", "two"])


def test_a_command_that_does_not_end_is_named(tmp_path):
    running, log = begin(tmp_path, "import time; time.sleep(60)")
    try:
        with pytest.raises(TimeoutError, match="did not end within"):
            finished(running, log=log, timeout=0.2, line=print)
    finally:
        end(running)


def test_what_was_recorded_is_ended_and_removed(tmp_path):
    running, _ = begin(tmp_path, "import time; time.sleep(60)")
    folder = Folder(tmp_path / "run")
    folder.write(Record(Ports(1, 2, 3), ready=True, processes={"emulator": running}))
    assert folder.read().whole

    assert folder.clear() is True

    assert not running.alive()
    assert folder.read() is None
    assert folder.clear() is False


def test_a_cloud_whose_owner_is_gone_is_a_leftover(tmp_path):
    gone, _ = begin(tmp_path, "pass")
    eventually(lambda: not gone.alive())
    folder = Folder(tmp_path / "run")

    folder.write(Record(Ports(1, 2, 3), owner=gone, ready=True))
    assert not folder.read().whole

    folder.write(Record(Ports(1, 2, 3), owner=Process.current(), ready=True))
    assert folder.read().whole


def test_only_one_command_starts_or_ends_a_cloud_at_a_time(tmp_path):
    folder = Folder(tmp_path / "run")

    with folder.alone(), pytest.raises(UserError, match="starting or ending"), folder.alone():
        pass
