"""What every test stands on: no real account, no real network, no cached client of another test."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {"e2e", "infra"}  # what is made once for all of them: a deployed cloud, the synthesized stacks
CLOUDS = {"test_emulator.py", "test_local_cloud.py"}  # start clouds of their own: one after the other

os.environ |= {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_SERVICE_NAME": "test",
    # The CDK runs on Node, which came as a Python package into the environment of these tests.
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
}
# Side by side, each worker looks for free ports in a range of its own: looking is not yet taking.
if "PYTEST_XDIST_WORKER" in os.environ:
    _worker = int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw"))
    os.environ["LOCAL_FIRST_FREE_PORT"] = str(14566 + 200 * _worker)
os.environ.pop("AWS_ENDPOINT_URL", None)
os.environ.pop("AWS_PROFILE", None)

# A slow machine is not a wrong answer.
settings.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


class Together(LoadScopeScheduling):
    """Side by side, files go to one worker each, and a folder that shares something costly to one."""

    def _split_scope(self, nodeid):
        path = Path(nodeid.split("::")[0])
        if path.name in CLOUDS:
            return "e2e"
        return next((part for part in path.parts if part in TOGETHER), str(path))


def pytest_xdist_make_scheduler(config, log):
    return Together(config, log)
