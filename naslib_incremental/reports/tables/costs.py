"""Tables of what a run cost: training, and when it has paid for itself; episodes; throughput."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.break_even import BreakEven, break_evens, mean_cost
from naslib_incremental.reports.tables.table import NOTHING, Column, Table, text_column


def break_even_tables(analysis: Analysis) -> Iterator[Table]:
    """Break-even numbers of searches at each budget, one row per pair."""
    trained = {one.name: one for one in analysis.optimizers}
    keys = ("queries", "distinct_queries", "seconds")
    facts = [
        {
            "optimizer": pair.name,
            "against": pair.other,
            **{f"training_{key}": mean_cost(trained[pair.name], key) for key in keys},
            "queries": budget,
            **_break_even(pair, budget),
        }
        for pair in break_evens(analysis)
        for budget in analysis.budgets
    ]
    if not facts:
        return
    yield Table(
        "break_even",
        "When training has paid for itself",
        "So many searches it takes until the queries saved are those that training cost: the "
        "baseline searches with the queries of the column, the agent until its mean best "
        "validation is as high. In brackets the agents with the fewest and the most, each with "
        "its own training and mean; then the queries the agent needs in a search, and the searches "
        "if training paid for each different architecture once. Never: the agent needs as many "
        "queries as the baseline, or does not get there. Training is the mean of the agents, the "
        "choice of the policy included; trials of other options are not counted. By searches of "
        f"{analysis.budgets[-1]} queries. {analysis.made_from('validation')}",
        pd.DataFrame(facts),
        (
            text_column("optimizer"),
            text_column("against"),
            Column(
                "training queries",
                "{training_queries:count}",
                "{training_distinct_queries:count}\N{NO-BREAK SPACE}distinct, "
                "{training_seconds:count}\N{NO-BREAK SPACE}s",
            ),
        ),
        (
            Column(
                "{queries} queries",
                "{searches:ceiling}",
                "({fewest:ceiling} to {most:ceiling}), {needed:whole/needed_reason}"
                "\N{NO-BREAK SPACE}queries; {distinct:ceiling}\N{NO-BREAK SPACE}distinct",
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
        "searches": pair.searches[place],
        "fewest": own.min() if len(own) else np.nan,
        "most": own.max() if len(own) else np.nan,
        "needed": needed if np.isfinite(needed) else np.nan,
        "needed_reason": f"over {len(pair.needed)}",
        "distinct": pair.distinct[place],
        "note": f"{NOTHING} (training queries not known)" if unknown else "",
    }


def training_tables(analysis: Analysis) -> Iterator[Table]:
    """What each trained agent cost before it was evaluated."""
    facts = [
        {
            "optimizer": one.name,
            "agent_seed": agent.agent_seed,
            "steps": agent.result.steps,
            "seconds": agent.result.seconds,
            "queries": agent.result.queries,
            "distinct_queries": agent.result.distinct_queries,
        }
        for one in analysis.optimizers
        for agent in one.runs.agents
    ]
    if not facts:
        return
    caption = (
        "Training queries are validation accuracies looked up while learning, repeats included; "
        "the budgets above do not count them."
    )
    loose = [run.name for run in analysis.runs.runs if not run.manifest.reproducible]
    if loose:
        caption += (
            f" {', '.join(loose)}: trained by processes that do not wait for each other; the same "
            "seed cannot give the same agents again."
        )
    yield Table(
        "training",
        "Training of the agents",
        caption,
        pd.DataFrame(facts),
        (text_column("optimizer"),),
        (
            Column("agent seed", "{agent_seed:count}"),
            Column("steps", "{steps:count}"),
            Column("seconds", "{seconds:count}"),
            Column("training queries", "{queries:count}"),
            Column("distinct queries", "{distinct_queries:count}"),
        ),
    )


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
