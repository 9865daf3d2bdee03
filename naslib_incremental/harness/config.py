"""What a run is: everything that changes its numbers, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, NoReturn

from naslib_incremental.foundation.errors import UserError

if TYPE_CHECKING:
    from naslib_incremental.optimizers import EpisodeSettings, Optimizer

LEAST = {
    "seed": 0,
    "seeds": 1,
    "start_sets": 1,
    "episodes": 1,
    "searches": 1,
    "neighbours": 1,
    "max_steps": 1,
}
"""The smallest value of each number of a run."""


@dataclass(frozen=True)
class RunConfig:
    """An evaluation of optimizers side by side (paper, section 4.2, for the defaults).

    Attributes:
        optimizers: options that were given, by optimizer name; the others keep their defaults.
        benchmark: full name of a benchmark.
        seeds: A, agents per trainable optimizer, or independent repetitions of any other.
        start_sets: S, sets of starts; every optimizer and agent begins at the same ones.
        episodes: E, episodes per agent and start set.
        searches: searches per agent and start set, in the place of episodes, of an optimizer whose
            episode is a whole search.
        budgets: query budgets that the report's tables show; none for the benchmark's that the
            episodes allow.
        long_search: queries of a search, beyond the largest budget, of optimizers that allow for
            long searches; None for the largest budget.
        train_on: benchmarks that agents are trained on; none for each optimizer's own choice: the
            benchmark itself, or all others of its family for one that learns elsewhere.
        neighbours: N, most neighbours presented at each step.
        max_steps: steps after which an episode is cut off.
        seed: master seed; all others are derived from it.

    Raises:
        UserError: a number is out of range.
    """

    optimizers: Mapping[str, Mapping[str, Any]]
    benchmark: str = "nasbench_graph/cora"
    _: KW_ONLY
    seeds: int = 5
    start_sets: int = 5
    episodes: int = 10_000
    searches: int = 8
    budgets: tuple[int, ...] = ()
    long_search: int | None = None
    train_on: tuple[str, ...] = ()
    neighbours: int = 50
    max_steps: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        for name, smallest in LEAST.items():
            if getattr(self, name) < smallest:
                refuse(name, f"at least {smallest}", getattr(self, name))
        if not self.optimizers:
            refuse("optimizer", "one or more names", "none")
        if min(self.budgets, default=1) < 1:
            refuse("budgets", "numbers from 1", list(self.budgets))
        if self.long_search is not None and self.long_search < 1:
            refuse("long_search", "at least 1", self.long_search)

    @property
    def settings(self) -> EpisodeSettings:
        """What all optimizers share; the budgets must be given."""
        # Late, so that a command line that only asks for help does not load numerical libraries.
        from naslib_incremental.optimizers import EpisodeSettings

        return EpisodeSettings(self.neighbours, self.max_steps, max(self.budgets))

    def settings_of(self, optimizer: type[Optimizer]) -> EpisodeSettings:
        """The same for one optimizer, whose searches may go on after the largest budget."""
        longest = self.long_search if optimizer.long_searches else None
        return replace(self.settings, query_budget=max(*self.budgets, longest or 0))

    def flat(self) -> dict[str, Any]:
        """By name: every setting that says something, and the optimizers' options given."""
        settings = {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if field.name != "optimizers" and getattr(self, field.name) not in ((), None)
        }
        options = {
            name: value for given in self.optimizers.values() for name, value in given.items()
        }
        return {"optimizer": list(self.optimizers), **settings, **options}


def refuse(name: str, what: str, got: object, action: str = "") -> NoReturn:
    """Refuse a setting of a run, with the advice to give another if there is no better one."""
    raise UserError(f"{name} of {what}", str(got), action or f"give another {name}", setting=name)
