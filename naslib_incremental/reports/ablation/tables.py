"""How robust agents are: accuracy by value with intervals over agents, and range by factor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.ablation.reading import Level, StudyRuns
from naslib_incremental.reports.rendering import Column, Entry, Table
from naslib_incremental.reports.statistics import CONFIDENCE
from naslib_incremental.reports.tables import NOTHING, percent

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
        f"find. {_same_neighbours(study)}Made from {benchmark.get('label') or benchmark['name']}; "
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
    if len(values) < 2 or np.isnan(values).any():
        return Entry((mean,))
    return Entry((mean, *map(percent, interval(values))))


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The t interval of the mean of [A] agents, A at least 2."""
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


@dataclass(frozen=True)
class Sensitivity:
    """How much a factor matters.

    Attributes:
        low: mean final accuracy, over agents, of its worst value.
        high: of its best value.
        p: of a one-way analysis of variance; NaN where it cannot be made.
    """

    low: float
    high: float
    p: float

    @property
    def range(self) -> float:
        """What a wrong value can cost."""
        return self.high - self.low


def sensitivity_table(study: StudyRuns) -> Table:
    """Range of final accuracy over the values of each factor, one column per variant."""
    parts = ("range", "p", "worst", "best")
    columns = (
        Column("factor", numeric=False),
        Column("values", numeric=False),
        *(Column(variant, parts, "p = {1} [{2} to {3}]") for variant in study.variants),
    )
    caption = (
        "Percentage points between the values with the highest and the lowest mean final "
        "validation accuracy, [these two in per cent], and the p of a one-way analysis of variance "
        "over agents: how often chance alone gives as much if the value does not matter, at equal "
        "variances. Few agents detect large effects only. The smallest range of a row stands out."
    )
    rows = tuple(_sensitivity_row(study, factor) for factor in study.factors)
    return Table("sensitivity", "Sensitivity by factor", columns, rows, caption)


def _sensitivity_row(study: StudyRuns, factor: str) -> tuple[Entry, ...]:
    found = [study.of(variant, factor) for variant in study.variants]
    values = " ".join(dict.fromkeys(level.value for levels in found for level in levels))
    measured = [sensitivity([level.finals() for level in levels]) for levels in found]
    ranges = [percent(one.range) for one in measured if one]
    least = min(ranges, key=float) if len(ranges) > 1 else ""
    entries = (_sensitivity_entry(one, least) if one else Entry((NOTHING,)) for one in measured)
    return (Entry((factor,)), Entry((values,)), *entries)


def _sensitivity_entry(found: Sensitivity, least: str) -> Entry:
    p = NOTHING if np.isnan(found.p) else f"{found.p:.2g}"
    points = percent(found.range)
    return Entry((points, p, percent(found.low), percent(found.high)), bold=points == least)


def sensitivity(finals: Sequence[NDArray[np.float64]]) -> Sensitivity | None:
    """From the final accuracies of each value's agents; None below two values."""
    if len(finals) < 2:
        return None
    means = [float(values.mean()) for values in finals]
    enough = min(map(len, finals)) > 1 and any(np.ptp(values) > 0 for values in finals)
    p = float(stats.f_oneway(*finals).pvalue) if enough else np.nan
    return Sensitivity(min(means), max(means), p)
