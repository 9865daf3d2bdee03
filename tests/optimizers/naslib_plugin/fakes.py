"""Benchmark data in the forms that NASLib's ``dataset_api`` has, made up; it notes its queries."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import numpy as np

CLASSES = {
    "NasBench101": "NasBench101SearchSpace",
    "NasBench201": "NasBench201SearchSpace",
    "NasBench301": "NasBench301SearchSpace",
    "TransNASMicro": "TransBench101SearchSpaceMicro",
    "TransNASMacro": "TransBench101SearchSpaceMacro",
}
"""NASLib's search spaces that plug in."""


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


def edges_accuracy(operations: dict[tuple[int, int], str]) -> float:
    """Per cent, for the operation of each edge (source, target) of a cell of NAS-Bench-201."""
    ranks = ["none", "avg_pool_3x3", "skip_connect", "nor_conv_1x1", "nor_conv_3x3"]
    return 50.0 + sum(
        ranks.index(name) * (source + 4 * target) / 10
        for (source, target), name in operations.items()
    )


class CellTable:
    """Takes the place of ``nb201_data``: by the benchmark's own strings."""

    def __getitem__(self, text: str) -> dict[str, Any]:
        parts = [node.strip("|").split("|") for node in text.split("+")]
        assert [len(node) for node in parts] == [1, 2, 3]
        operations = {}
        for target, node in enumerate(parts, 1):
            for place, part in enumerate(node):
                name, _, source = part.partition("~")
                assert int(source) == place
                operations[int(source), target] = name
        accuracy = edges_accuracy(operations)
        found = {
            "train_acc1es": [0.0, np.float64(accuracy + 1)],
            "eval_acc1es": [0.0, np.float64(accuracy)],
            "cost_info": {"train_time": np.float64(accuracy * 10)},
        }
        return {"cifar10-valid": found, "cifar100": found}


def digits_accuracy(digits: str) -> float:
    return 20.0 + sum(int(digit) * place for place, digit in enumerate(digits, 3)) / 2


class TransNAS:
    """Takes the place of ``TransNASBenchAPI``."""

    def get_single_metric(self, name: str, task: str, metric: str, mode: str) -> np.float64:
        assert (task, mode) == ("class_object", "final")
        shift = {"train_top1": 1, "valid_top1": 0, "test_top1": -1, "time_elapsed": 9}[metric]
        return np.float64(digits_accuracy(digits_of(name)) + shift)

    def get_arch_result(self, name: str) -> TransNAS:
        return self

    def query_all_results(self) -> dict[str, Any]:
        return {"class_object": {}}


def digits_of(name: str) -> str:
    """The digits of a string of the benchmark that it lists, e.g. ``64-41414-3_12_010``."""
    micro = re.fullmatch(r"64-41414-([0-3])_([0-3]{2})_([0-3]{3})", name)
    macro = re.fullmatch(r"64-([1-4]{4,6})-basic", name)
    found = micro or macro
    assert found, name
    return "".join(found.groups())


class Data:
    """Search space and data set of one benchmark.

    Args:
        kind: one of ``CLASSES``.
    """

    def __init__(self, kind: str) -> None:
        self.space = getattr(import_module("naslib.search_spaces"), CLASSES[kind])()
        self.dataset = "cifar10"
        self.cells, self.model = Cells(), Surrogate()
        if kind == "NasBench101":
            api = import_module("naslib.utils.nb101_api")
            self.dataset_api: dict[str, Any] = {"api": api, "nb101_data": self.cells}
        elif kind == "NasBench301":
            self.dataset_api = {"nb301_model": [self.model, Surrogate()]}
        elif kind == "NasBench201":
            self.dataset_api = {"nb201_data": CellTable()}
        else:
            self.dataset = "class_object"
            self.dataset_api = {"api": TransNAS(), "task": self.dataset}

    def accuracy(self, graph: Any) -> float:
        """Validation accuracy of a NASLib graph in per cent, worked out by hand."""
        if graph.get_type() == "nasbench101":
            spec = self.dataset_api["api"].ModelSpec(**graph.get_spec())
            return cell_accuracy(spec.matrix, spec.ops) * 100
        if graph.get_type() == "nasbench301":
            return compact_accuracy(graph.get_compact())
        if graph.get_type() == "nasbench201":
            names = ["skip_connect", "none", "nor_conv_3x3", "nor_conv_1x1", "avg_pool_3x3"]
            edges = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
            numbers = graph.get_op_indices()
            return edges_accuracy({edge: names[n] for edge, n in zip(edges, numbers, strict=True)})
        return digits_accuracy("".join(str(n) for n in graph.get_op_indices()).rstrip("0"))


def compact_accuracy(compact: Any) -> float:
    poolings = ["max_pool_3x3", "avg_pool_3x3", "skip_connect"]
    convolutions = ["sep_conv_3x3", "sep_conv_5x5", "dil_conv_3x3", "dil_conv_5x5"]
    names = poolings + convolutions
    pairs = [pair for cell in compact for pair in cell]
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
