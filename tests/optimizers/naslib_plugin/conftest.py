"""NASLib, the stand-in and the real one, for the same tests."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import pytest

from naslib_incremental.optimizers import naslib as plugin
from naslib_incremental.optimizers.naslib.importing import load_naslib

STANDIN = Path(__file__).parents[2] / "doubles" / "naslib_standin"


def forget() -> None:
    """Nothing of NASLib is imported, nor what derives from its classes."""
    load_naslib.cache_clear()
    for name in list(sys.modules):
        if name.partition(".")[0] == "naslib":
            del sys.modules[name]
    sys.modules.pop(f"{plugin.__name__}.into_naslib", None)


def is_standin() -> bool:
    """Whether the NASLib that is imported is the stand-in."""
    return load_naslib().folder.is_relative_to(STANDIN)


@pytest.fixture(scope="module", params=["standin", "real"])
def naslib(request: pytest.FixtureRequest) -> Iterator[ModuleType]:
    """The plug-in, where NASLib can be imported."""
    forget()
    standin = request.param == "standin"
    if standin:
        sys.path.insert(0, str(STANDIN))
    elif find_spec("naslib") is None:
        pytest.skip("the real NASLib is not importable: put a checkout on PYTHONPATH")
    importlib.invalidate_caches()
    yield plugin
    forget()
    if standin:
        sys.path.remove(str(STANDIN))
