"""Where each table and figure stands on the page: under a theme, by the beginning of its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

THEMES = (
    (
        "Search under query budgets",
        "best_so_far budgets contrasts chances interquartile regret fixed profiles components",
    ),
    ("Within an episode", "improvement scatter endings final normality qq degree"),
    ("What it costs", "learning training episode_costs throughput break_even"),
    ("The search space", "accuracies walk optima local_optima sampler"),
)
"""Title and first words of names; a name that begins like none of them stands at the end."""
REST = "Further results"


class Named(Protocol):
    """A table or a figure."""

    @property
    def name(self) -> str:
        """Name of its files."""


Item = TypeVar("Item", bound=Named)


def by_theme(items: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Every item under one theme, in the order given; themes without items are left out."""
    found: dict[str, list[Item]] = {title: [] for title in [*dict(THEMES), REST]}
    for item in items:
        found[_theme(item.name)].append(item)
    return [(title, group) for title, group in found.items() if group]


def _theme(name: str) -> str:
    return next(
        (title for title, words in THEMES if name.startswith(tuple(words.split()))),
        REST,
    )
