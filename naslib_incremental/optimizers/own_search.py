"""Searching data of one's own with an agent that comes with the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np

from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers.apex_in_context import ApexInContext
from naslib_incremental.optimizers.contract import Ask, EpisodeSettings
from naslib_incremental.search_spaces_ext.contract import SearchSpace


@dataclass(frozen=True)
class Query:
    """One architecture that was looked at, and what it is worth."""

    architecture: str
    accuracy: float


class Searcher:
    """One search by ask and tell.

    In use::

        searcher = Searcher("nasbench201/cifar10", budget=50)
        while (architecture := searcher.ask()) is not None:
            searcher.tell(train_and_validate(architecture))
        print(searcher.best)

    The agent was trained on all data sets of the space that the package knows. It sees accuracies
    only relative to those told in this search: any unit will do, as long as more is better.

    Args:
        space: a search space, or the name of a benchmark that has it.
        budget: most architectures asked for.
        policy: ``"q"`` or ``"ei"``, see ``apex_in_context``.
        seed: of all randomness.

    Raises:
        UserError: no agent of that space comes with the package.

    Attributes:
        history: what was told so far.
    """

    def __init__(
        self, space: SearchSpace | str, budget: int = 100, policy: str = "q", seed: int = 0
    ) -> None:
        self._space = open_benchmark(space).space if isinstance(space, str) else space
        settings = EpisodeSettings(query_budget=budget)
        config = ApexInContext.configure({"policy": policy}, self._space, settings)
        self._optimizer = ApexInContext(self._space, settings, config)
        self._optimizer.load_pretrained()
        self.history: list[Query] = []
        rng = np.random.default_rng(seed)
        starts = self._space.sample(1, rng)
        self._optimizer.start(starts, np.full(1, np.nan), rng)
        self._asked: Ask | None = None

    def ask(self) -> str | None:
        """What to look at next, in the space's own notation; None at the end.

        Asking again before telling gives the same architecture.
        """
        if self._asked is None:
            self._asked = self._optimizer.ask()
        if self._asked is None:
            return None
        return self._space.to_readable(self._asked.architectures)[0]

    def tell(self, accuracy: float) -> None:
        """What the last architecture asked for is worth.

        Raises:
            UserError: nothing was asked for, or the accuracy is no number.
        """
        if self._asked is None:
            raise UserError("an architecture asked for", "none", "call ask() before tell()")
        architecture = self._space.to_readable(self._asked.architectures)[0]
        if not isfinite(accuracy):
            advice = "tell a low accuracy where training fails"
            raise UserError(f"a finite accuracy of {architecture}", str(accuracy), advice)
        self._optimizer.tell(np.array([accuracy], np.float64))
        self.history.append(Query(architecture, float(accuracy)))
        self._asked = None

    @property
    def best(self) -> Query:
        """The most accurate one so far; of equals the first.

        Raises:
            UserError: nothing was told yet.
        """
        if not self.history:
            raise UserError("at least one accuracy", "none", "call ask() and tell()")
        return max(self.history, key=lambda query: query.accuracy)


def search(
    accuracy_of: Callable[[str], float],
    space: SearchSpace | str,
    budget: int = 100,
    policy: str = "q",
    seed: int = 0,
) -> Searcher:
    """Search with a function from an architecture, in the space's own notation, to its accuracy.

    The function is called at most ``budget`` times, never twice for the same architecture. A table
    is searched with its ``__getitem__``. The arguments are those of ``Searcher``.

    Returns:
        the finished search: its ``best`` and its ``history``.
    """
    searcher = Searcher(space, budget, policy, seed)
    while (architecture := searcher.ask()) is not None:
        searcher.tell(accuracy_of(architecture))
    return searcher
