"""Our optimizers in NASLib, and NASLib's in our harness.

Example::

    from naslib_incremental.optimizers import naslib as plugin

    optimizer = plugin.ApexIncremental(config)  # config as for any NASLib optimizer
    optimizer.adapt_search_space(NasBench101SearchSpace(), dataset_api=dataset_api)
    trainer = Trainer(optimizer, config)
    trainer.search()
    trainer.evaluate(dataset_api=dataset_api)

The optimizers are subclasses of NASLib's ``MetaOptimizer``, so that naming one imports NASLib;
where that fails, one line says why. For what they read from the config see
``IncrementalOptimizer``.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from naslib_incremental.optimizers.naslib.importing import load_naslib, naslib_status

if TYPE_CHECKING:
    from naslib_incremental.optimizers.naslib.apex import ApexIncremental
    from naslib_incremental.optimizers.naslib.meta_optimizers import (
        IncrementalOptimizer,
        LocalSearch,
        RandomSearch,
        RandomWalk,
    )

__all__ = [
    "ApexIncremental",
    "IncrementalOptimizer",
    "LocalSearch",
    "RandomSearch",
    "RandomWalk",
    "load_naslib",
    "naslib_status",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = "apex" if name == "ApexIncremental" else "meta_optimizers"
        return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
