"""Tables of what a run cost: training, and when it has paid for itself; episodes; throughput."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.break_even import (
    BreakEven,
    best_break_evens,
    opponents,
)
from naslib_incremental.reports.statistics.costs import AgentCost, agent_costs, mean_cost
from naslib_incremental.reports.tables.table import NOTHING, Column, Table, percent, text_column


def break_even_tables(analysis: Analysis) -> Iterator[Table]:
    """Break-even numbers of searches at each budget against the best baseline there."""
    trained = {one.name: one for one in analysis.optimizers}
    facts = [
        {
            "optimizer": pair.name,
            "training": pair.training,
            "training_seconds": mean_cost(trained[pair.name], "seconds"),
            "queries": budget,
            **_break_even(pair, budget),
        }
        for pair in best_break_evens(analysis)
        for budget in analysis.budgets
    ]
    if not facts:
        return
    compared = ", ".join(one.name for one in opponents(analysis))
    yield Table(
        "break_even",
        "When training has paid for itself",
        "So many searches it takes until the queries saved are those that training cost. The best "
        f"baseline (of {compared}) searches with the queries of the column, the agent until its "
        "mean best validation is as high. Queries are different architectures on both sides: "
        "looking again is free, in training, in the choice of the policy and in a search. In "
        "brackets the agents with the fewest and the most, each with its own training and mean; "
        "then the best baseline, and what the agent and it look at in a search. Never: the agent "
        "needs as much as the baseline, or does not get there. Training is the mean of the agents; "
        "trials of other options are not counted. By searches of "
        f"{analysis.budgets[-1]} queries. {analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (
            text_column("optimizer"),
            Column(
                "different architectures in training",
                "{training:count}",
                "{training_seconds:count}\N{NO-BREAK SPACE}s",
            ),
        ),
        (
            Column(
                "{queries} queries",
                "{searches:ceiling}",
                "({fewest:ceiling} to {most:ceiling}) against {against}: "
                "{needed:fixed1/needed_reason} for {spent:fixed1}",
            ),
        ),
        across="queries",
    )


def _break_even(pair: BreakEven, budget: int) -> dict[str, Any]:
    """The break-even of one budget; infinite numbers of searches stand for never."""
    place = budget - 1
    own = pair.by_agent[:, place]
    needed = pair.needed[place]
    unknown = np.isnan(pair.training)
    return {
        "against": pair.other.leaders[place],
        "searches": pair.searches[place],
        "fewest": own.min() if len(own) else np.nan,
        "most": own.max() if len(own) else np.nan,
        "needed": needed if np.isfinite(needed) else np.nan,
        "needed_reason": f"not in {len(pair.needed)}",
        "spent": pair.other.spent[place],
        "note": f"{NOTHING} (training queries not known)" if unknown else "",
    }


def training_tables(analysis: Analysis) -> Iterator[Table]:
    """What each trained agent cost before it was evaluated."""
    facts = [
        {
            "optimizer": one.optimizer,
            "agent_seed": one.agent_seed,
            "trained_on": one.where,
            "steps": one.result.steps,
            "seconds": one.result.seconds,
            "queries": one.result.queries,
            "selection_queries": one.result.selection_queries,
            "distinct_queries": one.result.distinct_queries,
            "table": one.table,
            "share": one.share,
            "best_validation": one.best_validation,
        }
        for one in agent_costs(analysis)
    ]
    if not facts:
        return
    caption = (
        "What each agent asked for before its first search; the budgets do not count it. Queries "
        "are validation accuracies looked up: training queries while it learned, repeats included; "
        "selection queries then, to choose temperature and stay margin, each architecture once; "
        "distinct ones are the different architectures among both. The whole table would have cost "
        "as many queries as there are architectures. Best met: the highest validation accuracy "
        "among all of them, in per cent, where they are of the benchmark itself."
    )
    loose = [run.name for run in analysis.runs.runs if not run.manifest.reproducible]
    if loose:
        caption += (
            f" {', '.join(loose)}: trained by processes that do not wait for each other; the same "
            "seed cannot give the same agents again."
        )
    yield Table(
        "training",
        "What the agents cost before",
        caption,
        pd.DataFrame(facts),
        (text_column("optimizer"),),
        (
            Column("agent seed", "{agent_seed:count}"),
            text_column("learned on", "trained_on"),
            Column("training queries", "{queries:count}"),
            Column("selection queries", "{selection_queries:count}"),
            Column("distinct", "{distinct_queries:count}"),
            Column("share of the table (%)", "{share:percent}"),
            Column("whole table", "{table:count}"),
            Column("best met", "{best_validation:percent}"),
            Column("steps", "{steps:count}"),
            Column("seconds", "{seconds:count}"),
        ),
    )


def training_lines(analysis: Analysis) -> list[str]:
    """One line for each trained optimizer: what its agents cost before, on average."""
    found: dict[str, list[AgentCost]] = {}
    for one in agent_costs(analysis):
        found.setdefault(one.optimizer, []).append(one)
    return [f"{name}: {_training_line(costs)}" for name, costs in found.items()]


def _training_line(costs: Sequence[AgentCost]) -> str:
    def mean(of: Callable[[AgentCost], float]) -> float:
        return float(np.mean([of(one) for one in costs]))

    first = costs[0]
    queries = mean(lambda one: one.result.queries)
    selection = mean(lambda one: one.result.selection_queries)
    distinct = mean(lambda one: one.result.distinct_queries)
    if first.elsewhere:
        count = len(first.trained_on)
        return f"{queries:,.0f} queries on {count} others; {first.benchmark} was never queried"
    parts = [f"{queries:,.0f} queries to train, {selection:,.0f} to choose the policy"]
    share = mean(lambda one: one.share)
    parts.append(f"{distinct:,.0f} different architectures")
    if not np.isnan(share):
        parts[-1] += f" = {share:.1%} of the table ({first.table:,.0f})"
    best = mean(lambda one: one.best_validation)
    if not np.isnan(best):
        parts.append(f"best met {percent(best)}")
    if first.trained_on != (first.benchmark,):
        parts.append(f"on {', '.join(first.trained_on)}")
    return "; ".join(parts)


def episode_tables(analysis: Analysis) -> Iterator[Table]:
    """How long an episode takes; optimizers whose runs did not write it down are left out."""
    facts = [
        {
            "optimizer": one.name,
            "milliseconds": 1000 * seconds / one.endings.episodes,
            "queries": one.endings.queries,
        }
        for one in analysis.optimizers
        for seconds in [sum(found.episodes.seconds for found in one.runs.evaluations)]
        if not np.isnan(seconds)
    ]
    if facts:
        yield Table(
            "episode_costs",
            "What an episode costs",
            "Means per episode. Time is that of evaluating many episodes side by side in one "
            "process, answers of the benchmark included, on the machine that the manifest names.",
            pd.DataFrame(facts),
            (text_column("optimizer"),),
            (
                Column("milliseconds", "{milliseconds:digits3}"),
                Column("queries", "{queries:fixed1}"),
            ),
        )


def throughput_tables(analysis: Analysis) -> Iterator[Table]:
    """Environment steps per second by degree of vectorisation, as each run measured it."""
    facts = [
        {"run": run.name, **vars(measured)}
        for run in analysis.runs.runs
        for measured in run.manifest.throughput
    ]
    if facts:
        yield Table(
            "throughput",
            "Environment throughput",
            "Steps per second of the bare environment, all environments together, on one core of "
            "the machine that the manifest names: with architectures left as numbers, as the "
            "replay takes them, and with every observation written out as features.",
            pd.DataFrame(facts),
            (text_column("run"),),
            (
                Column("environments", "{num_envs:count}"),
                Column("steps/s, index observations", "{indices:count}"),
                Column("steps/s, materialised observations", "{features:count}"),
            ),
        )
