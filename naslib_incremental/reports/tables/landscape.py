"""Tables of the landscape: what a random walk draws, and the largest basins."""

from __future__ import annotations

import numpy as np

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape.draws import TOP, correlate, describe
from naslib_incremental.reports.statistics.landscape.study import DRAWS, Landscape
from naslib_incremental.reports.tables.budgets import NOTHING, made_from, percent
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

ROWS = 10


def landscape_tables(analysis: Analysis, landscape: Landscape) -> list[Table]:
    """All tables of the landscape."""
    return [
        draws_table(analysis, landscape),
        correlations_table(analysis, landscape),
        optima_table(analysis, landscape),
    ]


def draws_table(analysis: Analysis, landscape: Landscape) -> Table:
    """What one query of a random search and of a random walk draws from."""
    titles = ("mean accuracy", f"best {TOP:.0%}", "effective number", "in-degree", "out-degree")
    best = (f"best of {budget}" for budget in analysis.budgets)
    rows = tuple(
        tuple(
            Entry((text,))
            for text in (
                one.name,
                percent(one.mean),
                percent(one.top),
                f"{one.effective:,.0f}",
                f"{one.in_degree:.1f}",
                f"{one.out_degree:.1f}",
                *map(percent, one.best),
            )
        )
        for one in describe(landscape, analysis.budgets)
    )
    return Table(
        "walk_draws",
        "What a random walk draws from",
        (Column("distribution", numeric=False), *map(Column, (*titles, *best))),
        rows,
        f"Computed over all {len(landscape.validation):,} architectures, not from episodes. "
        f"Accuracies in per cent; best {TOP:.0%}: probability (%) of one of the best {TOP:.0%} of "
        "all architectures; effective number: so many equally likely architectures would repeat as "
        "often; degrees: means; best of: expected best of so many independent draws, which is what "
        f"{_search_of(landscape)} and a random walk find in so many queries. "
        f"{walk_facts(landscape)} {made_from(analysis, 'validation')}",
    )


def _search_of(landscape: Landscape) -> str:
    """Random search by the sampler that it draws from."""
    return f"random search (sampler {landscape.sampler})"


def walk_facts(landscape: Landscape) -> str:
    """How the walk is defined and how long it lasts, for captions."""
    walk = landscape.walk
    counted = f", its probabilities counted from {DRAWS:,} draws"
    return (
        f"The walk starts at the sampler {landscape.sampler}"
        f"{'' if landscape.sampler == 'uniform' else counted}; it moves to one of at most "
        f"{landscape.neighbours} presented neighbours or stops, all equally likely; "
        f"{percent(walk.cut)} % of the episodes are cut off after {landscape.max_steps} moves; "
        f"an episode makes {walk.moves:.1f} on average."
    )


def correlations_table(analysis: Analysis, landscape: Landscape) -> Table:
    """How visits, degrees and accuracy go together."""
    rows = tuple(
        tuple(
            Entry((text,))
            for text in (one.first, one.second, _signed(one.spearman), _signed(one.kendall))
        )
        for one in correlate(landscape)
    )
    return Table(
        "walk_correlations",
        "Visits, degrees and accuracy",
        (
            Column("of", numeric=False),
            Column("with", numeric=False),
            Column("Spearman"),
            Column("Kendall"),
        ),
        rows,
        f"Rank correlations over all {len(landscape.validation):,} architectures, each counted "
        f"once. {made_from(analysis, 'validation')}",
    )


def _signed(value: float) -> str:
    return NOTHING if np.isnan(value) else f"{value:+.3f}"


def optima_table(analysis: Analysis, landscape: Landscape) -> Table:
    """The local optima with the largest basins."""
    basins = landscape.basins
    starts = np.bincount(basins.ends, landscape.start, len(basins.ends))
    shown = basins.optima[:ROWS]
    better = [int((landscape.validation > landscape.validation[one]).sum()) for one in shown]
    readable = landscape.space.to_readable(shown.astype(landscape.space.dtype))
    rows = tuple(
        tuple(
            Entry((text,))
            for text in (
                name,
                percent(landscape.validation[one]),
                f"{1 + rank:,}",
                percent(size / len(basins.ends)),
                percent(starts[one]),
            )
        )
        for name, one, rank, size in zip(readable, shown, better, basins.sizes, strict=False)
    )
    titles = ("its validation", "rank", "share of architectures", "share of starts")
    return Table(
        "optima",
        "The largest basins",
        (Column("local optimum", numeric=False), *map(Column, titles)),
        rows,
        "Steepest ascent with all neighbours: the local optima that most architectures climb to, "
        "and the share of starts of the sampler "
        f"{landscape.sampler} that do (%). {made_from(analysis, 'validation')}",
    )
