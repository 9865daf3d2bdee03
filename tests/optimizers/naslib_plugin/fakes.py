"""Benchmark data in the forms that NASLib's ``dataset_api`` has, made up; it notes its queries."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np


def cell_accuracy(matrix: Any, ops: list[str]) -> float:
    """The same for all ways to write a cell without needless vertices."""
    return 0.7 + 0.02 * int(np.sum(matrix)) + 0.01 * ops.count("conv3x3-bn-relu")


def genotype_accuracy(genotype: Any) -> float:
    operations = [name for name, _ in [*genotype.normal, *genotype.reduce]]
    inputs = sum(source for _, source in [*genotype.normal, *genotype.reduce])
    return 80.0 + operations.count("sep_conv_3x3") + inputs / 8


class Cells:
    """Takes the place of ``nb101_data``; test and training accuracy tell what they are."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def is_valid(self, spec: Any) -> bool:
        return bool(spec.valid_spec) and np.sum(spec.matrix) <= 9

    def query(self, spec: Any, epochs: int | None = None) -> dict[str, Any]:
        accuracy = cell_accuracy(spec.matrix, spec.ops)
        self.asked.append(accuracy * 100)
        return {
            "train_accuracy": np.float64(accuracy + 0.01),
            "validation_accuracy": np.float64(accuracy),
            "test_accuracy": np.float64(accuracy - 0.01),
            "training_time": np.float64(accuracy * 1_000),
        }


class Surrogate:
    """Takes the place of a model of ``nb301_model``."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def predict(self, config: Any, representation: str) -> np.float32:
        assert representation == "genotype"
        self.asked.append(genotype_accuracy(config))
        return np.float32(self.asked[-1])


class Data:
    """Search space and data set of one benchmark.

    Args:
        kind: ``"NasBench101"`` or ``"NasBench301"``.
    """

    def __init__(self, kind: str) -> None:
        self.space = getattr(import_module("naslib.search_spaces"), f"{kind}SearchSpace")()
        self.cells, self.model = Cells(), Surrogate()
        if kind == "NasBench101":
            api = import_module("naslib.utils.nb101_api")
            self.dataset_api: dict[str, Any] = {"api": api, "nb101_data": self.cells}
        else:
            self.dataset_api = {"nb301_model": [self.model, Surrogate()]}

    def accuracy(self, graph: Any) -> float:
        """Validation accuracy of a NASLib graph in per cent, worked out by hand."""
        if graph.get_type() == "nasbench101":
            spec = self.dataset_api["api"].ModelSpec(**graph.get_spec())
            return cell_accuracy(spec.matrix, spec.ops) * 100
        poolings = ["max_pool_3x3", "avg_pool_3x3", "skip_connect"]
        convolutions = ["sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
        names = poolings + convolutions
        pairs = [pair for cell in graph.get_compact() for pair in cell]
        operations = [names[number] for _, number in pairs]
        inputs = sum(source for source, _ in pairs)
        return 80.0 + operations.count("sep_conv_3x3") + inputs / 8


class Config(dict[str, Any]):
    """Keys as attributes, like the nodes of NASLib's configs."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error
