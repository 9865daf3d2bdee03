"""A report speaks of the metric of its benchmark, and of accuracy as it always did."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from naslib_incremental.foundation.metric import ACCURACY, Metric
from naslib_incremental.records import open_run
from naslib_incremental.reports.build import build_report
from naslib_incremental.reports.figures.fixed_targets import reference
from naslib_incremental.reports.wording import Wording
from tests.reports.builder import Episode, RunBuilder, analysis_of, random_episodes

LOSS = Metric("negative L2 loss", "x 100", None, 0.0, True)


def run_of_losses(folder: Path) -> RunBuilder:
    """Numbers below zero, as of a loss whose sign was turned."""
    rng = np.random.default_rng(0)

    def episode(one: Episode) -> Episode:
        return replace(one, queries=[(v - 1, np.nan) for v, _ in one.queries], start=(-0.9, np.nan))

    episodes = {
        name: {(a, 0): [*map(episode, random_episodes(rng, 20, 4))] for a in range(2)}
        for name in ("apex_incremental", "local_search")
    }
    described = {
        "validation": "validation L2 loss of the room layout, negative",
        "test": "",
        "validation_optimum": -0.1,
        "metric": LOSS,
    }
    return RunBuilder(folder, episodes, benchmark=described)


def test_every_text_of_a_report_is_in_words_of_its_metric(tmp_path: Path) -> None:
    run = run_of_losses(tmp_path / "run").write()
    assert open_run(run).manifest.benchmark.metric == LOSS
    report = build_report([run], tmp_path / "out")
    texts = {path.name: path.read_text("utf-8") for path in (tmp_path / "out").rglob("*.[mst]*")}
    assert {"budgets_best_validation.md", "best_so_far-best_validation.svg"} <= set(texts)
    page = re.sub(r"<(script|style)>.*?</\1>", "", (report.index or run).read_text("utf-8"))
    for name, text in {**texts, "page": page, "terminal": report.text}.items():
        assert not re.search("accurac", re.sub(r'id="[^"]*"|#[\w-]+', "", text)), name
        assert "percentage points" not in text, name
    assert "Negative L2 loss x 100: mean" in texts["budgets_best_validation.md"]
    assert ">validation negative L2 loss (x 100)<" in texts["best_so_far-best_validation.svg"]
    assert "the whole benchmark (-10.00) minus" in texts["regret.md"]


def test_targets_are_measured_from_the_best_seen_below_zero(tmp_path: Path) -> None:
    run = run_of_losses(tmp_path / "run")
    run.benchmark = {**run.benchmark, "validation_optimum": None}
    best, known = reference(analysis_of(run))
    assert not known
    assert -0.5 < best < 0


@pytest.mark.parametrize("text", ["Per cent: mean", "validation accuracy (%)", "95 % of them"])
def test_of_accuracy_nothing_is_changed(text: str) -> None:
    assert Wording(ACCURACY)(text) == text
    assert Wording(LOSS)("12 % of the episodes") == "12 % of the episodes"
