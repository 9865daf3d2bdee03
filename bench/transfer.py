"""Runs searches on data sets that training never saw, family by family, and writes its tables.

Every data set of a family is left out in turn: what learns on other data sets learns on the rest,
and is judged on this one. ``make bench-transfer`` runs it. The output folder gets run folders, from
which whatever was interrupted goes on, ``transfer.csv`` and ``differences.csv`` with all numbers,
and ``transfer.md``, which is printed too. ``--write`` puts it into docs/transfer.md, and its first
table over all families into README.md.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.metadata import version
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from naslib_incremental.foundation.storage import write_text
from naslib_incremental.harness import RunConfig
from naslib_incremental.harness.provenance import processor
from naslib_incremental.harness.runner import run_all
from naslib_incremental.harness.suite import left_out_in_turn, make_suite
from naslib_incremental.optimizers import OPTIMIZERS
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.statistics.suite import Task

FAMILIES = ("nasbench_graph", "transnas101_micro", "nasbench201")
REFERENCE = "gp_source"
COMPARED = (
    "random_without_replacement",
    "regularized_evolution",
    "local_search_enhanced",
    "best_first",
    "gp_ei",
    "bananas_like",
    "source_ranking",
    REFERENCE,
    "apex_in_context",
)
BUDGETS = (10, 25, 50, 100, 150, 300)
SCALES = {
    "share": ("Share of the space that is better, per cent", 100.0),
    "log_share": ("Its logarithm to the base 10", 1.0),
}
KEYS = ["optimizer", "scale", "queries"]
READING = (
    "Mean and standard error; lower is better. Data sets count alike; errors are those of the mean "
    "over these data sets, with other agents and other starts. Differences are paired by agent and "
    "start; those beyond twice their error are bold. Ranks are by the mean share on each data set, "
    "their errors over data sets."
)


def registered() -> list[str]:
    """The optimizers of the comparison that there are."""
    return [name for name in COMPARED if name in OPTIMIZERS.names()]


def run_family(family: str, out: Path, agents: int, searches: int, workers: int | None) -> None:
    """Do what is not finished, one optimizer after the other, so that each can be done anew."""
    for name in registered():
        config = config_of(name, agents, searches)
        suite = make_suite(config, left_out_in_turn(family, config), out)
        run_all(suite, workers=workers, command="bench.transfer")


def config_of(name: str, agents: int, searches: int) -> RunConfig:
    """The run of one optimizer."""
    return RunConfig({name: {}}, seeds=agents, start_sets=1, searches=searches, budgets=BUDGETS)


def read_family(family: str, out: Path, agents: int, searches: int) -> list[Task]:
    """The data sets of a family, each with all optimizers."""
    configs = [config_of(name, agents, searches) for name in registered()]
    benchmarks = left_out_in_turn(family, configs[0])
    suites = [make_suite(config, benchmarks, out) for config in configs]
    return [
        Task(name, Analysis(read_runs([suite.jobs[name].folder.path for suite in suites])))
        for name in benchmarks
    ]


def crossed_error(values: NDArray[np.float64]) -> float:
    """Standard error of the mean of [A, S] values of A agents from the same S starts.

    Agents, starts and what is left vary by themselves: analysis of variance with two crossed random
    factors (Searle, Casella, McCulloch 1992, section 4.3). NaN below two of either.
    """
    agents, starts = values.shape
    if min(agents, starts) < 2:
        return float("nan")
    by_agent = values.mean(axis=1, keepdims=True) - values.mean()
    by_start = values.mean(axis=0, keepdims=True) - values.mean()
    rest = values - values.mean() - by_agent - by_start
    left = float(np.square(rest).sum()) / (agents - 1) / (starts - 1)
    of_agents = starts * float(np.square(by_agent).sum()) / (agents - 1)
    of_starts = agents * float(np.square(by_start).sum()) / (starts - 1)
    variance = max(of_agents, left) + max(of_starts, left) - left
    return float(np.sqrt(variance / values.size))


def tidy(tasks: Sequence[Task]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each optimizer leaves on each data set, and that minus what the reference leaves."""
    facts, differences = [], []
    for task, scale, queries in product(tasks, SCALES, BUDGETS):
        found = {name: _values(task, name, queries, scale) for name in registered()}
        for name, values in found.items():
            fact = {"task": task.name, "optimizer": name, "scale": scale, "queries": queries}
            facts.append(_fact(fact, values))
            differences.append(_fact(fact, values - found[REFERENCE]))
    return pd.DataFrame(facts), pd.DataFrame(differences)


def _values(task: Task, name: str, queries: int, scale: str) -> NDArray[np.float64]:
    values = task.crossed(name, queries, scale)
    if values is None:
        raise ValueError(f"{task.name}: {name} has no whole searches of {queries} queries")
    return values


def _fact(fact: dict[str, object], values: NDArray[np.float64]) -> dict[str, object]:
    mean = float(values.mean())
    return {**fact, "mean": mean, "error": crossed_error(values), "searches": values.size}


