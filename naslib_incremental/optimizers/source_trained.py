"""Training on other data sets: measure some architectures on each, fit a function to each."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Accuracies, Benchmark
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.options import Options, option_values
from naslib_incremental.optimizers.candidates import distinct_samples
from naslib_incremental.optimizers.contract import Progress, TrainableOptimizer
from naslib_incremental.optimizers.source_functions import (
    SourceFunctions,
    best_order,
    fit_sources,
)
from naslib_incremental.records.training import TrainingResult
from naslib_incremental.search_spaces_ext.contract import Architectures

if TYPE_CHECKING:
    from torch import Tensor

FILE = "sources.safetensors"


@dataclass(frozen=True)
class SourceConfig(Options):
    """What may be known of the sources."""

    source_queries: int = field(
        default=5_000,
        metadata={
            "help": "most architectures measured on each source; the same ones on all",
            "least": 100,
            "quick": 1_000,
        },
    )


class SourceTrained(TrainableOptimizer):
    """Knows of each source a smooth function, and of the target nothing but its queries.

    The functions lie in ``sources.safetensors``, so that they can be evaluated on any architecture.

    Attributes:
        functions: of the sources that it was trained on.
        measured: [N, *architecture_shape] what was measured on the sources, the best by the mean
            of their normal scores first.
        accuracies: [N, S] what it was worth.
    """

    config_class: ClassVar[type[Any] | None] = SourceConfig
    config: SourceConfig
    learns_elsewhere = True
    functions: SourceFunctions | None = None
    measured: Architectures
    accuracies: Accuracies

    def train(
        self,
        sources: Sequence[Benchmark],
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Progress,
    ) -> TrainingResult:
        """Query each source, then fit; a finished training is not repeated."""
        from naslib_incremental.agent import checkpoint

        asked = {
            "config": option_values(self.config, identity=True),
            "sources": [source.name for source in sources],
        }
        try:
            finished = checkpoint.read(folder / FILE)
            if finished.get("asked") == asked:
                return TrainingResult(**finished["result"])
        except checkpoint.UnusableCheckpointError:
            pass
        measured, accuracies, functions, result = self._train(
            sources, np.random.default_rng(seed), progress
        )
        order = best_order(accuracies)
        state = {
            "asked": asked,
            "result": asdict(result),
            "functions": _tensors(functions.arrays()),
            **_tensors(
                {"measured": measured[order].astype(np.int64), "accuracies": accuracies[order]}
            ),
        }
        checkpoint.write(folder / FILE, state)
        return result

    def _train(
        self, sources: Sequence[Benchmark], rng: np.random.Generator, progress: Progress
    ) -> tuple[Architectures, Accuracies, SourceFunctions, TrainingResult]:
        began = time.perf_counter()
        measured = distinct_samples(self.space, self.config.source_queries, rng)
        accuracies = np.empty((len(measured), len(sources)))
        queries = distinct = 0
        for place, source in enumerate(sources):
            counter = QueryCounter(source, track_distinct=True)
            accuracies[:, place] = counter.query(measured).validation
            queries, distinct = queries + counter.queries, distinct + counter.distinct
            progress(queries, len(measured) * len(sources), {"queries": queries})
        functions, explained = fit_sources(self.space, measured, accuracies, rng)
        details = {
            "sources": [source.name for source in sources],
            "architectures_measured_on_each": len(measured),
            "explained_variance_of_held_out_scores": explained,
        }
        seconds = time.perf_counter() - began
        result = TrainingResult(queries, queries, distinct, seconds, details)
        return measured, accuracies, functions, result

    def load(self, folder: Path) -> None:
        """Take over the functions of the sources.

        Raises:
            UserError: there are none that can be read.
        """
        from naslib_incremental.agent import checkpoint

        try:
            state = checkpoint.read(folder / FILE)
            self.take_over(state["functions"], state["measured"])
            self.accuracies = np.asarray(state["accuracies"])
        except (checkpoint.UnusableCheckpointError, KeyError) as error:
            reason = " ".join(str(error).split())[:200]
            expected = f"functions of sources of {self.space.name} in {folder}"
            raise UserError(expected, reason, "train it: train makes what is missing") from error

    def take_over(self, functions: Mapping[str, Tensor], measured: Tensor) -> None:
        """Rate architectures by these functions; ``measured`` holds the best ones first."""
        self.functions = SourceFunctions.of(self.space, functions)
        self.measured = np.asarray(measured).astype(self.space.dtype)

    def sources(self) -> SourceFunctions:
        """The functions that were loaded."""
        if self.functions is None:
            raise RuntimeError("expected a trained agent; got none; next: call load(folder)")
        return self.functions


def _tensors(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    import torch

    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}
