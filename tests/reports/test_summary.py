"""The summary's table, and where everything stands on the page."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from naslib_incremental.reports.sections import REST, by_theme
from naslib_incremental.reports.statistics.analysis import Analysis, analyse
from naslib_incremental.reports.statistics.reading import read_runs
from naslib_incremental.reports.tables.rendering import markdown
from naslib_incremental.reports.tables.summary import leads_table
from tests.reports.builder import Episode, RunFolder


def noisy(folder: Path, means: dict[str, float], **options: object) -> Analysis:
    """One query per episode; validation accuracies around a mean, test accuracies around .9."""
    rng = np.random.default_rng(4)
    cells = {
        name: {
            (agent, start_set): [
                Episode([(float(v), float(t))])
                for v, t in zip(rng.normal(mean, 0.001, 40), rng.normal(0.9, 0.02, 40), strict=True)
            ]
            for agent in range(5)
            for start_set in range(2)
        }
        for name, mean in means.items()
    }
    run = RunFolder(folder, cells, budgets=(2, 4), **options)  # type: ignore[arg-type]
    return analyse(read_runs([run.write()]))


def test_the_leader_is_named_with_its_lead_and_stands_out_where_it_is_sure(tmp_path: Path) -> None:
    analysis = noisy(tmp_path, {"apex_incremental": 0.5, "random_walk": 0.7, "random_search": 0.6})
    rows = leads_table(analysis).rows
    assert [row[0].parts for row in rows] == [("2",), ("4",)]
    for row in rows:
        budget = int(row[0].parts[0])
        for index, entry in enumerate(row[1:]):
            means = {
                one.name: float(one.budgets[budget].finals[:, index].mean())
                for one in analysis.optimizers
            }
            first, second = sorted(means, key=lambda name: -means[name])[:2]
            lead = means[first] - means[second]
            shown = (entry.parts[0], entry.parts[1], entry.parts[2], entry.parts[3])
            assert shown == (first, f"{100 * means[first]:.2f}", f"{100 * lead:+.2f}", second)
            low, high = map(float, re.findall(r"\[(\S+), (\S+)\]", entry.parts[4])[0])
            assert low <= float(entry.parts[2]) <= high
            assert entry.bold == (low > 0)
            assert entry.parts[4].endswith(" ahead" if low > 0 else "no clear difference")
    assert [row[1].bold for row in rows] == [True, True]
    assert not all(entry.bold for row in rows for entry in row[2:])


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    alone = noisy(tmp_path / "one", {"random_walk": 0.5})
    assert "; the only optimizer |" in markdown(leads_table(alone))
    none = RunFolder(tmp_path / "two", {"random_walk": {(0, 0): [Episode([(0.5, 0.5)])]}})
    table = leads_table(analyse(read_runs([none.write()])))
    assert {entry.parts for row in table.rows for entry in row[1:]} == {("n/a",)}


@dataclass(frozen=True)
class Thing:
    name: str


@given(st.lists(st.sampled_from(["budgets_x", "walk_y", "training", "my_own", "other"])))
def test_everything_stands_somewhere_once_and_in_order(names: list[str]) -> None:
    things = [Thing(name) for name in names]
    groups = dict(by_theme(things))
    assert all(groups.values())
    placed = [thing for group in groups.values() for thing in group]
    assert sorted(map(id, placed)) == sorted(map(id, things))
    unknown = [thing for thing in things if thing.name in ("my_own", "other")]
    assert groups.get(REST, []) == unknown