def over_tasks(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean over data sets, and its error where these data sets are all there are."""
    grouped = frame.assign(square=frame["error"] ** 2).groupby(KEYS, sort=False)
    errors = np.sqrt(grouped["square"].mean() / grouped.size())
    means: pd.DataFrame = grouped["mean"].mean().to_frame().assign(error=errors)
    return means


def ranks(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean rank over data sets by the mean share, 1 is best, ties shared."""
    own = frame[frame["scale"] == "share"].copy()
    own["rank"] = own.groupby(["task", "queries"])["mean"].rank()
    grouped = own.groupby(["optimizer", "queries"], sort=False)["rank"]
    means: pd.DataFrame = grouped.mean().to_frame("mean").assign(error=grouped.sem())
    return means


def markdown(title: str, facts: pd.DataFrame, differences: pd.DataFrame) -> str:
    """The tables of some data sets."""
    tasks = list(facts["task"].unique())
    searches = sorted(set(facts["searches"]))
    counted = f"{len(tasks)} data sets, searches on each: {', '.join(map(str, searches))}"
    parts = [f"## {title}\n\n{counted}: {', '.join(tasks)}."]
    means, less = over_tasks(facts), over_tasks(differences)
    for scale, (what, unit) in SCALES.items():
        parts.append(_table(what, _of(means, scale), unit, "{:.3f} ± {:.3f}"))
        others = _of(less, scale).drop(REFERENCE, level="optimizer")
        parts.append(_table(f"{what}, minus that of {REFERENCE}", others, unit, "{:+.3f} ± {:.3f}"))
    parts.append(_table("Mean rank", ranks(facts), 1.0, "{:.2f} ± {:.2f}"))
    return "\n\n".join(parts)


def _of(frame: pd.DataFrame, scale: str) -> pd.DataFrame:
    own: pd.DataFrame = frame[frame.index.get_level_values("scale") == scale].droplevel("scale")
    return own


def _table(what: str, frame: pd.DataFrame, unit: float, shown: str) -> str:
    rows = [f"| {what} | {' | '.join(map(str, BUDGETS))} |", f"|{'---|' * (1 + len(BUDGETS))}"]
    for name in frame.index.unique("optimizer"):
        cells = []
        for queries in BUDGETS:
            mean, error = (float(value) * unit for value in frame.loc[(name, queries)])
            cell = shown.format(mean, error)
            clear = shown.startswith("{:+") and abs(mean) > 2 * error
            cells.append(f"**{cell}**" if clear else cell)
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def put_between(text: str, mark: str, block: str) -> str:
    """The text with what stands between two marks replaced."""
    begin, end = f"<!-- {mark} begins -->", f"<!-- {mark} ends -->"
    before, rest = text.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}\n\n{block}\n\n{end}{after}"


def made_by(agents: int, searches: int) -> str:
    """How the numbers were made."""
    command = f"python -m bench.transfer --agents {agents} --searches {searches}"
    return f"Made by `{command}` on {processor()} with torch {version('torch')}."


def write_docs(text: str, facts: pd.DataFrame, how: str) -> None:
    """Write docs/transfer.md and the table in README.md."""
    write_text(Path("docs/transfer.md"), text)
    what, unit = SCALES["share"]
    table = _table(what, _of(over_tasks(facts), "share"), unit, "{:.2f}")
    count = facts["task"].nunique()
    block = f"{table}\n\nMean over {count} data sets, each left out in turn. {how}"
    readme = Path("README.md")
    write_text(readme, put_between(readme.read_text(encoding="utf-8"), "transfer", block))


def main() -> None:
    """Run, read, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("runs/transfer"))
    parser.add_argument("--family", nargs="+", default=FAMILIES, choices=FAMILIES)
    parser.add_argument("--agents", type=int, default=5, help="or repetitions (default 5)")
    parser.add_argument("--searches", type=int, default=20, help="of each agent (default 20)")
    parser.add_argument("--workers", type=int, help="processes (default: one per usable core)")
    parser.add_argument("--write", action="store_true", help="docs/transfer.md and README.md")
    arguments = parser.parse_args()
    chosen = (arguments.out, arguments.agents, arguments.searches)
    for family in arguments.family:
        run_family(family, *chosen, arguments.workers)
    found = [tidy(read_family(family, *chosen)) for family in arguments.family]
    facts, differences = (pd.concat(frames) for frames in zip(*found, strict=True))
    parts = [markdown(name, *one) for name, one in zip(arguments.family, found, strict=True)]
    if len(found) > 1:
        parts.append(markdown("All families", facts, differences))
    how = made_by(arguments.agents, arguments.searches)
    text = "\n\n".join(["# Searches of unseen data sets", READING, how, *parts]) + "\n"
    write_text(arguments.out / "transfer.csv", facts.to_csv(index=False))
    write_text(arguments.out / "differences.csv", differences.to_csv(index=False))
    write_text(arguments.out / "transfer.md", text)
    if arguments.write:
        write_docs(text, facts, how)
    print(text)


if __name__ == "__main__":
    main()
