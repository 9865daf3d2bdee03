"""How accurate agents are by value of each factor, with intervals over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.statistics.estimates import CONFIDENCE
from naslib_incremental.reports.statistics.study import Level, StudyRuns
from naslib_incremental.reports.tables.budgets import percent
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

SEEDS = f"{100 * CONFIDENCE:.0f} % training-seed interval"
# The factors that mean N; a space with fewer neighbours shows the same for all larger values.
NEIGHBOURS = ("neighbours", "N")


def robustness_table(study: StudyRuns) -> Table:
    """Final accuracy and best found at each budget, by variant, factor and value."""
    parts = ("mean", "low", "high")
    columns = (
        *(Column(title, numeric=False) for title in ("around", "factor", "value")),
        Column("agents"),
        Column("final", parts, "[{1}, {2}]"),
        *(Column(f"best of {budget}", parts, "[{1}, {2}]") for budget in study.budgets),
    )
    benchmark = study.manifest["benchmark"]
    caption = (
        f"Validation accuracy in per cent: mean over agents [{SEEDS}: t on the agents' means]; "
        "final: of the architectures in which episodes end; best of: the best that so many queries "
        f"find. {_same_neighbours(study)}Made from {study.made_from}; "
        f"validation: {benchmark.get('validation') or 'not described'}."
    )
    rows = tuple(_robustness_row(level, study.budgets) for level in study.levels)
    return Table("robustness", "Accuracy by value", columns, rows, caption)


def _robustness_row(level: Level, budgets: tuple[int, ...]) -> tuple[Entry, ...]:
    finals = level.finals()
    texts = (level.variant, level.factor, level.value, str(len(finals)))
    numbers = (finals, *(level.best_found(budget) for budget in budgets))
    return (*(Entry((text,)) for text in texts), *map(_with_interval, numbers))


def _with_interval(values: NDArray[np.float64]) -> Entry:
    mean = percent(float(values.mean()))
    low, high = interval(values)
    return Entry((mean,) if np.isnan(low) else (mean, percent(low), percent(high)))


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The t interval of the mean of [A] agents; NaN below two, or where one of them is NaN."""
    if len(values) < 2:
        return np.nan, np.nan
    width = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values)
    return float(values.mean() - width), float(values.mean() + width)


def _same_neighbours(study: StudyRuns) -> str:
    most = study.description.get("most_neighbours")
    asked = {
        int(level.value)
        for level in study.levels
        if level.factor in NEIGHBOURS and level.value.isdigit()
    }
    if most is None or sum(value >= most for value in asked) < 2:
        return ""
    return f"No architecture has more than {most} neighbours, so that values from {most} are one. "
