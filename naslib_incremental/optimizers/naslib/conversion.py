"""NASLib's benchmarks as ours: architectures in its form and in ours, and what it answers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.benchmarks.nasbench301 import NASBench301
from naslib_incremental.benchmarks.transnas101 import TASKS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace
from naslib_incremental.search_spaces_ext.edge_cells import EDGES, EdgeCellSpace
from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace
from naslib_incremental.search_spaces_ext.nasbench101.kernels import MOST_VERTICES, NO_CELL
from naslib_incremental.search_spaces_ext.nasbench101.space import (
    OPERATIONS,
    NASBench101Space,
    cell_to_word,
    word_to_cell,
)
from naslib_incremental.search_spaces_ext.nasbench201 import NASBench201Space
from naslib_incremental.search_spaces_ext.nasbench301.genotype import from_compact, to_compact
from naslib_incremental.search_spaces_ext.nasbench301.space import NASBench301Space
from naslib_incremental.search_spaces_ext.transnas101 import (
    MICRO_PREFIX,
    MOST,
    TransNASMacroSpace,
    TransNASMicroSpace,
)

NASBENCH201_OPERATIONS = (
    "skip_connect",
    "none",
    "nor_conv_3x3",
    "nor_conv_1x1",
    "avg_pool_3x3",
)
"""In NASLib's order."""
NASBENCH201_EDGES = ((1, 0), (2, 0), (3, 0), (2, 1), (3, 1), (3, 2))
"""(target, source) in NASLib's order."""


@dataclass(frozen=True)
class Measured:
    """What NASLib's VAL_ACCURACY is.

    Attributes:
        scale: its number of 1.
        metric: what it measures.
        shaping_alpha: default alpha of the reward shaping.
    """

    scale: float = 100.0
    metric: Metric = ACCURACY
    shaping_alpha: float = 6.0


class Conversion(ABC):
    """Between one of NASLib's search spaces and ours.

    Attributes:
        space: ours.
    """

    space: SearchSpace

    @abstractmethod
    def to_spec(self, architecture: Architectures) -> Any:
        """What NASLib's ``set_spec`` takes for one of our architectures."""

    @abstractmethod
    def from_spec(self, spec: Any) -> Architectures:
        """Our architecture of what NASLib's ``get_spec`` or ``get_compact`` gives.

        Raises:
            UserError: it is no architecture of the space.
        """

    def measured(self, dataset: str) -> Measured:
        """What NASLib's VAL_ACCURACY is on a data set."""
        return Measured()


class NASBench101Conversion(Conversion):
    """Specs ``{"matrix": [7, 7], "ops": 7 names}``; smaller cells have unconnected vertices."""

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
            if not shapely or not np.isin(matrix, (0, 1)).all() or word == NO_CELL:
                raise ValueError(
                    "give an upper triangle of 0 and 1 with a path, and at most nine edges"
                )
            return _index(self.space, word)
        except (IndexError, KeyError, TypeError, ValueError) as error:
            raise _no_spec("NAS-Bench-101", spec, str(error)) from error


class NASBench301Conversion(Conversion):
    """Compact forms: two cells of eight (input, operation); the order of the nodes is kept."""

    def __init__(self) -> None:
        self.space: NASBench301Space = NASBench301Space()

    def measured(self, dataset: str) -> Measured:  # noqa: D102
        return Measured(shaping_alpha=NASBench301.shaping_alpha)

    def to_spec(self, architecture: Architectures) -> Any:  # noqa: D102
        return to_compact(architecture)

    def from_spec(self, spec: Any) -> Architectures:  # noqa: D102
        architecture: Architectures = from_compact([spec])[0]
        return architecture


class EdgeOperationsConversion(Conversion):
    """Specs of six operations, numbered and in an order of edges that are NASLib's own.

    Attributes:
        title: of the space.
        order: [6] place in our order of each of NASLib's edges.
        numbers: [O] our number of each of NASLib's operations.
    """

    title: ClassVar[str]
    space: EdgeCellSpace
    order: tuple[int, ...]
    numbers: tuple[int, ...]

    def to_spec(self, architecture: Architectures) -> list[int]:  # noqa: D102
        [ours] = self.space.unpack(self.space.graph.words[np.atleast_1d(architecture)]).tolist()
        return [self.numbers.index(ours[place]) for place in self.order]

    def from_spec(self, spec: Any) -> Architectures:  # noqa: D102
        try:
            ours = np.zeros(len(EDGES), np.int64)
            for place, number in zip(self.order, spec, strict=True):
                if number not in range(len(self.numbers)):
                    raise ValueError(f"give numbers below {len(self.numbers)}")
                ours[place] = self.numbers[int(number)]
            return _index(self.space, int(self.space.pack(ours[None])[0]))
        except (TypeError, ValueError) as error:
            raise _no_spec(self.title, spec, f"give six numbers of operations; {error}") from error


