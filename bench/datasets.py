"""Runs the whole comparison on the data sets of NAS-Bench-Graph and prints the README's tables.

``make datasets`` runs it; finished runs in the output folder are read, not repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.reports.statistics.analysis import Analysis, OptimizerAnalysis, analyse
from naslib_incremental.reports.statistics.reading import read_runs

AGENT = "apex_incremental"
BASELINES = ("local_search", "random_walk", "random_search")
MEASURES = {0: "best validation found", 1: "validation-selected test"}


def means(optimizer: OptimizerAnalysis, measure: int) -> list[float]:
    """Mean at each budget, in per cent."""
    return [100 * estimates[measure].value for estimates in optimizer.estimates.values()]


def shown(values: list[float]) -> str:
    """Numbers of all budgets in one cell."""
    return " ".join(f"{value:.2f}" for value in values)


def summary(dataset: str, analysis: Analysis) -> str:
    """The agent beside the best baseline of each budget, and what training cost."""
    by_name = {optimizer.name: optimizer for optimizer in analysis.optimizers}
    cells = [dataset]
    for measure in MEASURES:
        others = [means(by_name[name], measure) for name in BASELINES]
        best = [max(values) for values in zip(*others, strict=True)]
        cells += [shown(means(by_name[AGENT], measure)), shown(best)]
    (manifest,) = (run_read.manifest for run_read in analysis.evaluation.runs)
    trained = manifest["optimizers"][AGENT]["training"]
    seconds = sum(entry["seconds"] for entry in trained) / len(trained)
    queries = sum(entry["queries"] for entry in trained) / len(trained)
    cells += [f"{trained[0]['steps']:,}", f"{queries:,.0f}", f"{seconds:.0f}"]
    return f"| {' | '.join(cells)} |"


def details(dataset: str, analysis: Analysis) -> list[str]:
    """One row per optimizer and measure."""
    return [
        f"| {dataset} | {name} | {optimizer.name} | {shown(means(optimizer, measure))} |"
        for measure, name in MEASURES.items()
        for optimizer in analysis.optimizers
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
        analysis = analyse(read_runs([run(config, arguments.out)]))
        short.append(summary(dataset, analysis))
        full += details(dataset, analysis)
    kinds = [f"{kind}: {who}" for kind in MEASURES.values() for who in ("agent", "best baseline")]
    costs = ["steps per agent", "training queries", "seconds on one core"]
    print_table(["data set", *kinds, *costs], short)
    budgets = " / ".join(str(budget) for budget in config.budgets)
    print_table(["data set", "measure", "optimizer", f"mean at {budgets} queries"], full)


if __name__ == "__main__":
    main()
