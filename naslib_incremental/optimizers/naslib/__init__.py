"""Our optimizers in NASLib, and NASLib's in our harness.

Example::

    from naslib_incremental.optimizers import naslib as plugin
    from naslib.defaults.trainer import Trainer
    from naslib.search_spaces import NasBench101SearchSpace

    optimizer = plugin.ApexIncremental(config)  # config as for any NASLib optimizer
    optimizer.adapt_search_space(NasBench101SearchSpace(), dataset_api=dataset_api)
    trainer = Trainer(optimizer, config)
    trainer.search()
    trainer.evaluate(dataset_api=dataset_api)

The optimizers are subclasses of NASLib's ``MetaOptimizer``, so that naming one imports NASLib;
where that fails, one line says why. Once this package is imported, NASLib can be too, whatever it
lacks that these optimizers do not use; ``import naslib`` and this package may follow each other in
any order where NASLib lacks nothing. For what they read from the config see
``IncrementalOptimizer``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face
from naslib_incremental.optimizers.naslib.importing import (
    load_naslib,
    naslib_status,
    watch_imports,
)
from naslib_incremental.optimizers.naslib.runner import (
    supported_optimizers,
    supported_search_spaces,
)

if TYPE_CHECKING:
    from naslib_incremental.optimizers.naslib.into_naslib import (
        ApexIncremental,
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
    "supported_optimizers",
    "supported_search_spaces",
]

watch_imports()

__getattr__, __dir__ = lazy_face(__name__, dict.fromkeys(__all__[:5], "into_naslib"))
