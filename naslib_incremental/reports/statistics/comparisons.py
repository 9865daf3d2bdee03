"""Who is ahead of whom, at which budget, by how much and how surely: said as plainly where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from naslib_incremental.reports.statistics.crossed import CrossedSums
from naslib_incremental.reports.statistics.estimates import CONFIDENCE, Estimate
from naslib_incremental.reports.statistics.measures import MEASURES, Measure
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.searches import CLOSE
from naslib_incremental.reports.statistics.seed_intervals import (
    Interval,
    interval_around,
    paired,
    spread_of_difference,
    why_not,
)
from naslib_incremental.reports.statistics.verdicts import Verdict, holm, too_few, verdict

FLIPS = 2**16 - 1
SEED = 1935


@dataclass(frozen=True)
class SignFlip:
    """The sign-flip test of no difference between two optimizers, over agents.

    Attributes:
        differences: [A] mean difference of each agent that both have, over the start sets that
            both have of it.
        p: two-sided p-value, exact up to 16 agents; NaN below two, and where they are not paired.
        floor: the least p that so many agents can reach, 2^(1-A).
    """

    differences: NDArray[np.float64]
    p: float
    floor: float


def sign_flip(ours: CrossedSums, theirs: CrossedSums) -> SignFlip:
    """Whether the agents agree on the sign of the difference.

    Under the hypothesis of no difference each agent's mean difference is as likely of either sign;
    p is the share of all 2^A ways to choose the signs that give a mean as far from zero.

    Source: Fisher (1935), The design of experiments, section 21.
    """
    differences = _by_agent(ours, theirs)
    count = len(differences)
    if count < 2:
        return SignFlip(differences, np.nan, 2.0 ** (1 - count))
    rounded = np.where(abs(differences) < CLOSE, 0.0, differences)
    tested = permutation_test(
        (rounded,),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=FLIPS,
        batch=2**12,
        rng=np.random.default_rng(SEED),
    )
    return SignFlip(differences, float(tested.pvalue), 2.0 ** (1 - count))


def _by_agent(ours: CrossedSums, theirs: CrossedSums) -> NDArray[np.float64]:
    """[A] mean difference over the start sets of each agent, those that both have."""
    agents = sorted(set(ours.agents) & set(theirs.agents)) if paired(ours, theirs) else []
    sets = sorted(set(ours.sets) & set(theirs.sets))
    means = (
        one.means[np.ix_(*([have.index(label) for label in wanted] for have, wanted in pairs))]
        for one in (ours, theirs)
        for pairs in [((one.agents, agents), (one.sets, sets))]
    )
    differences = np.subtract(*means)
    known = ~np.isnan(differences)
    shared = known.any(axis=1)
    counts = known[shared].sum(axis=1)
    found: NDArray[np.float64] = np.where(known, differences, 0)[shared].sum(axis=1) / counts
    return found


@dataclass(frozen=True)
class Contrast:
    """One optimizer's mean minus another's, at one budget by one measure.

    Attributes:
        measure: what is compared.
        budget: queries.
        name: the optimizer spoken of.
        other: the one it is compared with.
        difference: of means, a fraction; NaN where one of them is not known.
        paired: whether both met the same start sets, and agents are paired by their numbers.
        seeds: its training-seed interval.
        episodes: low and high end of its episode interval, the two resampled independently.
        signs: whether the agents agree on its sign.
        p: of no difference, by t with nothing pooled; NaN where ``reason`` says why.
        reason: why there is no verdict; empty where there is one.
        adjusted: p after Holm's correction for the comparisons that it is judged with.
        verdict: by ``adjusted``; ``unknown`` where there is none.
    """

    measure: Measure
    budget: int
    name: str
    other: str
    difference: float
    paired: bool
    seeds: Interval
    episodes: tuple[float, float]
    signs: SignFlip
    p: float
    reason: str
    adjusted: float = np.nan
    verdict: Verdict = "unknown"


@dataclass(frozen=True)
class Lead:
    """The best mean at one budget, against the next best.

    Attributes:
        budget: queries.
        name: the optimizer in the lead.
        value: its mean, a fraction.
        margin: the lead over the next; None where there is no other.
    """

    budget: int
    name: str
    value: float
    margin: Contrast | None


def contrasts(
    optimizers: Sequence[OptimizerAnalysis], measured: Sequence[int], budgets: Sequence[int]
) -> tuple[Contrast, ...]:
    """Every trained optimizer against every baseline, judged together.

    Args:
        optimizers: in the order of the report.
        measured: indices of ``MEASURES``.
        budgets: queries.
    """
    trained = [optimizer for optimizer in optimizers if optimizer.trained]
    baselines = [optimizer for optimizer in optimizers if not optimizer.trained]
    found = [
        contrast(one, other, index, budget)
        for index in measured
        for one in trained
        for other in baselines
        for budget in budgets
    ]
    return tuple(judged(found))


def contrast(one: OptimizerAnalysis, other: OptimizerAnalysis, index: int, budget: int) -> Contrast:
    """Compare two optimizers by ``MEASURES[index]``; not judged yet."""
    ours, theirs = one.estimates(budget)[index], other.estimates(budget)[index]
    crossed = [side.searches(budget).final(index) for side in (one, other)]
    difference = ours.value - theirs.value
    unknown = why_not(*crossed)
    seeds, p = Interval(np.nan, np.nan, unknown), np.nan
    reason = too_few(crossed) or unknown
    if not unknown:
        seeds = interval_around(difference, spread_of_difference(*crossed))
    if not reason:
        known = 0.0 if abs(difference) < CLOSE else difference
        p = float(spread_of_difference(*crossed, strict=True).p(np.array(known)))
    return Contrast(
        MEASURES[index],
        budget,
        one.name,
        other.name,
        difference,
        paired(*crossed),
        seeds,
        _episodes(ours, theirs),
        sign_flip(*crossed),
        p,
        reason,
    )


def judged(found: Sequence[Contrast]) -> list[Contrast]:
    """The same with verdicts, by p-values that are adjusted for all of them."""
    adjusted = holm([one.p for one in found])
    return [
        replace(one, adjusted=float(p), verdict=verdict(one.difference, float(p)))
        for one, p in zip(found, adjusted, strict=True)
    ]


def leads(
    optimizers: Sequence[OptimizerAnalysis], measured: Sequence[int], budgets: Sequence[int]
) -> dict[tuple[int, int], Lead]:
    """Who has the best mean, by index of ``MEASURES`` and budget where any is known.

    The margins over the next best are judged together. That they are chosen by what is tested does
    not matter: for independent means, a two-sided test of the best against the next best holds its
    level (Hung and Fithian 2019, Rank verification for exponential families).
    """
    ranked = {
        (index, budget): order
        for index in measured
        for budget in budgets
        if (order := _ranked(optimizers, index, budget))
    }
    margins = {
        place: contrast(order[0], order[1], *place)
        for place, order in ranked.items()
        if len(order) > 1
    }
    known = dict(zip(margins, judged(list(margins.values())), strict=True))
    return {
        (index, budget): Lead(
            budget,
            order[0].name,
            order[0].estimates(budget)[index].value,
            known.get((index, budget)),
        )
        for (index, budget), order in ranked.items()
    }


def statement(found: Sequence[Contrast]) -> str:
    """One sentence on the contrasts of one pair by one measure, over the budgets."""
    words = {
        "ahead": "ahead of",
        "even": "not clearly different from",
        "behind": "behind",
        "unknown": "not judged against",
    }
    parts = []
    for (said, reason), group in _grouped(found, list(words)).items():
        where = f"at {_listed([str(contrast.budget) for contrast in group])} queries"
        how_much = f" by {_points(group)} points" if said in ("ahead", "behind") else ""
        why = f" ({reason})" if reason else ""
        parts.append(f"{words[said]} {found[0].other} {where}{how_much}{why}")
    return f"{found[0].name} is {'; '.join(parts)}."


def _grouped(
    found: Sequence[Contrast], order: Sequence[str]
) -> dict[tuple[str, str], list[Contrast]]:
    """Contrasts by verdict, in an order, and by the reason why there is none."""
    groups: dict[tuple[str, str], list[Contrast]] = {}
    for one in sorted(found, key=lambda one: order.index(one.verdict)):
        groups.setdefault((one.verdict, one.reason), []).append(one)
    return groups


def _ranked(
    optimizers: Sequence[OptimizerAnalysis], index: int, budget: int
) -> list[OptimizerAnalysis]:
    """Optimizers whose mean is known, best first."""
    values = {one.name: one.estimates(budget)[index].value for one in optimizers}
    known = [one for one in optimizers if not np.isnan(values[one.name])]
    return sorted(known, key=lambda one: -values[one.name])


def _episodes(ours: Estimate, theirs: Estimate) -> tuple[float, float]:
    """Percentiles of the difference of independent resamples; NaN where one has none."""
    if not len(ours.resampled) or not len(theirs.resampled):
        return np.nan, np.nan
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    low, high = np.quantile(ours.resampled - theirs.resampled, ends)
    return float(low), float(high)


def _points(group: Sequence[Contrast]) -> str:
    """The range of absolute differences, in percentage points."""
    sizes = sorted({f"{100 * abs(contrast.difference):.2f}" for contrast in group}, key=float)
    return sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
