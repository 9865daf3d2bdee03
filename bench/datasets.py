"""Runs the whole comparison on the data sets of NAS-Bench-Graph and prints its tables.

They are those of docs/results.md. ``make datasets`` runs it; finished runs in the output folder are
read, not repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.costs import mean_cost
from naslib_incremental.reports.statistics.measures import COMPARED, MEASURES
from naslib_incremental.reports.statistics.optimizer_analysis import OptimizerAnalysis
from naslib_incremental.reports.statistics.runs import read_runs

AGENT = "apex_incremental"
BASELINES = ("local_search", "random_walk", "random_search")
TITLES = [measure.title.lower() for measure in MEASURES[:COMPARED]]


def means(optimizer: OptimizerAnalysis, budgets: tuple[int, ...], measure: int) -> list[float]:
    """Mean at each budget, in per cent."""
    return [100 * optimizer.estimates(budget)[measure].value for budget in budgets]


def shown(values: list[float]) -> str:
    """Numbers of all budgets in one cell."""
    return " ".join(f"{value:.2f}" for value in values)


def summary(dataset: str, analysis: Analysis) -> str:
    """The agent beside the best baseline of each budget, and what training cost."""
    by_name = {optimizer.name: optimizer for optimizer in analysis.optimizers}
    agent, budgets = by_name[AGENT], analysis.budgets
    cells = [dataset]
    for measure in range(COMPARED):
        others = [means(by_name[name], budgets, measure) for name in BASELINES]
        best = [max(values) for values in zip(*others, strict=True)]
        cells += [shown(means(agent, budgets, measure)), shown(best)]
    steps, seconds = (mean_cost(agent, key) for key in ("steps", "seconds"))
    queries = sum(mean_cost(agent, key) for key in ("queries", "selection_queries"))
    cells += [f"{steps:,.0f}", f"{queries:,.0f}", f"{seconds:.0f}"]
    return f"| {' | '.join(cells)} |"


def details(dataset: str, analysis: Analysis) -> list[str]:
    """One row per optimizer and measure."""
    return [
        f"| {dataset} | {title} | {one.name} | {shown(means(one, analysis.budgets, measure))} |"
        for measure, title in enumerate(TITLES)
        for one in analysis.optimizers
    ]


def print_table(heads: list[str], rows: list[str]) -> None:
    """A table in Markdown."""
    print(f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    print("\n".join(rows))


def main() -> None:
    """Run, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("datasets", nargs="*", default=list(NASBenchGraph.variants[:8]))
    arguments = parser.parse_args()
    short, full = [], []
    for dataset in arguments.datasets:
        config = RunConfig(
            optimizers={name: {} for name in (AGENT, *BASELINES)},
            benchmark=f"nasbench_graph/{dataset}",
        )
        analysis = Analysis(read_runs([run(config, arguments.out)]))
        short.append(summary(dataset, analysis))
        full += details(dataset, analysis)
    kinds = [f"{title}: {who}" for title in TITLES for who in ("agent", "best baseline")]
    costs = ["steps per agent", "training and selection queries", "seconds on one core"]
    print_table(["data set", *kinds, *costs], short)
    budgets = " / ".join(str(budget) for budget in analysis.budgets)
    print_table(["data set", "measure", "optimizer", f"mean at {budgets} queries"], full)


if __name__ == "__main__":
    main()
