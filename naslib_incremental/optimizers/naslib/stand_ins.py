"""What NASLib's import lacks on the Pythons of today: stand-ins, for as long as it lasts."""

from __future__ import annotations

import collections
import collections.abc
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import wraps
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from torch import nn

PACKAGES = {
    "nasbench_pytorch": "nasbench-pytorch without its dependencies",
    "pyro": "pyro-ppl",
    "sklearn": "scikit-learn",
}
"""What to give to ``pip install`` for a module, where it is not the module's name."""

UNUSED = (
    *("ConfigSpace", "distutils", "emcee", "grakel", "lightgbm", "matplotlib", "ngboost", "pybnn"),
    *("pyro", "pytorch_msssim", "scipy", "seaborn", "six", "skimage", "sklearn", "tensorwatch"),
    *("torchvision", "transforms3d", "xgboost"),
)
"""Packages that NASLib imports at its top, and that its discrete optimizers do without."""


@contextmanager
def stand_ins() -> Iterator[None]:
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


def under_way() -> bool:
    """Whether stand-ins are in place."""
    return any(isinstance(finder, _StandIns) for finder in sys.meta_path)


def mend_parameter_count() -> None:
    """Put a count that numpy 2.4 can do in the place of NASLib's ``np.sum`` over a generator."""
    broken = getattr(sys.modules["naslib.utils"], "count_parameters_in_MB", None)
    if broken is None:
        return
    for name, module in list(sys.modules.items()):
        held = name.partition(".")[0] == "naslib" and vars(module).get("count_parameters_in_MB")
        if held is broken:
            module.count_parameters_in_MB = count_parameters_in_MB  # type: ignore[attr-defined]


def count_parameters_in_MB(model: nn.Module) -> float:  # noqa: N802 - NASLib's name
    """Millions of parameters, auxiliary heads left out."""
    named = model.named_parameters()
    return sum(part.numel() for name, part in named if "auxiliary" not in name) / 1e6


def mend_surrogate_answers() -> None:
    """Have NAS-Bench-301 answer in plain numbers: NASLib's ``errors.json`` takes no 32-bit ones."""
    space = sys.modules["naslib.search_spaces"].NasBench301SearchSpace
    query = space.query

    @wraps(query)
    def plain(*given: Any, **named: Any) -> Any:
        answer = query(*given, **named)
        return answer.item() if isinstance(answer, np.generic) else answer

    space.query = plain
