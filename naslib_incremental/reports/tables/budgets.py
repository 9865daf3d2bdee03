"""The tables of a report, as words and digits, from an analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from naslib_incremental.reports.statistics.analysis import Analysis, OptimizerAnalysis
from naslib_incremental.reports.statistics.comparisons import Contrast
from naslib_incremental.reports.statistics.crossed_bootstrap import FEWEST, MEANING, Interval
from naslib_incremental.reports.statistics.estimates import CONDITION, SHARES
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.tables.rendering import Column, Entry, Table

NOTHING = "n/a"
NO_TEST = "no test accuracy"
ENDS = ("training-seed low", "training-seed high", "episode low", "episode high")
VERDICTS = {"ahead": "ahead", "behind": "behind", "even": "no clear difference", "unknown": ""}


def _fixed(value: float, sign: str = "") -> str:
    """Two decimals; no sign before a zero."""
    if np.isnan(value):
        return NOTHING
    rounded = round(value, 2)
    return f"{rounded:{sign}.2f}" if rounded else "0.00"


def percent(fraction: float) -> str:
    """A fraction in per cent with two decimals."""
    return _fixed(100 * fraction)


def points(difference: float) -> str:
    """A difference of fractions in percentage points, signed."""
    return _fixed(100 * difference, "+")


def made_from(analysis: Analysis, *accuracies: str) -> str:
    """What columns of the benchmark are, for captions."""
    benchmark = analysis.evaluation.benchmark
    label = benchmark.get("label") or benchmark["name"]
    columns = [f"; {name}: {benchmark.get(name) or 'none'}" for name in accuracies]
    return f"Made from {label}{''.join(columns)}."


def budget_table(analysis: Analysis, index: int) -> Table:
    """Mean, sigma and interval of ``MEASURES[index]`` at each budget, one row per optimizer."""
    measure = MEASURES[index]
    columns = tuple(
        Column(
            f"{budget} queries",
            ("mean", "sigma", *ENDS, "runs"),
            "± {1} " + _both(2),
        )
        for budget in analysis.budgets
    )
    best = {budget: _best(analysis, index, budget) for budget in analysis.budgets}
    rows = tuple(
        (
            Entry((optimizer.name,)),
            *(
                _estimate_entry(optimizer, budget, index, best[budget])
                for budget in analysis.budgets
            ),
        )
        for optimizer in analysis.optimizers
    )
    caption = (
        f"Per cent: mean ± sigma over runs [{MEANING}] (episodes [{CONDITION}]); the best mean of "
        "a column stands out. "
        f"After each query: {measure.meaning}. {made_from(analysis, measure.accuracy)}"
    )
    return Table(
        f"budgets_{measure.key}",
        measure.title,
        (Column("optimizer", numeric=False), *columns),
        rows,
        caption,
    )


def _both(first: int) -> str:
    """How the ends of both intervals are written, the first of them at this place of an entry."""
    seeds, episodes = (f"[{{{place}}}, {{{place + 1}}}]" for place in (first, first + 2))
    return f"{seeds} (episodes\N{NO-BREAK SPACE}{episodes})"


def _best(analysis: Analysis, index: int, budget: int) -> str:
    """The best mean at a budget, as it is shown: equal digits are equally good."""
    values = [optimizer.estimates[budget][index].value for optimizer in analysis.optimizers]
    known = [value for value in values if not np.isnan(value)]
    return percent(max(known)) if known else ""


def _estimate_entry(optimizer: OptimizerAnalysis, budget: int, index: int, best: str) -> Entry:
    """An estimate in digits, or why there is none."""
    estimate, seeds = optimizer.estimates[budget][index], optimizer.seeds[budget][index]
    accuracy = MEASURES[index].accuracy
    if not estimate.count:
        return Entry(("no complete run",))
    if estimate.missing:
        some = f"{accuracy} missing in {estimate.missing} of {estimate.count} runs"
        return Entry((NO_TEST if estimate.missing == estimate.count else some,))
    mean = percent(estimate.value)
    parts = (mean, percent(estimate.sigma), *bounds(seeds, percent))
    episodes = (percent(estimate.low), percent(estimate.high))
    return Entry((*parts, *episodes, str(estimate.count)), bold=mean == best)


def bounds(interval: Interval, shown: Callable[[float], str]) -> tuple[str, str]:
    """The ends of a training-seed interval in digits, or why there is none."""
    if interval.reason:
        return NOTHING, interval.reason
    return shown(interval.low), shown(interval.high)


def contrast_table(found: Sequence[Contrast]) -> Table:
    """Trained optimizers against baselines, one row per measure and pair."""
    budgets = sorted({contrast.budget for contrast in found})
    columns = tuple(
        Column(
            f"{budget} queries",
            ("difference", *ENDS, "p", "verdict"),
            f"{_both(1)} p\N{NO-BREAK SPACE}{{5}} {{6}}",
        )
        for budget in budgets
    )
    heads = (Column(title, numeric=False) for title in ("measure", "optimizer", "against"))
    rows: dict[tuple[str, str, str], dict[int, Entry]] = {}
    for one in found:
        row = rows.setdefault((one.measure.title, one.name, one.other), {})
        row[one.budget] = _contrast_entry(one)
    floors = sorted({one.signs.floor for one in found if not np.isnan(one.signs.p)})
    least = f", here at least {' or '.join(f'{floor:.4g}' for floor in floors)}" if floors else ""
    return Table(
        "contrasts",
        "Trained optimizers against baselines",
        (*heads, *columns),
        tuple(
            (*(Entry((text,)) for text in key), *(row[budget] for budget in budgets))
            for key, row in rows.items()
        ),
        f"Difference of means in percentage points [{MEANING}, the same for both sides] (episodes "
        f"[{CONDITION}; both sides resampled independently]). p: exact sign-flip test over the "
        f"agents of one seed; A agents cannot reach less than 2^(1-A){least}, and five agents "
        "never reach .05. Ahead or behind where the training-seed interval excludes zero; with "
        f"fewer than {FEWEST} agents, which it cannot speak for, where the episode interval does.",
    )


def _contrast_entry(one: Contrast) -> Entry:
    """A contrast in digits; only the difference where there is no interval."""
    if one.verdict == "unknown":
        return Entry((points(one.difference),))
    p = NOTHING if np.isnan(one.signs.p) else f"{one.signs.p:.3g}"
    episodes = map(points, one.episodes)
    parts = (points(one.difference), *bounds(one.seeds, points), *episodes, p)
    return Entry((*parts, VERDICTS[one.verdict]), tone=one.verdict)


def improvement_table(analysis: Analysis) -> Table:
    """Median, symmetric intervals and skew of the improvement, by accuracy and optimizer."""
    columns = (
        Column("accuracy", numeric=False),
        Column("optimizer", numeric=False),
        Column("median"),
        *(Column(f"{share:.0%}", ("low", "high"), "to {1}") for share in SHARES),
        Column("skew", ("", "low", "high"), "[{1}, {2}]"),
        Column("improved"),
    )
    rows = tuple(
        _improvement_row(optimizer, accuracy)
        for accuracy in ("validation", "test")
        for optimizer in analysis.optimizers
        if accuracy in optimizer.improvement
    )
    return Table(
        "improvement",
        "Improvement: final minus start accuracy",
        columns,
        rows,
        "Over all episodes, in percentage points: median and symmetric intervals; skew "
        f"[{CONDITION}]; per cent of episodes that end better than they started. "
        f"{made_from(analysis, 'validation', 'test')}",
    )


def _improvement_row(optimizer: OptimizerAnalysis, accuracy: str) -> tuple[Entry, ...]:
    """One optimizer's improvement in digits."""
    summary = optimizer.improvement[accuracy]
    skew = (summary.skew.value, summary.skew.low, summary.skew.high)
    return (
        Entry((accuracy,)),
        Entry((optimizer.name,)),
        Entry((points(summary.median),)),
        *(Entry((points(low), points(high))) for _, low, high in summary.intervals),
        Entry((NOTHING,)) if np.isnan(skew[0]) else Entry(tuple(map(_fixed, skew))),
        Entry((percent(summary.improved),)),
    )


def endings_table(analysis: Analysis) -> Table:
    """How episodes end: the most frequent final architecture, and how many there are."""
    columns = (
        Column("optimizer", numeric=False),
        Column("most frequent final architecture", numeric=False),
        *(Column(title) for title in ("its share", "its validation", "different finals")),
        *(Column(title) for title in ("episodes", "steps", "queries", "stopped by itself")),
    )
    rows = tuple(
        tuple(
            Entry((text,))
            for text in (
                optimizer.name,
                ends.architecture,
                f"{percent(ends.share)} %",
                f"{percent(ends.validation)} %",
                f"{ends.distinct:,}",
                f"{ends.episodes:,}",
                f"{ends.steps:.1f}",
                f"{ends.queries:.1f}",
                f"{percent(ends.stopped)} %",
            )
        )
        for optimizer in analysis.optimizers
        for ends in [optimizer.endings]
    )
    return Table(
        "endings",
        "Where episodes end",
        columns,
        rows,
        "Over all episodes; steps and queries are means per episode. "
        f"{made_from(analysis, 'validation')}",
    )
