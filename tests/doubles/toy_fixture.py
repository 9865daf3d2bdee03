"""Fixtures that make the toy plug-in findable, in this process and in those it starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy_plugin

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.optimizers import OPTIMIZERS
from naslib_incremental.search_spaces_ext import SEARCH_SPACES


@pytest.fixture(scope="session")
def toy_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    toy_plugin.install(site)
    return site


@pytest.fixture
def toy(toy_site: Path) -> Iterator[Path]:
    """The plug-in is found as if it were installed; the registries forget it afterwards."""
    with installed(toy_site):
        yield toy_site


@contextmanager
def installed(site: Path) -> Iterator[None]:
    """For as long as the block lasts, the registries find what is installed in a folder."""
    registries = (OPTIMIZERS, BENCHMARKS, SEARCH_SPACES)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(site)
        patch.setenv("PYTHONPATH", str(site))
        for registry in registries:
            registry.__dict__.pop("entries", None)
        yield
    for registry in registries:
        registry.__dict__.pop("entries", None)
