"""NASLib's benchmarks as ours: architectures in its form and in ours, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.nasbench101.kernels import MOST_VERTICES, NO_CELL
from naslib_incremental.search_spaces_ext.nasbench101.space import (
    OPERATIONS,
    NASBench101Space,
    cell_to_word,
    word_to_cell,
)
from naslib_incremental.search_spaces_ext.nasbench301.genotype import from_compact, to_compact
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space


class Conversion(ABC):
    """Between one of NASLib's search spaces and ours.

    Attributes:
        space: ours.
        shaping_alpha: default alpha of the reward shaping.
    """

    space: SearchSpace
    shaping_alpha: ClassVar[float]

    @abstractmethod
    def to_spec(self, architecture: Architectures) -> Any:
        """What NASLib's ``set_spec`` takes for one of our architectures."""

    @abstractmethod
    def from_spec(self, spec: Any) -> Architectures:
        """Our architecture of what NASLib's ``get_spec`` or ``get_compact`` gives.

        Raises:
            UserError: it is no architecture of the space.
        """


class NASBench101Conversion(Conversion):
    """Specs ``{"matrix": [7, 7], "ops": 7 names}``; smaller cells have unconnected vertices."""

    shaping_alpha = 6.0

    def __init__(self) -> None:
        self.space: NASBench101Space = NASBench101Space()

    def to_spec(self, architecture: Architectures) -> dict[str, Any]:  # noqa: D102
        adjacency, operations = word_to_cell(int(self.space.graph.words[architecture]))
        inner = len(operations)
        rows = [*range(inner + 1), MOST_VERTICES - 1]
        matrix = np.zeros((MOST_VERTICES, MOST_VERTICES), np.int64)
        matrix[np.ix_(rows, rows)] = adjacency
        padded = [*operations, *[0] * (MOST_VERTICES - 2 - inner)]
        names = ["input", *(OPERATIONS[operation] for operation in padded), "output"]
        return {"matrix": matrix, "ops": names}

    def from_spec(self, spec: Mapping[str, Any]) -> Architectures:  # noqa: D102
        try:
            matrix, names = np.asarray(spec["matrix"]), list(spec["ops"])
            operations = [OPERATIONS.index(name) for name in names[1:-1]]
            word = cell_to_word(matrix, operations)
            shapely = matrix.shape == (len(names),) * 2 and not np.tril(matrix).any()
            if not shapely or word == NO_CELL:
                raise ValueError("give an upper triangle with a path, and at most nine edges")
            index: Architectures = self.space.index_of(np.array([word], np.uint64))[0]
        except (IndexError, KeyError, TypeError, ValueError) as error:
            shown = " ".join(repr(spec).split())
            raise UserError("a spec of NAS-Bench-101", shown, str(error)) from error
        return index


class NASBench301Conversion(Conversion):
    """Compact forms: two cells of eight (input, operation); the order of the nodes is kept."""

    shaping_alpha = 32.0

    def __init__(self) -> None:
        self.space: NASBench301Space = NASBench301Space()

    def to_spec(self, architecture: Architectures) -> Any:  # noqa: D102
        return to_compact(architecture)

    def from_spec(self, spec: Any) -> Architectures:  # noqa: D102
        architecture: Architectures = from_compact([spec])[0]
        return architecture


CONVERSIONS: Mapping[str, type[Conversion]] = {
    "nasbench101": NASBench101Conversion,
    "nasbench301": NASBench301Conversion,
}


def conversion_for(search_space: Any) -> Conversion:
    """The conversion of one of NASLib's search spaces.

    Raises:
        UserError: there is none for it.
    """
    kind = search_space.get_type()
    if kind not in CONVERSIONS:
        known = ", ".join(CONVERSIONS)
        raise UserError(f"a NASLib search space of {known}", repr(kind), "give one of these")
    return CONVERSIONS[kind]()


class DatasetAPI(Benchmark):
    """Answers from the ``query`` of one of NASLib's search spaces, one architecture at a time.

    Args:
        search_space: a NASLib search space without an architecture; is cloned, and set not to build
            torch networks (``instantiate_model``).
        dataset: name of the data set, as in NASLib's configs.
        dataset_api: what NASLib's ``get_dataset_api`` gives.
        metric: NASLib's enumeration of what can be queried.

    Raises:
        UserError: the search space is not supported.
    """

    validation_optimum: float | None = None

    def __init__(self, search_space: Any, dataset: str, dataset_api: Any, metric: Any) -> None:
        self.conversion = conversion_for(search_space)
        self.space = self.conversion.space
        self.shaping_alpha = self.conversion.shaping_alpha
        self.name = f"naslib/{self.space.name}"
        label = f"{self.space.name} through NASLib's dataset_api"
        self.provenance = Provenance(label, "NASLib's VAL_ACCURACY", "", {})
        self._kinds = metric
        self._empty = search_space.clone()
        self._empty.instantiate_model = False
        self._dataset, self._dataset_api = dataset, dataset_api
        # Without torch networks one graph can take one architecture after the other.
        self._graph = self._empty.clone()

    def graph(self, architecture: Architectures) -> Any:
        """One of our architectures as a NASLib graph of its own."""
        graph = self._empty.clone()
        graph.set_spec(self.conversion.to_spec(architecture), dataset_api=self._dataset_api)
        return graph

    def ask(self, architecture: Architectures, metric: str) -> Any:
        """What NASLib's ``query`` says of one architecture, e.g. on ``"VAL_ACCURACY"``."""
        spec = self.conversion.to_spec(architecture)
        self._graph.set_spec(spec, dataset_api=self._dataset_api)
        return self._graph.query(self._kinds[metric], self._dataset, dataset_api=self._dataset_api)

    @classmethod
    def open(cls, variant: str) -> DatasetAPI:
        """Not opened by name: it needs NASLib's objects."""
        raise NotImplementedError

    def query(self, architectures: Architectures) -> Answers:
        """Validation accuracies as fractions; the test accuracy is not asked for."""
        answers = [float(self.ask(one, "VAL_ACCURACY")) for one in architectures]
        return Answers(np.array(answers) / 100, np.full(len(answers), np.nan))
