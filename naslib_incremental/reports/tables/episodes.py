"""Tables of what happens within an episode: improvement, its distribution, endings, degrees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.estimates import CONDITION, CONFIDENCE, SHARES, Estimate
from naslib_incremental.reports.statistics.landscape import RESAMPLES, Correlated
from naslib_incremental.reports.statistics.normality import FREEDOM, LEVEL, SAMPLES, check
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.tables.table import NOTHING, Column, Table, text_column


def improvement_tables(analysis: Analysis) -> Iterator[Table]:
    """Median, symmetric intervals and skew of the improvement, by accuracy and optimizer."""
    facts = [
        _improvement(optimizer, accuracy)
        for accuracy in ("validation", "test")
        for optimizer in analysis.optimizers
        if accuracy in optimizer.improvement
    ]
    yield Table(
        "improvement",
        "Improvement: final minus start accuracy",
        "Over all episodes, in percentage points: median and symmetric intervals; skew "
        f"[{CONDITION}]; per cent of episodes that end better than they started. "
        f"{analysis.made_from('validation', 'test')}",
        pd.DataFrame(facts),
        (text_column("accuracy"), text_column("optimizer")),
        (
            Column("median", "{median:points}"),
            *(
                Column(f"{share:.0%}", f"{{low_{end}:points}}", f"to {{high_{end}:points}}")
                for share in SHARES
                for end in [_share(share)]
            ),
            Column(
                "skew", "{skew:fixed2}", "[{skew_low:fixed2}, {skew_high:fixed2}]", brief="even"
            ),
            Column("improved", "{improved:percent}"),
        ),
    )


def _share(share: float) -> str:
    return f"{100 * share:.0f}"


def _improvement(optimizer: OptimizerAnalysis, accuracy: str) -> dict[str, Any]:
    summary = optimizer.improvement[accuracy]
    ends = {
        f"{end}_{_share(share)}": value
        for share, *both in summary.intervals
        for end, value in zip(("low", "high"), both, strict=True)
    }
    return {
        "accuracy": accuracy,
        "optimizer": optimizer.name,
        "median": summary.median,
        **ends,
        **_estimate("skew", summary.skew),
        "even": bool(np.isnan(summary.skew.value)),
        "improved": summary.improved,
    }


def _estimate(name: str, estimate: Estimate) -> dict[str, float]:
    return {
        name: estimate.value,
        f"{name}_low": estimate.low,
        f"{name}_high": estimate.high,
    }


def normality_tables(analysis: Analysis) -> Iterator[Table]:
    """Sizes and tests of the validation improvement, one row per optimizer."""
    found = [
        (one.name, check(summary.values, summary.skew))
        for one in analysis.optimizers
        for summary in [one.improvement["validation"]]
    ]
    facts = []
    for name, tested in found:
        rejected = ["normal"] * (tested.normal < LEVEL) + ["t"] * (tested.student < LEVEL)
        reason = f"{NOTHING} ({tested.reason})" if tested.reason else ""
        freedom = f"over {0.99 * FREEDOM[1]:.0f}" if tested.freedom >= 0.99 * FREEDOM[1] else ""
        facts.append(
            {
                "optimizer": name,
                "episodes": tested.count,
                **_estimate("skew", tested.skew),
                **_estimate("kurtosis", tested.kurtosis),
                "no_skew": bool(np.isnan(tested.skew.low)),
                "no_kurtosis": bool(np.isnan(tested.kurtosis.low)),
                "p_normal": tested.normal,
                "degrees_of_freedom": np.nan if freedom else tested.freedom,
                "p_t": tested.student,
                "rejected": reason or " and ".join(rejected) or "neither",
                "reason": reason,
                "freedom_reason": reason or freedom or f"{NOTHING} (ties)",
            }
        )
    yield Table(
        "normality",
        "Are improvements normal?",
        f"Final minus start validation accuracy: skew and excess kurtosis, 0 for a normal "
        f"distribution [{CONDITION}]; test of D'Agostino and Pearson (scipy.stats.normaltest); "
        "Student's t fitted and tested by Anderson-Darling, the distribution of the statistic from "
        f"{SAMPLES} draws of the fitted t, which cannot give a p below {1 / (SAMPLES + 1):g}. All "
        "on all episodes. On hundreds of thousands of episodes a test "
        "rejects shapes that nobody could tell from normal: read the sizes and the figure of "
        f"quantiles first. {analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (text_column("optimizer"),),
        (
            Column(
                "skew", "{skew:fixed2}", "[{skew_low:fixed2}, {skew_high:fixed2}]", brief="no_skew"
            ),
            Column(
                "excess kurtosis",
                "{kurtosis:fixed2}",
                "[{kurtosis_low:fixed2}, {kurtosis_high:fixed2}]",
                brief="no_kurtosis",
            ),
            Column("p, normal", "{p_normal:digits2/reason}"),
            Column("t, degrees of freedom", "{degrees_of_freedom:fixed1/freedom_reason}"),
            Column("p, t", "{p_t:digits2/reason}"),
            text_column(f"rejected at {LEVEL:g}", "rejected"),
        ),
    )


def ending_tables(analysis: Analysis) -> Iterator[Table]:
    """How episodes end: the most frequent final architecture, and how many there are."""
    facts = [{"optimizer": one.name, **vars(one.endings)} for one in analysis.optimizers]
    yield Table(
        "endings",
        "Where episodes end",
        "Over all episodes; steps and queries are means per episode. "
        f"{analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (text_column("optimizer"), text_column("most frequent final architecture", "architecture")),
        (
            Column("its share", "{share:percent} %"),
            Column("its validation", analysis.runs.benchmark.metric.shown("{validation:percent}")),
            Column("different finals", "{distinct:count}"),
            Column("episodes", "{episodes:count}"),
            Column("steps", "{num_steps:fixed1}"),
            Column("queries", "{queries:fixed1}"),
            Column("stopped by itself", "{stopped:percent} %"),
        ),
    )


def degree_tables(analysis: Analysis) -> Iterator[Table]:
    """Correlations of accuracy with the number of neighbours, in one row."""
    found = analysis.study.degrees
    if found is None:
        return
    fact = {
        "architectures": "starts of episodes",
        "number": len(found.degree),
        "mean_degree": float(found.degree.mean()),
        **_correlation("pearson", found.pearson),
        **_correlation("kendall", found.kendall),
    }
    columns = (
        Column(
            name.capitalize(),
            f"{{{name}:signed3/{name}_reason}}",
            f"[{{{name}_low:signed3}}, {{{name}_high:signed3}}]",
            brief=f"no_{name}",
        )
        for name in ("pearson", "kendall")
    )
    yield Table(
        "degree",
        "Accuracy and number of neighbours",
        "Correlation of an architecture's validation accuracy with the number of its neighbours, "
        f"before at most so many are presented, over starts drawn at random [{CONFIDENCE:.0%} "
        "interval: by Fisher's z for Pearson, percentile bootstrap with "
        f"{RESAMPLES:,} resamples for Kendall]. {analysis.made_from('validation')}",
        pd.DataFrame([fact]),
        (text_column("architectures"),),
        (
            Column("number", "{number:count}"),
            Column("neighbours, mean", "{mean_degree:fixed1}"),
            *columns,
        ),
    )


def _correlation(name: str, numbers: Correlated) -> dict[str, Any]:
    missing = bool(np.isnan(numbers).any())
    return {
        name: np.nan if missing else numbers[0],
        f"{name}_low": numbers[1],
        f"{name}_high": numbers[2],
        f"no_{name}": missing,
        f"{name}_reason": f"{NOTHING} (all equal)" if missing else "",
    }
