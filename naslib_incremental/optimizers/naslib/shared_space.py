"""One of our search spaces as NASLib's optimizers see one, with queries that we answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

Query = Callable[[Architectures], float]
"""From one architecture to its validation accuracy as a fraction."""


class SharedSpace(nn.Module):
    """Stands where NASLib's optimizers expect one of its ``Graph``s.

    Samples, neighbours and features are those of our space, the same for all optimizers that are
    compared. An architecture without neighbours is its own.

    Args:
        space: ours.
        neighbours: N, most neighbours in a neighbourhood.
        query: answers and counts.
        rng: source of samples and neighbours.
    """

    QUERYABLE = True
    OPTIMIZER_SCOPE = None
    instantiate_model = False

    def __init__(
        self, space: SearchSpace, neighbours: int, query: Query, rng: np.random.Generator
    ) -> None:
        super().__init__()
        self._parts = (space, neighbours, query, rng)
        self._space, self._neighbours, self._query, self._rng = self._parts
        self.space_name = space.name
        self.architecture: Architectures = np.empty(0, space.dtype)

    def clone(self) -> SharedSpace:
        """Another object for the same architecture."""
        return self._holding(self.architecture)

    def _holding(self, architecture: Architectures) -> SharedSpace:
        other = SharedSpace(*self._parts)
        other.architecture = architecture
        return other

    def get_type(self) -> str:
        """The space's name."""
        return self.space_name

    def get_hash(self) -> str:
        """The architecture as text."""
        return self._space.to_readable(self.architecture[None])[0]

    def sample_random_architecture(self, dataset_api: Any = None, load_labeled: Any = None) -> None:
        """Become a draw from the default sampler."""
        self.architecture = self._space.sample(1, self._rng)[0]

    def mutate(self, parent: SharedSpace, dataset_api: Any = None) -> None:
        """Become a uniformly random neighbour of ``parent``."""
        self.architecture = self._around(parent.architecture, 1)[0]

    def _around(self, architecture: Architectures, limit: int) -> Architectures:
        shown = self._space.neighbours(architecture[None], limit, self._rng)
        found: Architectures = shown.architectures[shown.mask]
        return found if len(found) else architecture[None]

    def get_nbhd(self, dataset_api: Any = None) -> list[Any]:
        """Up to N neighbours in random order, each in a module of its own as ``arch``."""
        neighbourhood = []
        for neighbour in self._around(self.architecture, self._neighbours):
            module = nn.Module()
            module.arch = self._holding(neighbour)
            neighbourhood.append(module)
        return neighbourhood

    def encode(self, encoding_type: Any = None) -> NDArray[np.float64]:
        """[F] features, the same whatever encoding is asked for."""
        return np.asarray(self._space.encode(self.architecture[None])[0], np.float64)

    def query(self, metric: Any, dataset: Any = None, **_: Any) -> float:
        """Validation accuracy in per cent; one query.

        Raises:
            NotImplementedError: anything else is asked for.
        """
        if metric.name != "VAL_ACCURACY":
            raise NotImplementedError(f"a search sees validation accuracies only, not {metric}")
        return 100 * self._query(self.architecture)
