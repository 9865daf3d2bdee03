"""Finding and importing NASLib, whoever asks first, or saying in one line why not."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.naslib.stand_ins import (
    PACKAGES,
    mend_parameter_count,
    mend_surrogate_answers,
    stand_ins,
    under_way,
)

SOURCE = "github.com/automl/NASLib, branch Develop"
MODULES = (
    "naslib.optimizers",
    "naslib.search_spaces",
    "naslib.utils",
    "naslib.defaults.trainer",
)


@dataclass(frozen=True)
class NASLib:
    """What of NASLib is used here.

    Attributes:
        version: its version, empty where it states none.
        folder: where it lies.
        optimizers: module ``naslib.optimizers``.
        MetaOptimizer: base class of its optimizers.
        Metric: what can be queried.
    """

    version: str
    folder: Path
    optimizers: Any
    MetaOptimizer: Any
    Metric: Any


@cache
def load_naslib() -> NASLib:
    """NASLib, imported with the stand-ins that it needs on the Pythons of today.

    Its ``Trainer``, search spaces and utilities are imported along, so that they can be imported
    afterwards although a package that they never use is missing.

    Raises:
        UserError: it cannot be found, or fails to import; names the module that failed.
    """
    if find_spec("naslib") is None:
        raise UserError("NASLib", "no module naslib", f"put a checkout of {SOURCE} on PYTHONPATH")
    before = set(sys.modules)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with stand_ins():
                optimizers, *_ = [import_module(name) for name in MODULES]
        mend_parameter_count()
        mend_surrogate_answers()
        meta = import_module("naslib.optimizers.core.metaclasses").MetaOptimizer
        metric = import_module("naslib.search_spaces.core.query_metrics").Metric
    except Exception as error:
        # What is half imported would hide the reason from the next attempt.
        for name in set(sys.modules) - before:
            if name.partition(".")[0] == "naslib":
                del sys.modules[name]
        raise _broken(error) from error
    folder = Path(str(optimizers.__file__)).parents[1]
    return NASLib(_version(), folder, optimizers, meta, metric)


def naslib_status() -> str:
    """One line: which NASLib was found and where, or why there is none."""
    try:
        found = load_naslib()
    except UserError as error:
        return f"not there: {error.got}; to get it: {error.next}"
    return f"version {found.version or 'unknown'} in {found.folder}"


def _version() -> str:
    try:
        return str(import_module("naslib.__version__").__version__)
    except (ImportError, AttributeError):
        return ""


def _broken(error: Exception) -> UserError:
    frames = [
        frame.f_globals.get("__name__", "") for frame, _ in traceback.walk_tb(error.__traceback__)
    ]
    at = next((name for name in reversed(frames) if name.split(".")[0] == "naslib"), "naslib")
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    missing = error.name if isinstance(error, ModuleNotFoundError) and error.name else ""
    root = missing.partition(".")[0]
    if root and root != "naslib":
        action = f"pip install {PACKAGES.get(root, root)}"
    else:
        action = f"take a fresh checkout of {SOURCE}"
    return UserError("NASLib to import", f"{reason} (in {at})", action)


class NASLibFinder(MetaPathFinder):
    """Lets ``import naslib`` do what ``load_naslib`` does, whoever is the first to say it."""

    def find_spec(  # noqa: D102
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == "naslib" else None
        if spec is not None and spec.loader is not None:
            spec.loader = _LoadsAll(spec.loader)
        return spec


class _LoadsAll(Loader):
    """Loads a module, and then all that is used of NASLib while there are stand-ins."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        if not under_way():
            # What is wrong shows where it is used, or when load_naslib is asked again.
            with suppress(UserError):
                load_naslib()


def watch_imports() -> None:
    """From now on NASLib is imported with what it needs, in whatever order modules are named."""
    if not any(isinstance(finder, NASLibFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, NASLibFinder())
