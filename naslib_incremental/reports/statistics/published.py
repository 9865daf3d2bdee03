"""What others published at the same query budgets: shown beside a report's own rows, never mixed.

``data/published_results.csv`` holds them, each with its source, budget and queries used.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import NormalDist

from naslib_incremental.reports.statistics.estimates import CONFIDENCE

MATCHES = {
    "nasbench101": ("nasbench101", "best_test"),
    "nasbench101/random": ("nasbench101", "best_test"),
    "nasbench101/run0": ("nasbench101", "best_test"),
    "nasbench301": ("nasbench301", "best_validation"),
    "nasbench301/single": ("nasbench301", "best_validation"),
    "nasbench301_yahpo": ("nasbench301", "best_validation"),
    "nasbench301_yahpo/single": ("nasbench301", "best_validation"),
}
"""By our benchmark: the published one, and the measure that its numbers are of."""
DATA = {
    "nasbench101": "NAS-Bench-101, the best test accuracy seen",
    "nasbench301": "NAS-Bench-301, the best predicted validation accuracy",
}
NOTE = (
    "as published, not run here and left out of every comparison; intervals are those published: "
    "of the mean for Cassimon et al. 2024, of a single result (mean ± 2 to 2.8 sigma) for all "
    "others"
)


@dataclass(frozen=True)
class Published:
    """One published number.

    Attributes:
        benchmark: name of the published benchmark.
        algorithm: as its source calls it.
        source: authors and year.
        budget: queries allowed.
        queries: queries made, where published.
        mean: fraction.
        sigma: standard deviation of the results, a fraction.
        low: lower end of the 95 % interval, a fraction.
        high: upper end.
    """

    benchmark: str
    algorithm: str
    source: str
    budget: int
    queries: int | None
    mean: float
    sigma: float
    low: float
    high: float

    @property
    def name(self) -> str:
        """What it is called beside optimizers that were run."""
        return f"published: {self.algorithm}, {self.source}"


def published_beside(benchmark: str, measure: str, budgets: Sequence[int]) -> tuple[Published, ...]:
    """What was published for a benchmark by a measure at some of the budgets.

    Args:
        benchmark: our name of it.
        measure: key of one of ``MEASURES``.
        budgets: queries.
    """
    name, of = MATCHES.get(benchmark, ("", ""))
    if measure != of:
        return ()
    return tuple(one for one in read() if one.benchmark == name and one.budget in budgets)


def origin(benchmark: str) -> str:
    """What published numbers beside a benchmark of ours are made from, for captions."""
    return f"{DATA[MATCHES[benchmark][0]]}, {NOTE}"


@cache
def read() -> tuple[Published, ...]:
    """Every published number that comes with the package."""
    path = files(__package__) / "published_results.csv"
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> tuple[Published, ...]:
    """Published numbers from CSV; where an interval is left empty, mean +- z sigma stands for it.

    That closed form covers single results; the mean's own interval would need their number.
    """
    return tuple(map(_published, csv.DictReader(text.splitlines())))


def _published(row: Mapping[str, str]) -> Published:
    mean, sigma = float(row["mean_percent"]) / 100, float(row["std_percent"]) / 100
    reach = NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * sigma
    low, high = row["ci95_low_percent"], row["ci95_high_percent"]
    return Published(
        benchmark=row["benchmark"],
        algorithm=row["algorithm"],
        source=row["source"],
        budget=int(row["budget"]),
        queries=int(row["queries_used"]) if row["queries_used"] else None,
        mean=mean,
        sigma=sigma,
        low=float(low) / 100 if low else mean - reach,
        high=float(high) / 100 if high else mean + reach,
    )
