"""Who leads, who is ahead of whom, and how likely a search is the better one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.foundation.metric import Metric
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import Contrast, Lead, leads
from naslib_incremental.reports.statistics.estimates import CONDITION
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.robust import probability_of_improvement
from naslib_incremental.reports.statistics.seed_intervals import MEANING
from naslib_incremental.reports.statistics.verdicts import JUDGED, RESOLUTION
from naslib_incremental.reports.tables.budgets import (
    EPISODES_IN_POINTS,
    SEEDS,
    SEEDS_IN_POINTS,
    seed_interval,
)
from naslib_incremental.reports.tables.table import (
    NOTHING,
    Column,
    Table,
    filled,
    percent,
    text_column,
)

VERDICTS = {"ahead": "ahead", "behind": "behind", "even": "no clear difference"}
CERTAINTY = f"{SEEDS_IN_POINTS} {EPISODES_IN_POINTS} p\N{NO-BREAK SPACE}{{p:digits3}} {{judgement}}"


def contrast_tables(analysis: Analysis) -> Iterator[Table]:
    """Trained optimizers against baselines, if there are both."""
    if analysis.contrasts:
        yield contrast_table(analysis.contrasts)


def contrast_table(found: Sequence[Contrast]) -> Table:
    """Differences with their certainty, one row per measure and pair."""
    ordered = sorted(found, key=lambda one: one.budget)
    rows = {(one.measure.title, one.name, one.other): place for place, one in enumerate(found)}
    ordered.sort(key=lambda one: rows[one.measure.title, one.name, one.other])
    return Table(
        "contrasts",
        "Trained optimizers against baselines",
        f"Difference of means in percentage points [{MEANING}; {_pairing(found)}] (episodes "
        f"[{CONDITION}; both sides resampled independently]); p as adjusted: {JUDGED}. "
        f"{_signs(found)}",
        pd.DataFrame([contrast_fact(one) for one in ordered]),
        (text_column("measure"), text_column("optimizer"), text_column("against")),
        (Column("{queries} queries", "{difference:points}", CERTAINTY, tone="tone"),),
        across="queries",
    )


def _pairing(found: Sequence[Contrast]) -> str:
    """Whether both sides met the same start sets."""
    apart = sorted({f"{one.name} and {one.other}" for one in found if not one.paired})
    if not apart:
        return "paired by start set, and by agent where both are trained"
    met = "" if len(apart) < len({(one.name, one.other) for one in found}) else "all pairs: "
    return f"unpaired, as they met no start set in common: {met}{', '.join(apart)}"


def _signs(found: Sequence[Contrast]) -> str:
    """What the exact test over agents can say."""
    floors = sorted({one.signs.floor for one in found if not np.isnan(one.signs.p)})
    if not floors:
        return ""
    least = " or ".join(f"{floor:.4g}" for floor in floors)
    return (
        "The data also have p_signs, of the exact sign-flip test over the agents of one seed; A "
        f"agents cannot reach less than 2^(1-A), here {least}."
    )


def contrast_fact(one: Contrast) -> dict[str, Any]:
    """A contrast as a row of a frame."""
    return {
        "measure": one.measure.title,
        "optimizer": one.name,
        "against": one.other,
        "queries": one.budget,
        "difference": one.difference,
        "paired": one.paired,
        **seed_interval(one.seeds),
        "episode_low": one.episodes[0],
        "episode_high": one.episodes[1],
        "p_alone": one.p,
        "p": one.adjusted,
        "p_signs": one.signs.p,
        "verdict": one.verdict,
        "judgement": VERDICTS.get(one.verdict, f"no verdict: {one.reason}"),
        "tone": "" if one.verdict == "unknown" else one.verdict,
    }


def leads_table(analysis: Analysis) -> Table:
    """The best mean at each budget by each measure, against the next best."""
    found = leads(analysis.optimizers, analysis.measured, analysis.budgets)
    facts = [
        {
            "queries": budget,
            "measure": MEASURES[index].title,
            **_lead_fact(found.get((index, budget)), analysis.runs.benchmark.metric),
        }
        for budget in analysis.budgets
        for index in analysis.measured
    ]
    return Table(
        "leads",
        "Who has the best mean, and by how much",
        "The optimizer with the best mean (%) at each budget, with its difference from the next "
        f"best in percentage points [{MEANING}] (episodes [{CONDITION}]), p as adjusted: {JUDGED}. "
        "It stands out where it is ahead. Equal means are listed in the order of the report.",
        pd.DataFrame(facts),
        (text_column("queries"),),
        (Column("{measure}", "{optimizer}", "{margin}", numeric=False, bold="ahead", tone="tone"),),
        across="measure",
    )


def _lead_fact(lead: Lead | None, metric: Metric) -> dict[str, Any]:
    """The leader, and how surely it leads."""
    nothing: dict[str, Any] = {"over": "", "difference": np.nan, "ahead": False, "tone": ""}
    if lead is None:
        return {"optimizer": "", "mean": np.nan, **nothing, "margin": "", "note": NOTHING}
    known = {"optimizer": lead.name, "mean": lead.value, "note": ""}
    value = metric.shown(percent(lead.value))
    if lead.margin is None:
        return {**known, **nothing, "margin": f"{value}; the only optimizer"}
    fact = contrast_fact(lead.margin)
    by = filled("{difference:points} over {against}", fact)
    sure = lead.margin.verdict == "ahead"
    return {
        **known,
        "over": lead.margin.other,
        "difference": lead.margin.difference,
        "ahead": sure,
        "tone": "" if sure else "even",
        "margin": f"{value}; {by} {filled(CERTAINTY, fact)}",
    }


def chance_tables(analysis: Analysis) -> Iterator[Table]:
    """Probability of improvement at each budget, of each trained optimizer over each baseline."""
    trained = [one for one in analysis.optimizers if one.trained]
    baselines = [one for one in analysis.optimizers if not one.trained]
    facts = [
        _chance(one, other, budget, index)
        for index in analysis.measured[:COMPARED]
        for one in trained
        for other in baselines
        for budget in analysis.budgets
    ]
    if facts:
        yield Table(
            "chances",
            "Probability of improvement",
            "How likely a search of the first is better than one of the second on the same start "
            "set (%), or on any where the runs have different master seeds; half of the ties "
            f"counted, and nearer than {100 * RESOLUTION:g} points is a tie [{MEANING}]. It says "
            "nothing of how much better, and is no verdict. Source: Agarwal et al. (2021). "
            f"{analysis.made_from('validation', 'test')}",
            pd.DataFrame(facts),
            (text_column("measure"), text_column("optimizer"), text_column("over")),
            (Column("{queries} queries", "{chance:percent}", SEEDS),),
            across="queries",
        )


def _chance(
    one: OptimizerAnalysis, other: OptimizerAnalysis, budget: int, index: int
) -> dict[str, Any]:
    value, interval = probability_of_improvement(
        one.searches(budget), other.searches(budget), index
    )
    return {
        "measure": MEASURES[index].title,
        "optimizer": one.name,
        "over": other.name,
        "queries": budget,
        "chance": value,
        **seed_interval(interval),
        "note": f"{NOTHING} ({interval.reason})" if np.isnan(value) else "",
    }
