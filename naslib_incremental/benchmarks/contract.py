"""The contract of a benchmark: one batched query that says what architectures are worth."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

Accuracies = NDArray[np.float64]


@dataclass(frozen=True)
class Answers:
    """What K architectures are worth.

    Attributes:
        validation: [K] validation accuracy as a fraction; what a search may see.
        test: [K] test accuracy as a fraction, NaN where the benchmark has none; for reports only.
        costs: further columns, each [K], e.g. ``"parameters"``; named with their unit.
    """

    validation: Accuracies
    test: Accuracies
    costs: Mapping[str, Accuracies] = field(default_factory=dict)


@dataclass(frozen=True)
class Provenance:
    """What a benchmark's numbers are made from; shown wherever they are shown.

    Attributes:
        label: one line, e.g. ``"NAS-Bench-Graph cora, validation and test of real trainings"``.
        validation: what the validation column is.
        test: what the test column is, empty where there is none.
        files: SHA-256 by file name.
    """

    label: str
    validation: str
    test: str
    files: Mapping[str, str]


class Benchmark(ABC):
    """What an architecture is worth; knows nothing of budgets or episodes.

    Attributes:
        variants: what may follow the registry name and a slash; ``("",)`` for a benchmark of one.
        name: full name, e.g. ``"nasbench_graph/cora"``.
        space: the architectures it answers for.
        provenance: what its numbers are made from.
        shaping_alpha: default alpha of the reward shaping exp(alpha * accuracy), 0 for none.
        validation_optimum: highest validation accuracy of the whole table, None where unknown.
        budgets: query budgets that papers report on it.
    """

    variants: ClassVar[tuple[str, ...]] = ("",)
    budgets: ClassVar[tuple[int, ...]] = (50, 100, 150, 300)
    name: str
    space: SearchSpace
    provenance: Provenance
    shaping_alpha: float
    validation_optimum: float | None

    @classmethod
    @abstractmethod
    def open(cls, variant: str) -> Benchmark:
        """The benchmark of one of ``variants``.

        Raises:
            UserError: its data cannot be found or read.
        """

    @abstractmethod
    def query(self, architectures: Architectures) -> Answers:
        """Validation, test and costs of [K, *architecture_shape] architectures, in one batch."""