class NASBench201Conversion(EdgeOperationsConversion):
    """Edges by their source, operations from ``skip_connect`` on."""

    title = "NAS-Bench-201"

    def __init__(self) -> None:
        self.space = NASBench201Space()
        self.order = tuple(EDGES.index(edge) for edge in NASBENCH201_EDGES)
        self.numbers = tuple(self.space.operations.index(one) for one in NASBENCH201_OPERATIONS)


class TransNASMicroConversion(EdgeOperationsConversion):
    """The digits of the benchmark's own string, which NASLib builds networks and queries from."""

    title = f"TransNAS-Bench-101's cells, {MICRO_PREFIX}..."

    def __init__(self) -> None:
        self.space = TransNASMicroSpace()
        self.order = tuple(range(len(EDGES)))
        self.numbers = tuple(range(len(self.space.operations)))

    def measured(self, dataset: str) -> Measured:  # noqa: D102
        return _task(dataset)


class TransNASMacroConversion(Conversion):
    """Specs of six modules, 0 for those that there are not: an array, as NASLib compares it."""

    def __init__(self) -> None:
        self.space: TransNASMacroSpace = TransNASMacroSpace()

    def to_spec(self, architecture: Architectures) -> NDArray[np.int64]:  # noqa: D102
        [text] = self.space.to_readable(np.atleast_1d(architecture))
        modules = [int(digit) for digit in text.split("-")[1]]
        return np.array(modules + [0] * (MOST - len(modules)))

    def from_spec(self, spec: Any) -> Architectures:  # noqa: D102
        try:
            modules = np.array(spec)
            if modules.dtype.kind not in "iu":
                raise ValueError("give whole numbers")
            digits = "".join(map(str, modules.tolist())).rstrip("0")
            found: Architectures = self.space.from_readable([f"64-{digits}-basic"])[0]
        except (TypeError, ValueError, UserError) as error:
            action = "give four to six modules 1 to 4, of which one to three double the channels"
            raise _no_spec("TransNAS-Bench-101's skeletons", spec, action) from error
        return found

    def measured(self, dataset: str) -> Measured:  # noqa: D102
        return _task(dataset)


def _task(dataset: str) -> Measured:
    if dataset not in TASKS:
        names = ", ".join(TASKS)
        raise UserError(f"a task of TransNAS-Bench-101, one of {names}", repr(dataset), "name one")
    task = TASKS[dataset]
    return Measured(task.scale, task.metric, task.shaping_alpha)


def _index(space: EnumerableSpace, word: int) -> Architectures:
    found: Architectures = space.index_of(np.array([word], np.uint64))[0]
    return found


def _no_spec(title: str, spec: Any, action: str) -> UserError:
    return UserError(f"a spec of {title}", " ".join(repr(spec).split()), action)


CONVERSIONS: Mapping[str, type[Conversion]] = {
    "nasbench101": NASBench101Conversion,
    "nasbench201": NASBench201Conversion,
    "nasbench301": NASBench301Conversion,
    "transbench101_micro": TransNASMicroConversion,
    "transbench101_macro": TransNASMacroConversion,
}
"""By NASLib's ``get_type``."""


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
        search_space: a NASLib search space without an architecture; is cloned. For queries the
            clone builds no torch networks (``instantiate_model``).
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
        measured = self.conversion.measured(dataset)
        self.scale, self.metric = measured.scale, measured.metric
        self.shaping_alpha = measured.shaping_alpha
        self.name = f"naslib/{self.space.name}"
        label = f"{self.space.name} through NASLib's dataset_api"
        self.provenance = Provenance(label, "NASLib's VAL_ACCURACY", "", {})
        self._kinds = metric
        self._dataset, self._dataset_api = dataset, dataset_api
        self._empty = search_space.clone()
        # Without torch networks one graph can take one architecture after the other.
        self._graph = search_space.clone()
        self._graph.instantiate_model = False

    def graph(self, architecture: Architectures) -> Any:
        """One of our architectures as a NASLib graph of its own.

        Where the search space instantiates models it is a network with all its parameters.
        """
        graph = self._empty.clone()
        graph.set_spec(self.conversion.to_spec(architecture), dataset_api=self._dataset_api)
        if graph.instantiate_model:
            # Or else torch would know none of its parameters.
            graph.parse()
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
        """What NASLib calls validation accuracy, as fractions; the test accuracy is not asked for.

        What was asked before is asked again: some of NASLib's answers are drawn at random.
        """
        answers = [float(self.ask(one, "VAL_ACCURACY")) for one in architectures]
        return Answers(np.array(answers) / self.scale, np.full(len(answers), np.nan))
