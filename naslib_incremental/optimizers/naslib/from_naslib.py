"""NASLib's discrete optimizers as rows of our comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from itertools import count
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from naslib_incremental.benchmarks.contract import Accuracies
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.options import Options
from naslib_incremental.optimizers.contract import Ask, EpisodeSettings
from naslib_incremental.optimizers.naslib.importing import load_naslib
from naslib_incremental.optimizers.naslib.stand_ins import PACKAGES
from naslib_incremental.optimizers.shapes import SearchOptimizer
from naslib_incremental.search_spaces_ext.contract import Architectures, SearchSpace

if TYPE_CHECKING:
    from naslib_incremental.optimizers.naslib.driving import Turns

PREDICTOR_PACKAGES = {
    "xgb": "xgboost",
    "lgb": "lightgbm",
    "rf": "sklearn",
    "gp": "pyro",
    "var_sparse_gp": "pyro",
}
"""What NASLib's predictors need and may be missing, as modules."""


class NASLibOptimizer(SearchOptimizer):
    """One of NASLib's optimizers, on our search space, its queries answered and counted by us.

    An episode is one search, whatever NASLib does with its queries. NASLib takes its own first
    architectures from our sampler; the starts are not used. Episodes follow each other: NASLib
    works on one architecture at a time, so that a few hundred episodes take long.

    Attributes:
        kind: the class in ``naslib.optimizers``.

    Raises:
        UserError: NASLib cannot be imported.
    """

    kind: ClassVar[str]

    def __init__(self, space: SearchSpace, settings: EpisodeSettings, config: Any = None) -> None:
        super().__init__(space, settings, config)
        self._make = getattr(load_naslib().optimizers, self.kind)

    def begin(self, starts: Architectures) -> None:
        """Begin E searches, one after the other."""
        self._turns: Turns[Architectures, float] | None = None
        self._asked: Architectures | None = None

    def ask(self) -> Ask | None:
        """One architecture of one episode."""
        going = self.going
        if not len(going):
            return None
        if self._turns is None:
            # Late: it loads torch, which a look at the options does not need.
            from naslib_incremental.optimizers.naslib.driving import Turns

            own = np.random.default_rng(self.rng.integers(2**63))
            self._turns = Turns(lambda query: self._search(query, own), int(own.integers(2**32)))
            self._take(self._turns.begin)
        assert self._asked is not None
        return Ask(going[:1], self._asked[None])

    def tell(self, validation: Accuracies) -> None:
        """Hand the answer to the search, or end it."""
        assert self._turns is not None
        assert self._asked is not None
        search = self.going[:1]
        self.note(Ask(search, self._asked[None]), validation)
        if search[0] in self.going:
            turns = self._turns
            self._take(lambda: turns.answer(float(validation[0])))
        else:
            self._turns.end()
            self._turns = None

    def _take(self, turn: Callable[[], Architectures | None]) -> None:
        try:
            self._asked = turn()
        except ImportError as error:
            action = "install what is missing, or take another optimizer or predictor type"
            raise UserError(f"all that {self.name} needs", str(error), action) from error

    def _search(self, query: Callable[[Architectures], float], rng: np.random.Generator) -> None:
        from naslib_incremental.optimizers.naslib.driving import SharedSpace

        options = asdict(self.config) if self.config is not None else {}
        epochs = self.settings.query_budget
        search = SimpleNamespace(epochs=epochs, fidelity=-1, encoding_type="", **options)
        optimizer = self._make(SimpleNamespace(dataset=None, search=search))
        space = SharedSpace(self.space, self.settings.neighbours, query, rng)
        optimizer.adapt_search_space(space, dataset_api={})
        for epoch in count():
            optimizer.new_epoch(epoch)


def _option(default: Any, help_line: str) -> Any:
    least = {"least": 1} if isinstance(default, int) else {}
    return field(default=default, metadata={"help": f"NASLib: {help_line}", **least})


@dataclass(frozen=True)
class LocalSearchOptions(Options):
    """``config.search`` of NASLib's LocalSearch."""

    num_init: int = _option(10, "architectures sampled before the first climb")


@dataclass(frozen=True)
class EvolutionOptions(Options):
    """``config.search`` of NASLib's RegularizedEvolution."""

    population_size: int = _option(30, "architectures alive")
    sample_size: int = _option(10, "architectures of a tournament")


@dataclass(frozen=True)
class NpenasOptions(Options):
    """``config.search`` of NASLib's Npenas, for predictors that take a vector of features."""

    num_init: int = _option(10, "architectures sampled before the first prediction")
    k: int = _option(10, "queries between two trainings of the predictors")
    num_ensemble: int = _option(3, "predictors in the ensemble")
    predictor_type: Literal["xgb", "lgb", "mlp", "rf", "gp", "var_sparse_gp"] = _option(
        "xgb", "kind of predictor"
    )
    num_arches_to_mutate: int = _option(5, "best architectures that are mutated")
    max_mutations: int = _option(1, "mutations of a candidate")
    num_candidates: int = _option(200, "candidates predicted")


@dataclass(frozen=True)
class BananasOptions(NpenasOptions):
    """``config.search`` of NASLib's Bananas."""

    acq_fn_optimization: Literal["mutation", "random_sampling"] = _option(
        "mutation", "where candidates come from; of those sampled at random each is a query"
    )
    acq_fn_type: Literal["its", "ucb", "ei", "exploit_only"] = _option(
        "its", "acquisition function"
    )


class RandomSearch(NASLibOptimizer):
    """NASLib's RandomSearch, on our search spaces."""

    name = "naslib:random_search"
    kind = "RandomSearch"


class LocalSearch(NASLibOptimizer):
    """NASLib's LocalSearch, on our search spaces."""

    name = "naslib:local_search"
    kind = "LocalSearch"
    config_class = LocalSearchOptions


class RegularizedEvolution(NASLibOptimizer):
    """NASLib's RegularizedEvolution, on our search spaces."""

    name = "naslib:regularized_evolution"
    kind = "RegularizedEvolution"
    config_class = EvolutionOptions


class PredictorOptimizer(NASLibOptimizer):
    """One that trains predictors: seconds to minutes an episode."""

    @classmethod
    def configure(
        cls, options: Mapping[str, Any], space: SearchSpace, settings: EpisodeSettings
    ) -> Any:
        """The options, once it is sure that the predictor's package is there.

        Raises:
            UserError: it is missing; names it.
        """
        config = super().configure(options, space, settings)
        package = PREDICTOR_PACKAGES.get(config.predictor_type)
        if package is not None and find_spec(package) is None:
            raise UserError(
                f"{package} for NASLib's predictor {config.predictor_type}",
                "no such package",
                f"pip install {PACKAGES.get(package, package)}, or take another predictor_type",
                setting="predictor_type",
            )
        return config


class Bananas(PredictorOptimizer):
    """NASLib's Bananas, on our search spaces."""

    name = "naslib:bananas"
    kind = "Bananas"
    config_class = BananasOptions


class Npenas(PredictorOptimizer):
    """NASLib's Npenas, on our search spaces."""

    name = "naslib:npenas"
    kind = "Npenas"
    config_class = NpenasOptions
