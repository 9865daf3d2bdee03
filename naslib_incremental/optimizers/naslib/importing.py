"""Finding and importing NASLib, or saying in one line why not; what it lacks is stood in for."""

from __future__ import annotations

import collections
import collections.abc
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from naslib_incremental.foundation.errors import UserError

SOURCE = "github.com/automl/NASLib, branch Develop"
MODULES = (
    "naslib.optimizers",
    "naslib.search_spaces",
    "naslib.utils",
    "naslib.defaults.trainer",
)
PACKAGES = {"nasbench_pytorch": "nasbench-pytorch without its dependencies"}
"""What to give to ``pip install`` for a module, where it is not the module's name."""

UNUSED = (
    *("ConfigSpace", "distutils", "emcee", "grakel", "lightgbm", "matplotlib", "ngboost", "pybnn"),
    *("pyro", "pytorch_msssim", "scipy", "seaborn", "six", "skimage", "sklearn", "tensorwatch"),
    *("torchvision", "transforms3d", "xgboost"),
)
"""Packages that NASLib imports at its top, and that its discrete optimizers do without."""


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
            with _stand_ins():
                optimizers, *_ = [import_module(name) for name in MODULES]
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


@contextmanager
def _stand_ins() -> Iterator[None]:
    """Within, unused packages that are missing can be imported, as can ``collections.Iterable``.

    Afterwards everything is as it was; whatever a module kept of a missing package raises
    ImportError where it is used.
    """
    missing = {name for name in UNUSED if find_spec(name) is None}
    # Those that are there must not take a stand-in for the real package that they can do without.
    for name in set(UNUSED) - missing:
        with suppress(ImportError):
            import_module(name)
    finder = _StandIns(missing)
    without_iterable = not hasattr(collections, "Iterable")
    if without_iterable:
        collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    sys.meta_path.append(finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        if without_iterable:
            del collections.Iterable  # type: ignore[attr-defined]
        for name in [name for name in sys.modules if name.partition(".")[0] in missing]:
            del sys.modules[name]


class _StandIns(MetaPathFinder, Loader):
    """Finds an empty module for every name below some packages."""

    def __init__(self, packages: set[str]) -> None:
        self.packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in self.packages:
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


class _StandIn(ModuleType):
    """Has a class of every name."""

    def __getattr__(self, name: str) -> Any:
        return _missing(self.__name__, name)


class _Missing(type):
    """A class that can be named and derived from; its attributes are classes like it."""

    def __getattr__(cls, name: str) -> Any:
        return _missing(cls.wanted, name)


def _missing(owner: str, name: str) -> _Missing:
    if name.startswith("__"):
        raise AttributeError(name)
    return _Missing(name, (), {"__init__": _refuse, "wanted": f"{owner}.{name}"})


def _refuse(self: Any, *_: object, **__: object) -> None:
    package = self.wanted.partition(".")[0]
    raise ImportError(f"NASLib needs {package} for {self.wanted}, and it is not installed")
