"""A small Ray cluster on this machine, shared by the tests of a module."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

# Ray reads its token once in a process, so that all clusters of the tests must have the same.
os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Four cores as long as the module's tests run; yields a home, to which nothing is written."""
    import ray

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
        patch.setenv("HOME", str(home))
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(
            address="local",
            num_cpus=4,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.CRITICAL,
            _temp_dir=folder,
        )
        yield home
        ray.shutdown()


def wait_for(condition: Callable[[], Any], seconds: float = 120) -> Any:
    end = monotonic() + seconds
    while not (found := condition()):
        assert monotonic() < end, "waited in vain"
        sleep(0.05)
    return found


def gone(process: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True


def process_of(actor: Any) -> int:
    """The process that an actor lives in."""
    import ray

    # A lambda travels by value, so that the actor need not find this module.
    return int(ray.get(actor.__ray_call__.remote(lambda _: os.getpid())))
