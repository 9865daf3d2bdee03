"""What every test runs in: data beside the checkout, a cache of its own, one thread."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

from naslib_incremental.foundation.storage import CACHE_VARIABLE, DATA_VARIABLE

CHECKOUT = Path(__file__).resolve().parent.parent

# Set before anything imports torch, and inherited by the processes that tests start.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault(DATA_VARIABLE, str(CHECKOUT.parent / "shared" / "data"))

# The first example of a property may compile a kernel.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """One cache folder for the session: graphs are compiled once, users' caches never touched."""
    if hasattr(config, "workerinput"):
        return  # an xdist worker inherits the folder of the process that started it
    folder = tempfile.TemporaryDirectory(prefix="naslib-incremental-tests-")
    os.environ[CACHE_VARIABLE] = folder.name
    config.add_cleanup(folder.cleanup)
