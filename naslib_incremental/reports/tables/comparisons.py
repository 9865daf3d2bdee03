"""Who leads, who is ahead of whom, and how likely a search is the better one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.foundation.metric import Metric
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import Contrast, Lead, leads
from naslib_incremental.reports.statistics.crossed_bootstrap import FEWEST, MEANING
from naslib_incremental.reports.statistics.estimates import CONDITION
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.robust import histograms, probability_of_improvement
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

VERDICTS = {"ahead": "ahead", "behind": "behind", "even": "no clear difference", "unknown": ""}
CERTAINTY = f"{SEEDS_IN_POINTS} {EPISODES_IN_POINTS} p\N{NO-BREAK SPACE}{{p:digits3}} {{judgement}}"


def contrast_tables(analysis: Analysis) -> Iterator[Table]:
    """Trained optimizers against baselines, if there are both."""
    if analysis.contrasts:
        yield contrast_table(analysis.contrasts)


def contrast_table(found: Sequence[Contrast]) -> Table:
    """Differences with their certainty, one row per measure and pair."""
    floors = sorted({one.signs.floor for one in found if not np.isnan(one.signs.p)})
    least = f", here at least {' or '.join(f'{floor:.4g}' for floor in floors)}" if floors else ""
    ordered = sorted(found, key=lambda one: one.budget)
    rows = {(one.measure.title, one.name, one.other): place for place, one in enumerate(found)}
    ordered.sort(key=lambda one: rows[one.measure.title, one.name, one.other])
    return Table(
        "contrasts",
        "Trained optimizers against baselines",
        f"Difference of means in percentage points [{MEANING}, the same for both sides] (episodes "
        f"[{CONDITION}; both sides resampled independently]). p: exact sign-flip test over the "
        f"agents of one seed; A agents cannot reach less than 2^(1-A){least}, and five agents "
        "never reach .05. Ahead or behind where the training-seed interval excludes zero; with "
        f"fewer than {FEWEST} agents, which it cannot speak for, where the episode interval does.",
        pd.DataFrame([contrast_fact(one) for one in ordered]),
        (text_column("measure"), text_column("optimizer"), text_column("against")),
        (
            Column(
                "{queries} queries",
                "{difference:points}",
                CERTAINTY,
                tone="verdict",
                brief="not_compared",
            ),
        ),
        across="queries",
    )


def contrast_fact(one: Contrast) -> dict[str, Any]:
    """A contrast as a row of a frame."""
    unknown = one.verdict == "unknown"
    return {
        "measure": one.measure.title,
        "optimizer": one.name,
        "against": one.other,
        "queries": one.budget,
        "difference": one.difference,
        **seed_interval(one.seeds),
        "episode_low": one.episodes[0],
        "episode_high": one.episodes[1],
        "p": one.signs.p,
        "verdict": "" if unknown else one.verdict,
        "judgement": VERDICTS[one.verdict],
        "not_compared": unknown,
    }


def leads_table(analysis: Analysis) -> Table:
    """The best mean at each budget by each measure, against the next best."""
    found = {
        (index, lead.budget): lead
        for index in analysis.measured
        for lead in leads(analysis.optimizers, index, analysis.budgets)
    }
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
        "best in percentage points, written and judged as in the table of trained optimizers "
        "against baselines; it stands out where it is ahead. Equal means are listed in the order "
        "of the report.",
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
    certainty = "" if fact["not_compared"] else filled(CERTAINTY, fact)
    by = filled("{difference:points} over {against}", fact)
    sure = lead.margin.verdict == "ahead"
    return {
        **known,
        "over": lead.margin.other,
        "difference": lead.margin.difference,
        "ahead": sure,
        "tone": "" if sure else "even",
        "margin": f"{value}; {by} {certainty}",
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
            f"set (%), half of the ties counted [{MEANING}]. It says nothing of how much better. "
            f"Source: Agarwal et al. (2021). {analysis.made_from('validation', 'test')}",
            pd.DataFrame(facts),
            (text_column("measure"), text_column("optimizer"), text_column("over")),
            (Column("{queries} queries", "{chance:percent}", SEEDS),),
            across="queries",
        )


def _chance(
    one: OptimizerAnalysis, other: OptimizerAnalysis, budget: int, index: int
) -> dict[str, Any]:
    _, crossed = histograms([one.searches(budget), other.searches(budget)], index)
    value, interval = probability_of_improvement(*crossed)
    return {
        "measure": MEASURES[index].title,
        "optimizer": one.name,
        "over": other.name,
        "queries": budget,
        "chance": value,
        **seed_interval(interval),
        "note": f"{NOTHING} ({interval.reason})" if np.isnan(value) else "",
    }
