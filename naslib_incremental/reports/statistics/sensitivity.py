"""How much a factor matters, and whether it matters as much after a change (paper, section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.reports.statistics.study import BASE, Level, StudyRuns
from naslib_incremental.reports.tables.budgets import NOTHING, percent
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

# [A] accuracies of the agents of one value.
Agents = NDArray[np.float64]


@dataclass(frozen=True)
class Sensitivity:
    """How much a factor matters.

    Attributes:
        low: mean accuracy, over agents, of its worst value.
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


def sensitivity(values: Sequence[Agents]) -> Sensitivity | None:
    """From the accuracies of each value's agents; None below two values."""
    if len(values) < 2:
        return None
    means = [float(agents.mean()) for agents in values]
    enough = min(map(len, values)) > 1 and any(np.ptp(agents) > 0 for agents in values)
    p = float(stats.f_oneway(*values).pvalue) if enough else np.nan
    return Sensitivity(min(means), max(means), p)


def interaction(base: Sequence[Agents], changed: Sequence[Agents]) -> float:
    """Test by a two-way analysis of variance whether a factor matters otherwise after a change.

    Args:
        base: the accuracies of each value's agents.
        changed: of the same values, after a change; numbers of agents may differ.

    Returns:
        P of the interaction: how often chance alone makes the effects differ as much, at equal
        variances; NaN where it cannot be computed.
    """
    cells = [*base, *changed]
    count = len(base)
    spare = sum(map(len, cells)) - len(cells)
    if count < 2 or spare < 1:
        return np.nan
    sizes = [len(agents) for agents in cells]
    accuracies = np.concatenate(cells)
    value = np.repeat(np.tile(np.arange(count), 2), sizes)
    side = np.repeat(np.repeat((0, 1), count), sizes)
    # Without interaction: one effect per value, and one of the change.
    design = np.column_stack([value[:, None] == np.arange(count), side]).astype(float)
    fit = design @ np.linalg.lstsq(design, accuracies, rcond=None)[0]
    within = float(sum(((agents - agents.mean()) ** 2).sum() for agents in cells))
    between = float(((accuracies - fit) ** 2).sum()) - within
    if within <= np.finfo(float).eps:
        return np.nan
    return float(stats.f.sf(between / (count - 1) / (within / spare), count - 1, spare))


def sensitivity_table(study: StudyRuns) -> Table:
    """Range of accuracy over the values of each factor, around the base and around each change."""
    texts = (Column(title, numeric=False) for title in ("factor", "values", "accuracy", "around"))
    numbers = (Column(title) for title in ("range", "worst", "best", "p", "interaction p"))
    caption = (
        "Range: percentage points between the values with the best and the worst mean validation "
        "accuracy; p of a one-way analysis of variance over agents: how often chance alone gives "
        "as much if the value does not matter, at equal variances; interaction p: as often if the "
        "values matter as they do around the base, by a two-way analysis of variance. Few agents "
        "detect large effects only. Final: of the architectures in which episodes end; best of: "
        "the best that so many queries find. The smallest range stands out; small is good only "
        "where accuracies are high."
    )
    measures: Mapping[str, Callable[[Level], Agents]] = {
        "final": Level.finals,
        **{f"best of {budget}": _best_of(budget) for budget in study.budgets[:1]},
    }
    rows = tuple(
        row
        for factor in study.factors
        for name, measure in measures.items()
        for row in _rows(study, factor, name, measure)
    )
    return Table("sensitivity", "Sensitivity by factor", (*texts, *numbers), rows, caption)


def _best_of(budget: int) -> Callable[[Level], Agents]:
    return lambda level: level.best_found(budget)


def _rows(
    study: StudyRuns, factor: str, name: str, measure: Callable[[Level], Agents]
) -> Iterator[tuple[Entry, ...]]:
    """One row per variant that has the factor."""
    found = {
        variant: {level.value: measure(level) for level in levels}
        for variant in study.variants
        if (levels := study.of(variant, factor))
    }
    measured = {name: sensitivity(list(levels.values())) for name, levels in found.items()}
    ranges = [percent(one.range) for one in measured.values() if one]
    least = min(ranges, key=float) if len(ranges) > 1 else ""
    for variant, one in measured.items():
        texts = (factor, " ".join(found[variant]), name, variant)
        if one is None:
            numbers = [Entry((NOTHING,))] * 5
        else:
            points = percent(one.range)
            others = (percent(one.low), percent(one.high), _p(one.p))
            against = _p(_against_base(found, variant))
            numbers = [
                Entry((points,), bold=points == least),
                *(Entry((text,)) for text in (*others, against)),
            ]
        yield (*(Entry((text,)) for text in texts), *numbers)


def _against_base(found: Mapping[str, Mapping[str, Agents]], variant: str) -> float:
    """P of the interaction with the base, over the values that both have."""
    if variant == BASE:
        return np.nan
    base, changed = found.get(BASE, {}), found[variant]
    both = [value for value in changed if value in base]
    return interaction([base[value] for value in both], [changed[value] for value in both])


def _p(value: float) -> str:
    return NOTHING if np.isnan(value) else f"{value:.2g}"
