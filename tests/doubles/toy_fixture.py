"""Fixtures that make the toy plug-in findable, in this process and in those it starts."""

from __future__ import annotations

import sys
from collections.abc import Iterator
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
def toy(toy_site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The plug-in is found as if it were installed; the registries forget it afterwards."""
    monkeypatch.syspath_prepend(toy_site)
    monkeypatch.setenv("PYTHONPATH", str(toy_site))
    registries = (OPTIMIZERS, BENCHMARKS, SEARCH_SPACES)
    for registry in registries:
        registry.__dict__.pop("entries", None)
    yield toy_site
    for registry in registries:
        registry.__dict__.pop("entries", None)
