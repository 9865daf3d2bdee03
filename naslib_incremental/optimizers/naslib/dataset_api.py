"""NASLib's ``query`` as a benchmark: what trains agents and answers searches in NASLib."""

from __future__ import annotations

from typing import Any

import numpy as np

from naslib_incremental.benchmarks.contract import Answers, Benchmark, Provenance
from naslib_incremental.optimizers.naslib.conversion import conversion_for
from naslib_incremental.search_spaces_ext.contract import Architectures


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
        self.metric = metric
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
        return self._graph.query(self.metric[metric], self._dataset, dataset_api=self._dataset_api)

    @classmethod
    def open(cls, variant: str) -> DatasetAPI:
        """Not opened by name: it needs NASLib's objects."""
        raise NotImplementedError

    def query(self, architectures: Architectures) -> Answers:
        """Validation accuracies as fractions; the test accuracy is not asked for."""
        answers = [float(self.ask(one, "VAL_ACCURACY")) for one in architectures]
        return Answers(np.array(answers) / 100, np.full(len(answers), np.nan))
