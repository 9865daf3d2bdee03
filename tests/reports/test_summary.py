"""The summary's table: who leads, by how much, and how surely."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.tables.comparisons import leads_table
from naslib_incremental.reports.tables.table import markdown
from tests.reports.builder import Episode, RunBuilder, analysis_of


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
    run = RunBuilder(folder, cells, budgets=(2, 4), **options)  # type: ignore[arg-type]
    return analysis_of(run)


def test_the_leader_is_named_with_its_lead_and_stands_out_where_it_is_sure(tmp_path: Path) -> None:
    analysis = noisy(tmp_path, {"apex_incremental": 0.5, "random_walk": 0.7, "random_search": 0.6})
    rows = leads_table(analysis).grid().rows
    assert [row[0].text for row in rows] == ["2", "4"]
    for row in rows:
        budget = int(row[0].text)
        for index, entry in enumerate(row[1:]):
            means = {
                one.name: float(one.searches(budget).finals[:, index].mean())
                for one in analysis.optimizers
            }
            first, second = sorted(means, key=lambda name: -means[name])[:2]
            lead = means[first] - means[second]
            assert entry.text == first
            lead_of = f"{100 * means[first]:.2f} %; {100 * lead:+.2f} over {second} "
            assert entry.detail.startswith(lead_of)
            low, high = map(float, re.findall(r"\[(\S+), (\S+)\]", entry.detail)[0])
            assert low <= 100 * lead + 0.005
            assert 100 * lead - 0.005 <= high
            sure = float(re.findall(r"p\s(\S+)", entry.detail)[0]) < 0.05
            assert entry.bold == sure
            assert entry.detail.endswith(" ahead" if sure else "no clear difference")
    assert [row[1].bold for row in rows] == [True, True]
    assert not all(entry.bold for row in rows for entry in row[2:])


def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    alone = noisy(tmp_path / "one", {"random_walk": 0.5})
    assert "; the only optimizer |" in markdown(leads_table(alone))
    none = RunBuilder(tmp_path / "two", {"random_walk": {(0, 0): [Episode([(0.5, 0.5)])]}})
    table = leads_table(analysis_of(none))
    assert {entry.text for row in table.grid().rows for entry in row[1:]} == {"n/a"}
