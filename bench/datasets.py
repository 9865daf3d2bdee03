"""Runs the whole comparison on the data sets of NAS-Bench-Graph and prints the README's table.

``make datasets`` runs it; finished runs in the output folder are read, not repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.reports.analysis import Analysis, OptimizerAnalysis, analyse
from naslib_incremental.reports.reading import read_runs

OPTIMIZERS = ("apex_incremental", "local_search", "random_walk", "random_search")
MEASURES = (0, 1)  # best validation found, validation-selected test


def row(dataset: str, optimizer: OptimizerAnalysis, budgets: tuple[int, ...]) -> str:
    """One optimizer's means in per cent; validation, then test."""
    cells = [
        f"{100 * optimizer.estimates[budget][measure].value:.2f}"
        for measure in MEASURES
        for budget in budgets
    ]
    return f"| {dataset} | {optimizer.name} | " + " | ".join(cells) + " |"


def training(analysis: Analysis) -> str:
    """What training the agents cost."""
    entries = [
        entry
        for run_read in analysis.evaluation.runs
        for entry in run_read.manifest["optimizers"]["apex_incremental"]["training"]
    ]
    seconds = sum(entry["seconds"] for entry in entries) / len(entries)
    queries = sum(entry["queries"] for entry in entries) / len(entries)
    return (
        f"{len(entries)} agents, each {entries[0]['steps']:,} steps, {queries:,.0f} training "
        f"queries and {seconds:.0f} s on one core (means)"
    )


def main() -> None:
    """Run, then print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("datasets", nargs="*", default=list(NASBenchGraph.variants[:8]))
    arguments = parser.parse_args()
    lines, notes = [], []
    for dataset in arguments.datasets:
        config = RunConfig(
            optimizers={name: {} for name in OPTIMIZERS}, benchmark=f"nasbench_graph/{dataset}"
        )
        analysis = analyse(read_runs([run(config, arguments.out)]))
        by_name = {optimizer.name: optimizer for optimizer in analysis.optimizers}
        lines += [row(dataset, by_name[name], analysis.budgets) for name in OPTIMIZERS]
        notes.append(f"{dataset}: {training(analysis)}")
    heads = [f"{kind} {budget}" for kind in ("val", "test") for budget in config.budgets]
    print("| data set | optimizer | " + " | ".join(heads) + " |")
    print("|---|---|" + "---|" * len(heads))
    print("\n".join(lines))
    print("\n" + "\n".join(notes))


if __name__ == "__main__":
    main()
