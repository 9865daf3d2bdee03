"""What NASLib asks of its surroundings when it is imported, and these no longer give."""

from __future__ import annotations

import collections
import collections.abc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

UNUSED = (
    "ConfigSpace",
    "distutils",
    "emcee",
    "grakel",
    "lightgbm",
    "matplotlib",
    "ngboost",
    "pybnn",
    "pyro",
    "pytorch_msssim",
    "scipy",
    "seaborn",
    "six",
    "skimage",
    "sklearn",
    "tensorwatch",
    "torchvision",
    "transforms3d",
    "xgboost",
)
"""Packages that NASLib imports at its top, and that its discrete optimizers do without."""


@contextmanager
def import_shims() -> Iterator[None]:
    """Within, unused packages that are missing can be imported, as can ``collections.Iterable``.

    Afterwards everything is as it was; whatever a module kept of a missing package raises
    ImportError where it is used.
    """
    missing = {name for name in UNUSED if find_spec(name) is None}
    # Those that are there must not take a stand-in for the real package that they can do without.
    for name in set(UNUSED) - missing:
        with suppress(ImportError):
            import_module(name)
    stand_ins = _StandIns(missing)
    without_iterable = not hasattr(collections, "Iterable")
    if without_iterable:
        collections.Iterable = collections.abc.Iterable  # type: ignore[attr-defined]
    sys.meta_path.append(stand_ins)
    try:
        yield
    finally:
        sys.meta_path.remove(stand_ins)
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
