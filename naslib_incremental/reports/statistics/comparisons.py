"""Who is ahead of whom, at which budget, by how much and how surely: said as plainly where not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import permutation_test

from naslib_incremental.reports.statistics.crossed_bootstrap import (
    FEWEST,
    CrossedSums,
    Interval,
    ends,
    resampled_means,
    why_not,
)
from naslib_incremental.reports.statistics.estimates import CONFIDENCE, Estimate
from naslib_incremental.reports.statistics.measures import MEASURES, Measure
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.searches import CLOSE

FLIPS = 2**16 - 1
SEED = 1935


@dataclass(frozen=True)
class SignFlip:
    """The sign-flip test of no difference between two optimizers, over agents.

    Attributes:
        differences: [A] mean difference of each agent that both have, over the start sets that
            both have of it.
        p: two-sided p-value, exact up to 16 agents; NaN below two.
        floor: the least p that so many agents can reach, 2^(1-A).
    """

    differences: NDArray[np.float64]
    p: float
    floor: float


def interval_of_difference(ours: CrossedSums, theirs: CrossedSums) -> Interval:
    """The training-seed interval of the difference of two means.

    Both are resampled with the same draws of agents and start sets, as far as they have the same.
    """
    agents = min(len(ours.agents), len(theirs.agents))
    reason = why_not(ours, theirs)
    if reason:
        return Interval(np.nan, np.nan, agents, reason)
    pair = (ours, theirs)
    low, high = ends(resampled_means(ours, pair) - resampled_means(theirs, pair), agents)
    return Interval(float(low), float(high), agents)


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
    agents = sorted(set(ours.agents) & set(theirs.agents))
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


Verdict = Literal["ahead", "behind", "even", "unknown"]


@dataclass(frozen=True)
class Contrast:
    """One optimizer's mean minus another's, at one budget by one measure.

    Attributes:
        measure: what is compared.
        budget: queries.
        name: the optimizer spoken of.
        other: the one it is compared with.
        difference: of means, a fraction; NaN where one of them is not known.
        seeds: its training-seed interval, the same agents and start sets drawn for both.
        episodes: low and high end of its episode interval, the two resampled independently.
        signs: whether the agents agree on its sign.
        verdict: ``ahead`` or ``behind`` where the interval excludes 0, else ``even``;
            ``unknown`` where there is no interval. The interval is the training-seed interval;
            the episode interval where the agents are fewer than ``FEWEST``.
    """

    measure: Measure
    budget: int
    name: str
    other: str
    difference: float
    seeds: Interval
    episodes: tuple[float, float]
    signs: SignFlip
    verdict: Verdict

    @property
    def general(self) -> bool:
        """Whether the verdict is about the method, not only about these agents."""
        return not self.seeds.reason and self.seeds.agents >= FEWEST


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
    """Every trained optimizer against every baseline.

    Args:
        optimizers: in the order of the report.
        measured: indices of ``MEASURES``.
        budgets: queries.
    """
    trained = [optimizer for optimizer in optimizers if optimizer.trained]
    baselines = [optimizer for optimizer in optimizers if not optimizer.trained]
    return tuple(
        contrast(one, other, index, budget)
        for index in measured
        for one in trained
        for other in baselines
        for budget in budgets
    )


def contrast(one: OptimizerAnalysis, other: OptimizerAnalysis, index: int, budget: int) -> Contrast:
    """Compare two optimizers by ``MEASURES[index]``."""
    ours, theirs = one.estimates(budget)[index], other.estimates(budget)[index]
    crossed = [side.searches(budget).final(index) for side in (one, other)]
    found = Contrast(
        MEASURES[index],
        budget,
        one.name,
        other.name,
        ours.value - theirs.value,
        interval_of_difference(*crossed),
        _episodes(ours, theirs),
        sign_flip(*crossed),
        "unknown",
    )
    interval = (found.seeds.low, found.seeds.high) if found.general else found.episodes
    return replace(found, verdict=_verdict(*interval))


def leads(
    optimizers: Sequence[OptimizerAnalysis], index: int, budgets: Sequence[int]
) -> tuple[Lead, ...]:
    """Who has the best mean by ``MEASURES[index]``, at each budget where any is known."""
    found = []
    for budget in budgets:
        ranked = _ranked(optimizers, index, budget)
        if ranked:
            value = ranked[0].estimates(budget)[index].value
            margin = contrast(ranked[0], ranked[1], index, budget) if len(ranked) > 1 else None
            found.append(Lead(budget, ranked[0].name, value, margin))
    return tuple(found)


def statement(found: Sequence[Contrast]) -> str:
    """One sentence on the contrasts of one pair by one measure, over the budgets."""
    words = {
        "ahead": "ahead of",
        "even": "not clearly different from",
        "behind": "behind",
        "unknown": "not compared with",
    }
    parts = []
    for verdict, phrase in words.items():
        group = [contrast for contrast in found if contrast.verdict == verdict]
        if group:
            where = f"at {_listed([str(contrast.budget) for contrast in group])} queries"
            how_much = "" if verdict in ("even", "unknown") else f" by {_points(group)} points"
            parts.append(f"{phrase} {found[0].other} {where}{how_much}")
    return f"{found[0].name} is {'; '.join(parts)}{_scope(found)}."


def _scope(found: Sequence[Contrast]) -> str:
    """A warning where the verdicts are about these agents only."""
    fewest = min((one.seeds.agents for one in found if not one.general), default=None)
    if fewest is None or all(one.verdict == "unknown" for one in found):
        return ""
    agents = f"{fewest} agent{'' if fewest == 1 else 's'}"
    return f" ({agents}: said of these alone, as the method needs {FEWEST} or more)"


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


def _verdict(low: float, high: float) -> Verdict:
    """What an interval of a difference says."""
    if np.isnan(low):
        return "unknown"
    if low > CLOSE:
        return "ahead"
    return "behind" if high < -CLOSE else "even"


def _points(group: Sequence[Contrast]) -> str:
    """The range of absolute differences, in percentage points."""
    sizes = sorted({f"{100 * abs(contrast.difference):.2f}" for contrast in group}, key=float)
    return sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"


def _listed(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
