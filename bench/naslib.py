"""Time of a query on NAS-Bench-101: NASLib's optimizers and ours, in its Trainer and our harness.

Needs NASLib on the path. The answers are made up, so that no benchmark file is needed: what looking
them up costs comes on top of every row but the last ones. One core, all in one run.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
import warnings
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.harness.evaluate import evaluate, sample_start_set
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers import naslib as plugin
from naslib_incremental.optimizers.registry import make_optimizer
from naslib_incremental.search_spaces_ext.contract import Architectures
from naslib_incremental.search_spaces_ext.nasbench101.space import NASBench101Space

SEED = 0


class MadeUpCells:
    """Takes the place of NASLib's ``nb101_data``."""

    def is_valid(self, spec: Any) -> bool:
        """As there, without the table."""
        return bool(spec.valid_spec) and int(np.sum(spec.matrix)) <= 9

    def query(self, spec: Any, epochs: int | None = None) -> dict[str, float]:
        """The more convolutions the better."""
        accuracy = 0.8 + 0.02 * spec.ops.count("conv3x3-bn-relu") + 0.003 * int(spec.matrix.sum())
        names = ("train_accuracy", "validation_accuracy", "test_accuracy")
        return {**dict.fromkeys(names, accuracy), "training_time": 1.0}


class MadeUpTable(Benchmark):
    """Accuracies drawn at random, in our harness."""

    name = "made_up"
    shaping_alpha = 6.0
    validation_optimum = None

    def __init__(self) -> None:
        self.space = NASBench101Space()
        self.provenance = Provenance("made up", "random", "", {})
        self._validation = np.random.default_rng(SEED).random(len(self.space))

    @classmethod
    def open(cls, variant: str) -> MadeUpTable:
        """The only one."""
        return cls()

    def query(self, architectures: Architectures) -> Answers:
        """One gather."""
        return Answers(self._validation[architectures], np.full(len(architectures), np.nan))


def in_trainer(make: Callable[[Any], Any], epochs: int, instantiate: bool) -> float:
    """Seconds an epoch, which is a query, of NASLib's ``Trainer``."""
    node = import_module("fvcore.common.config").CfgNode
    search = {"epochs": epochs, "seed": SEED, "checkpoint_freq": epochs, "fidelity": -1}
    search |= {"num_init": 10, "sample_size": 10, "population_size": 30}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "search").mkdir()
        config = node({"dataset": "cifar10", "save": folder, "search": node(search)})
        space = import_module("naslib.search_spaces").NasBench101SearchSpace()
        space.instantiate_model = instantiate
        optimizer = make(config)
        api = {"api": import_module("naslib.utils.nb101_api"), "nb101_data": MadeUpCells()}
        optimizer.adapt_search_space(space, dataset_api=api)
        trainer = import_module("naslib.defaults.trainer").Trainer(optimizer, config, True)
        begin = time.perf_counter()
        trainer.search()
        seconds = time.perf_counter() - begin
        written = json.loads(Path(folder, "errors.json").read_text())[1]["valid_acc"]
    assert len(written) == epochs
    return seconds / epochs


def in_harness(name: str, episodes: int) -> float:
    """Seconds a query in our harness, searches of up to 300 queries."""
    benchmark = MadeUpTable()
    optimizer = make_optimizer(name, benchmark.space, EpisodeSettings(query_budget=300))
    starts = sample_start_set(benchmark, episodes, np.random.SeedSequence(SEED))
    evaluate(optimizer, benchmark, starts.first(10), np.random.default_rng(SEED))
    begin = time.perf_counter()
    found = evaluate(optimizer, benchmark, starts, np.random.default_rng(SEED))
    return (time.perf_counter() - begin) / int(found.queries.sum())


def main() -> None:
    """Print a row for each."""
    torch.set_num_threads(1)
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    theirs: Any = plugin.load_naslib().optimizers
    NASBench101Space().neighbours(np.zeros(1, np.int32), 50, np.random.default_rng(SEED))
    print(f"{'seconds a query on NAS-Bench-101':62} milliseconds")

    def row(what: str, seconds: float) -> None:
        print(f"{what:62} {1e3 * seconds:12.4f}", flush=True)

    row("NASLib's random search, with networks", in_trainer(theirs.RandomSearch, 40, True))
    row("NASLib's random search, without", in_trainer(theirs.RandomSearch, 300, False))
    row("NASLib's evolution, with networks", in_trainer(theirs.RegularizedEvolution, 40, True))
    row("NASLib's evolution, without", in_trainer(theirs.RegularizedEvolution, 300, False))
    row(
        "NASLib's local search (its neighbours have networks)",
        in_trainer(theirs.LocalSearch, 60, True),
    )
    row("our random search in NASLib's Trainer", in_trainer(plugin.RandomSearch, 300, True))
    row("our local search in NASLib's Trainer", in_trainer(plugin.LocalSearch, 300, True))
    for name, episodes in (("naslib:random_search", 10), ("naslib:local_search", 10)):
        row(f"{name} in our harness", in_harness(name, episodes))
    for name in ("random_search", "local_search", "regularized_evolution"):
        row(f"our {name} in our harness", in_harness(name, 20_000))


if __name__ == "__main__":
    main()
