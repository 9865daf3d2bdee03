"""Trains the agents that come with the package: all but one data set of each space, and all.

``make pretrained`` runs it. The agents of all spaces are trained side by side, best on a GPU: on an
H200 it takes three minutes, on one core of a CPU a day.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import version

import numpy as np
import torch

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.optimizers.apex_in_context import InContextConfig
from naslib_incremental.optimizers.candidates import distinct_samples
from naslib_incremental.optimizers.in_context import pretrained
from naslib_incremental.optimizers.in_context.tasks import SourceTable
from naslib_incremental.optimizers.in_context.trainer import InContextTrainer
from naslib_incremental.optimizers.source_functions import best_order, fit_sources
from naslib_incremental.search_spaces_ext.contract import Architectures

FAMILIES = ("transnas101_micro/class_object", "nasbench_graph/cora", "nasbench201/cifar10")
AGENTS = 5
"""Agents for each data set left out; one where none is."""

SEED = 2026
COMMAND = "make pretrained"


@dataclass(frozen=True)
class Pupil:
    """One agent to train, and what it learns from."""

    file: str
    sources: list[Benchmark]
    measured: Architectures
    functions: dict[str, torch.Tensor]
    table: SourceTable
    whole: bool


def pupils(first: str) -> Iterator[Pupil]:
    """All agents of a space: five of each data set left out, and one of all data sets."""
    family = first.split("/", maxsplit=1)[0]
    benchmarks = [open_benchmark(f"{family}/{name}") for name in open_benchmark(first).datasets]
    space = benchmarks[0].space
    for agent in range(AGENTS):
        seed = np.random.SeedSequence(SEED, spawn_key=(agent,))
        count = InContextConfig().source_queries
        measured = distinct_samples(space, count, np.random.default_rng(seed))
        accuracies = np.stack([one.query(measured).validation for one in benchmarks], axis=1)
        for left_out in [*benchmarks, *([None] if agent == 0 else [])]:
            columns = [place for place, one in enumerate(benchmarks) if one is not left_out]
            own = accuracies[:, columns]
            functions, _ = fit_sources(space, measured, own, np.random.default_rng(seed))
            table = SourceTable.of(functions, measured, own)
            arrays = {key: torch.from_numpy(value) for key, value in functions.arrays().items()}
            name = "all" if left_out is None else f"without-{left_out.name.split('/')[1]}"
            sources = [benchmarks[place] for place in columns]
            first_best, whole = measured[best_order(own)], left_out is None
            yield Pupil(f"{space.name}-{name}", sources, first_best, arrays, table, whole)


def main() -> None:
    """Train all of them together and write the files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    chosen = parser.parse_args()
    every = [pupil for first in FAMILIES for pupil in pupils(first)]
    config = InContextConfig().trainer
    trainer = InContextTrainer(
        [pupil.table for pupil in every], config, SEED, torch.device(chosen.device)
    )
    while not trainer.done:
        trainer.run_episode(lambda figures: print(trainer.updates, dict(figures), flush=True))
    write(every, trainer)


def write(every: list[Pupil], trainer: InContextTrainer) -> None:
    """One file for the agents of the same sources."""
    device = trainer.device
    where = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    made_with = {"torch": torch.__version__, "numpy": version("numpy"), "device": where}
    for file in dict.fromkeys(pupil.file for pupil in every):
        places = [place for place, pupil in enumerate(every) if pupil.file == file]
        first = every[places[0]]
        space = first.sources[0].space
        card = pretrained.Card(
            space.name,
            space.version,
            tuple(one.name for one in first.sources),
            len(places),
            trainer.config.updates * trainer.config.num_envs,
            len(first.measured) * len(first.sources),
            asdict(trainer.config),
            SEED,
            COMMAND,
            made_with,
        )
        state = trainer.networks.state_dict()
        networks = {key: values[places].cpu() for key, values in state.items()}
        more = (first.functions, torch.from_numpy(first.measured.astype(np.int32)))
        path = pretrained.write(file, card, networks, *(more if first.whole else ()))
        print(f"{path.name}: {len(places)} agents, {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
