"""Tables of a study: accuracy by value of each factor, and how much a factor matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from naslib_incremental.records.study import BASE
from naslib_incremental.reports.statistics.estimates import CONFIDENCE
from naslib_incremental.reports.statistics.sensitivity import Agents, interaction, sensitivity
from naslib_incremental.reports.statistics.study import LevelRuns, StudyRuns
from naslib_incremental.reports.statistics.verdicts import (
    FEWEST_AGENTS,
    refusal,
    tied,
    too_few_agents,
)
from naslib_incremental.reports.tables.table import Column, Table, text_column

SEEDS = f"{100 * CONFIDENCE:.0f} % training-seed interval"
# The factors that mean N; a space with fewer neighbours shows the same for all larger values.
NEIGHBOURS = ("neighbours", "N")


def robustness_tables(study: StudyRuns) -> Iterator[Table]:
    """Final accuracy and best found at each budget, by variant, factor and value."""
    measures = {"final": LevelRuns.finals, **{f"best of {b}": _best_of(b) for b in study.budgets}}
    benchmark = study.manifest.benchmark
    facts = [
        {
            "variant": level.variant,
            "factor": level.factor,
            "value": level.value,
            "agents": len(level.finals()),
            "measure": name,
            **with_interval(measure(level)),
        }
        for level in study.levels
        for name, measure in measures.items()
    ]
    yield Table(
        "robustness",
        "Accuracy by value",
        f"Validation accuracy in per cent: mean over agents [{SEEDS}: t on the agents' means]; "
        "final: of the architectures in which episodes end; best of: the best that so many queries "
        f"find. {_same_neighbours(study)}Made from {study.made_from}; "
        f"validation: {benchmark.validation or 'not described'}.",
        pd.DataFrame(facts),
        (
            text_column("around", "variant"),
            text_column("factor"),
            text_column("value"),
            Column("agents", "{agents:count}"),
        ),
        (Column("{measure}", "{mean:percent}", "[{low:percent}, {high:percent}]", brief="single"),),
        across="measure",
    )


def with_interval(values: NDArray[np.float64]) -> dict[str, Any]:
    """Mean of [A] agents and its t interval; NaN below two, or where one of them is NaN."""
    mean = float(values.mean())
    low = high = np.nan
    if len(values) > 1:
        width = stats.t.ppf((1 + CONFIDENCE) / 2, len(values) - 1) * stats.sem(values)
        low, high = float(mean - width), float(mean + width)
    return {"mean": mean, "low": low, "high": high, "single": bool(np.isnan(low))}


def _same_neighbours(study: StudyRuns) -> str:
    most = study.record.max_degree
    asked = {
        int(level.value)
        for level in study.levels
        if level.factor in NEIGHBOURS and level.value.isdigit()
    }
    if sum(value >= most for value in asked) < 2:
        return ""
    return f"No architecture has more than {most} neighbours, so that values from {most} are one. "


def sensitivity_tables(study: StudyRuns) -> Iterator[Table]:
    """Range of accuracy over the values of each factor, around the base and around each change."""
    measures: Mapping[str, Callable[[LevelRuns], Agents]] = {
        "final": LevelRuns.finals,
        **{f"best of {budget}": _best_of(budget) for budget in study.budgets[:1]},
    }
    facts = [
        fact
        for factor in study.factors
        for name, measure in measures.items()
        for fact in _sensitivities(study, factor, name, measure)
    ]
    yield Table(
        "sensitivity",
        "Sensitivity by factor",
        "Range: percentage points between the values with the best and the worst mean validation "
        "accuracy; p of a one-way analysis of variance over agents: how often chance alone gives "
        "as much if the value does not matter, at equal variances; interaction p: as often if the "
        "values matter as they do around the base, by a two-way analysis of variance. Few agents "
        "detect large effects only. Final: of the architectures in which episodes end; best of: "
        "the best that so many queries find. The smallest range and its ties stand out, from "
        f"{FEWEST_AGENTS} agents of each value; small is good only where accuracies are high.",
        pd.DataFrame(facts),
        (
            text_column("factor"),
            text_column("values"),
            text_column("accuracy"),
            text_column("around", "variant"),
        ),
        (
            Column("range", "{range:percent}", bold="least", refusal="no_star"),
            Column("worst", "{worst:percent}"),
            Column("best", "{best:percent}"),
            Column("p", "{p:digits2}"),
            Column("interaction p", "{interaction_p:digits2}"),
        ),
    )


def _best_of(budget: int) -> Callable[[LevelRuns], Agents]:
    return lambda level: level.best_found(budget)


def _sensitivities(
    study: StudyRuns, factor: str, name: str, measure: Callable[[LevelRuns], Agents]
) -> Iterator[dict[str, Any]]:
    """One fact per variant that has the factor."""
    found = {
        variant: {level.value: measure(level) for level in levels}
        for variant in study.variants
        if (levels := study.of(variant, factor))
    }
    measured = {name: sensitivity(list(levels.values())) for name, levels in found.items()}
    ranges = [one.range for one in measured.values() if one]
    least = min(ranges) if len(ranges) > 1 else np.nan
    fewest = min(len(agents) for levels in found.values() for agents in levels.values())
    no_star = refusal(too_few_agents(fewest))
    for variant, one in measured.items():
        smallest = bool(one and tied(one.range - least))
        yield {
            "factor": factor,
            "values": " ".join(found[variant]),
            "accuracy": name,
            "variant": variant,
            "range": one.range if one else np.nan,
            "worst": one.low if one else np.nan,
            "best": one.high if one else np.nan,
            "p": one.p if one else np.nan,
            "interaction_p": _against_base(found, variant) if one else np.nan,
            "least": smallest and not no_star,
            "no_star": no_star if smallest else "",
        }


def _against_base(found: Mapping[str, Mapping[str, Agents]], variant: str) -> float:
    """P of the interaction with the base, over the values that both have."""
    if variant == BASE:
        return np.nan
    base, changed = found.get(BASE, {}), found[variant]
    both = [value for value in changed if value in base]
    return interaction([base[value] for value in both], [changed[value] for value in both])
