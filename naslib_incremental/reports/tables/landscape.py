"""Tables of the landscape: what a random walk samples from, and the largest basins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.landscape import (
    SAMPLES,
    TOP,
    Landscape,
    correlate,
    describe,
)
from naslib_incremental.reports.tables.table import Column, Table, percent, text_column

ROWS = 10


def distribution_tables(analysis: Analysis) -> Iterator[Table]:
    """What one query of a random search and of a random walk samples from."""
    landscape = analysis.study.landscape
    if landscape is None:
        return
    best = {f"best_of_{budget}": budget for budget in analysis.budgets}
    facts = [
        {
            "distribution": one.name,
            "mean": one.mean,
            "top": one.top,
            "effective": one.effective,
            "in_degree": one.in_degree,
            "out_degree": one.out_degree,
            **dict(zip(best, one.best, strict=True)),
        }
        for one in describe(landscape, analysis.budgets)
    ]
    yield Table(
        "walk_draws",
        "What a random walk draws from",
        f"Computed over all {len(landscape.validation):,} architectures, not from episodes. "
        f"Accuracies in per cent; best {TOP:.0%}: probability (%) of one of the best {TOP:.0%} of "
        "all architectures; effective number: so many equally likely architectures would repeat as "
        "often; degrees: means; best of: expected best of so many independent draws, which is what "
        f"random search (sampler {landscape.sampler}) and a random walk find in so many queries. "
        f"{walk_facts(landscape)} {analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (text_column("distribution"),),
        (
            Column("mean accuracy", "{mean:percent}"),
            Column(f"best {TOP:.0%}", "{top:percent}"),
            Column("effective number", "{effective:count}"),
            Column("in-degree", "{in_degree:fixed1}"),
            Column("out-degree", "{out_degree:fixed1}"),
            *(Column(f"best of {budget}", f"{{{name}:percent}}") for name, budget in best.items()),
        ),
    )


def walk_facts(landscape: Landscape) -> str:
    """How the walk is defined and how long it lasts, for captions."""
    walk = landscape.walk
    counted = f", its probabilities counted from {SAMPLES:,} draws"
    return (
        f"The walk starts at the sampler {landscape.sampler}"
        f"{'' if landscape.sampler == 'uniform' else counted}; it moves to one of at most "
        f"{landscape.neighbours} presented neighbours or stops, all equally likely; "
        f"{percent(walk.cut)} % of the episodes are cut off after {landscape.max_steps} steps; "
        f"an episode makes {walk.num_steps:.1f} on average."
    )


def correlation_tables(analysis: Analysis) -> Iterator[Table]:
    """How visits, degrees and accuracy go together."""
    landscape = analysis.study.landscape
    if landscape is None:
        return
    yield Table(
        "walk_correlations",
        "Visits, degrees and accuracy",
        f"Rank correlations over all {len(landscape.validation):,} architectures, each counted "
        f"once. {analysis.made_from('validation')}",
        pd.DataFrame([vars(one) for one in correlate(landscape)]),
        (text_column("of", "first"), text_column("with", "second")),
        (Column("Spearman", "{spearman:signed3}"), Column("Kendall", "{kendall:signed3}")),
    )


def optimum_tables(analysis: Analysis) -> Iterator[Table]:
    """The local optima with the largest basins."""
    landscape = analysis.study.landscape
    if landscape is None:
        return
    yield Table(
        "optima",
        "The largest basins",
        "Steepest ascent with all neighbours: the local optima that most architectures climb to, "
        "and the share of starts of the sampler "
        f"{landscape.sampler} that do (%). {analysis.made_from('validation')}",
        optima(landscape).head(ROWS),
        (text_column("local optimum", "architecture"),),
        (
            Column("its validation", "{validation:percent}"),
            Column("rank", "{rank:count}"),
            Column("share of architectures", "{architectures:percent}"),
            Column("share of starts", "{starts:percent}"),
        ),
    )


def optima(landscape: Landscape) -> pd.DataFrame:
    """One row per local optimum, the largest basin first: accuracy, rank, and shares."""
    basins, validation = landscape.basins, landscape.validation
    starts = np.bincount(basins.ends, landscape.start, len(basins.ends))
    ascending = np.sort(validation)
    better = len(validation) - np.searchsorted(ascending, validation[basins.optima], "right")
    columns = {
        "architecture": landscape.space.to_readable(basins.optima.astype(landscape.space.dtype)),
        "validation": validation[basins.optima],
        "rank": 1 + better,
        "basin": basins.sizes,
        "architectures": basins.sizes / len(validation),
        "starts": starts[basins.optima],
    }
    frame: pd.DataFrame = pd.DataFrame(columns)
    return frame
