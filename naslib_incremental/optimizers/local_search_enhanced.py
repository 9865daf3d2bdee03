"""Local search that moves at the first improvement, and continues where others stop."""

from __future__ import annotations

from naslib_incremental.optimizers.best_first import BestFirst


class LocalSearchEnhanced(BestFirst):
    """Queries neighbours until one is better; at a local optimum it continues from the next best.

    Best-first search in which the first neighbour that is better than what is looked around ends
    the looking around, and is most often the next one to be looked around.

    Source: White, Nolen, Savani (2021), "Exploring the loss landscape in neural architecture
    search" ("Local search is state of the art for NAS benchmarks"), variants *query until lower*
    and *continue at minimum*.
    """

    name = "local_search_enhanced"
    leaves_early = True
