"""A plug-in in small: a random directed graph as search space, its benchmark, and a learner."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks import DataFile, DataSource, Imported
from naslib_incremental.benchmarks.contract import Accuracies, Answers, Benchmark, Provenance
from naslib_incremental.foundation.storage import write_text
from naslib_incremental.optimizers.contract import (
    Ask,
    Outcome,
    TrainableOptimizer,
)
from naslib_incremental.records import TrainingResult
from naslib_incremental.search_spaces_ext.contract import (
    Architectures,
    CellDrawing,
    Neighbours,
    SearchSpace,
)

VERTICES = 60


class ToySpace(SearchSpace):
    """Vertices of a seeded random digraph with 0 to 8 successors each."""

    name = "toy"
    version = 1
    architecture_shape = ()
    dtype = np.dtype(np.int32)
    samplers = ("uniform",)
    features = 3
    max_degree = 8

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self.successors = [
            rng.choice(VERTICES, size=rng.integers(0, 9), replace=False).astype(np.int32)
            for _ in range(VERTICES)
        ]

    def sample_by(self, sampler: str, count: int, rng: np.random.Generator) -> Architectures:
        return rng.integers(VERTICES, size=count, dtype=np.int32)

    def neighbours(
        self, architectures: Architectures, limit: int, rng: np.random.Generator | None
    ) -> Neighbours:
        shape = (len(architectures), min(limit, self.max_degree))
        presented, mask = np.zeros(shape, np.int32), np.zeros(shape, np.bool_)
        for row, vertex in enumerate(architectures):
            order = self.successors[vertex]
            order = (order if rng is None else rng.permutation(order))[: shape[1]]
            presented[row, : len(order)] = order
            mask[row, : len(order)] = True
        return Neighbours(presented, mask)

    def degree(self, architectures: Architectures) -> NDArray[np.int64]:
        return np.array([len(self.successors[vertex]) for vertex in architectures], np.int64)

    def encode(self, architectures: Architectures) -> NDArray[np.uint8]:
        return np.stack([(architectures >> bit) & 1 for bit in range(3)], -1).astype(np.uint8)

    def canonical(self, architectures: Architectures) -> Architectures:
        return architectures

    def hash(self, architectures: Architectures) -> NDArray[np.uint64]:
        return architectures.astype(np.uint64)

    def to_readable(self, architectures: Architectures) -> list[str]:
        return [f"v{vertex}" for vertex in architectures]

    def from_readable(self, texts: Sequence[str]) -> Architectures:
        return np.array([int(text[1:]) for text in texts], np.int32)

    def draw(self, architecture: Architectures) -> list[CellDrawing]:
        return [CellDrawing("cell", (f"v{architecture}",), ())]


class ToySource(DataSource):
    """A text: the word toy, then a number a line."""

    benchmark = folder = "toy"
    title = "made-up accuracies"
    origin = "the author of the plug-in"
    files = (DataFile("accuracies.toy"),)
    kinds = ("accuracies-v1",)

    def recognises(self, path: Path) -> bool:
        return path.is_file() and path.read_bytes().startswith(b"toy\n")

    def import_file(self, path: Path) -> list[str]:
        item = Imported.of_file("toy", "accuracies-v1", path)
        item.build(lambda: {"validation": np.loadtxt(path, skiprows=1)})
        return [f"{item.title}: {len(item.open()['validation'])} vertices"]


class ToyBenchmark(Benchmark):
    """Random accuracies; ``toy/plain`` has a test column, ``toy/untested`` has none."""

    variants = datasets = ("plain", "untested")
    sources = (ToySource(),)

    def __init__(self, dataset: str) -> None:
        self.name = f"toy/{dataset}"
        self.space = ToySpace()
        tested = dataset == "plain"
        self.provenance = Provenance(
            "toy, made up",
            "made-up validation",
            "made-up test" if tested else "",
            {"toy": "0" * 64},
        )
        self.shaping_alpha = 0.0
        rng = np.random.default_rng(2)
        self.validation = rng.random(VERTICES)
        self.test = rng.random(VERTICES) if tested else np.full(VERTICES, np.nan)
        self.validation_optimum = float(self.validation.max())

    @classmethod
    def open(cls, variant: str) -> ToyBenchmark:
        return cls(variant)

    def query(self, architectures: Architectures) -> Answers:
        return Answers(self.validation[architectures], self.test[architectures])


@dataclass(frozen=True)
class ToyOptions:
    """Options of every kind that a command line must offer."""

    steps: int = field(default=200, metadata={"help": "training steps", "quick": 20})
    keep: int = field(default=3, metadata={"help": "how many of the best are kept"})
    pause: float = field(default=0.0, metadata={"help": "seconds slept per step"})
    alpha: float | None = field(default=None, metadata={"help": "shaping, none switches it off"})
    flavour: Literal["plain", "odd"] = field(default="plain", metadata={"help": "flavour"})
    greedy: bool = field(default=True, metadata={"help": "always take the best"})
    sizes: tuple[int, ...] = field(default=(1, 2), metadata={"help": "sizes of layers"})
    fail: str = field(default="", metadata={"help": "agent whose training fails"})

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError("steps must be at least 1")


class ToyLearner(TrainableOptimizer):
    """Remembers the best of the architectures that it samples in training."""

    name = "toy_learner"
    config_class = ToyOptions
    config: ToyOptions

    def train(
        self,
        sources: Sequence[Benchmark],
        seed: np.random.SeedSequence,
        folder: Path,
        progress: Callable[[int, int, Mapping[str, float]], None],
    ) -> TrainingResult:
        file = folder / "agent.json"
        done = json.loads(file.read_text()) if file.exists() else {"sampled": [], "seconds": 0.0}
        sampled = [int(vertex) for vertex in done["sampled"]]
        seconds = float(done["seconds"])
        samples = np.random.default_rng(seed).integers(VERTICES, size=self.config.steps)
        if self.config.fail and self.config.fail == folder.name:
            raise ArithmeticError("made to fail")
        while len(sampled) < self.config.steps:
            began = time.perf_counter()
            sampled.append(int(samples[len(sampled)]))
            time.sleep(self.config.pause)
            seconds += time.perf_counter() - began
            if len(sampled) % 10 == 0 or len(sampled) == self.config.steps:
                write_text(file, json.dumps({"sampled": sampled, "seconds": seconds}))
                figures = {"mean_final_validation": 0.5, "steps_per_second": len(sampled) / seconds}
                progress(len(sampled), self.config.steps, figures)
        return TrainingResult(
            len(sampled), len(sampled), len(set(sampled)), seconds, {"kept": self.config.keep}
        )

    def load(self, folder: Path) -> None:
        done = json.loads((folder / "agent.json").read_text())
        self.sampled = np.array(done["sampled"], np.int32)

    def start(
        self, starts: Architectures, validation: Accuracies, rng: np.random.Generator
    ) -> None:
        order = np.argsort(ToyBenchmark("plain").validation[self.sampled], kind="stable")
        self._final = rng.choice(self.sampled[order][-self.config.keep :], size=len(starts))
        self._asked = False

    def ask(self) -> Ask | None:
        if self._asked:
            return None
        self._asked = True
        return Ask(np.arange(len(self._final)), self._final)

    def tell(self, validation: Accuracies) -> None:
        pass

    def outcome(self) -> Outcome:
        count = len(self._final)
        return Outcome(self._final, np.ones(count, np.int64), np.ones(count, np.bool_))


class ToyTransfer(ToyLearner):
    """Learns on the other data set."""

    name = "toy_transfer"
    learns_elsewhere = True


ENTRY_POINTS: dict[str, Any] = {
    "naslib_incremental.optimizers": {
        "toy_learner": "toy_plugin:ToyLearner",
        "toy_transfer": "toy_plugin:ToyTransfer",
    },
    "naslib_incremental.benchmarks": {"toy": "toy_plugin:ToyBenchmark"},
    "naslib_incremental.search_spaces": {"toy": "toy_plugin:ToySpace"},
}


def install(site: Path) -> None:
    """Make ``site`` a folder from which the plug-in is found as if it were installed."""
    (site / "toy_plugin.py").symlink_to(Path(__file__).resolve())
    information = site / "toy_plugin-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    lines = []
    for group, entries in ENTRY_POINTS.items():
        lines.append(f"[{group}]")
        lines.extend(f"{name} = {value}" for name, value in entries.items())
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
