"""What a person sees who starts the local cloud wrongly, twice, or stops it half-way: and nothing is left."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from local import ports
from local.cloud.folder import PLACE, ROOT, Folder
from local.waiting import eventually

GONE = 130  # exit code of a command that was asked to stop


class Command:
    """`python -m local.cloud` in a cloud of its own."""

    def __init__(self):
        name = f"test-{os.urandom(4).hex()}"
        self.folder = Folder(PLACE / f"run-{name}")
        self.ports = ports.free()
        self.env = {
            **os.environ,
            "LOCAL_CLOUD": name,
            "LOCAL_PORT": str(self.ports.gateway),
            "LOCAL_STRIPE_PORT": str(self.ports.stripe),
            "LOCAL_MAIL_PORT": str(self.ports.mail),
            "COLUMNS": "200",
        }

    def begin(self, *arguments):
        command = [sys.executable, "-m", "local.cloud", *arguments]
        return subprocess.Popen(  # noqa: S603 - this very Python
            command, cwd=ROOT, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments):
        with self.begin(*arguments) as process:
            said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def half_started(self):
        """A start that has come as far as its emulator, and what it recorded."""
        process = self.begin("up")
        record = eventually(lambda: (found := self.folder.read()) and found.processes and found)
        return process, record


@pytest.fixture
def command():
    command = Command()
    yield command
    command.folder.clear()
    command.folder.root.with_suffix(".lock").unlink(missing_ok=True)


def test_a_taken_port_is_named_with_the_remedy(command):
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", command.ports.stripe))
        other.listen()

        code, said = command.run("up")

    assert code == 1
    assert f"Port {command.ports.stripe} is taken by another program." in said
    assert f"make up LOCAL_STRIPE_PORT={command.ports.stripe + 100}" in said
    assert not command.folder.root.exists()


def test_a_start_that_is_asked_to_stop_leaves_nothing(command):
    process, record = command.half_started()

    with process:
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)

    assert process.returncode == GONE
    assert "nothing is left running" in said
    assert not record.processes["emulator"].alive()
    assert ports.is_free(command.ports.gateway)
    assert not command.folder.root.exists()


def test_what_a_killed_start_left_is_ended_by_the_next_command(command):
    process, record = command.half_started()
    with process:
        process.kill()
    assert record.processes["emulator"].alive()

    code, said = command.run("down")

    assert (code, "Nothing of it is left." in said) == (0, True)
    assert not record.processes["emulator"].alive()
    assert not command.folder.root.exists()


def test_two_starts_at_once_do_not_meet(command):
    process, _ = command.half_started()

    code, said = command.run("up")

    with process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    assert code == 1
    assert "Another command is starting or ending the local cloud" in said


def test_where_nothing_runs_status_says_how_to_start_it(command):
    assert command.run("status") == (1, "The local cloud is not running.\nStart it: make up\n")
    code, said = command.run("status", "--json")
    assert (code, json.loads(said)) == (
        1,
        {"problem": "The local cloud is not running.", "advice": "Start it: make up"},
    )
    assert command.run("down")[1].endswith("It was not running.\n")


def test_an_unknown_stage_is_answered_with_those_there_are(command):
    code, said = command.run("deploy", "production")

    assert code == 1
    assert "There is no stage 'production'." in said
    assert "dev, local, prod" in said


def test_a_name_that_leads_elsewhere_is_refused(command):
    command.env["LOCAL_CLOUD"] = "../../tmp"

    code, said = command.run("down")

    assert (code, "is no name" in said) == (1, True)
