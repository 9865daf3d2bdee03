"""Reports of studies: curves, intervals and ranges against numbers by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.records import LearningLog, is_study, open_study
from naslib_incremental.records.study import (
    BASE,
    LevelRecord,
    StudyRecord,
    write_study,
)
from naslib_incremental.reports import build_study_report
from naslib_incremental.reports.figures import study_curves as curves
from naslib_incremental.reports.figures import study_values as values
from naslib_incremental.reports.statistics.sensitivity import interaction
from naslib_incremental.reports.statistics.study import read_study
from naslib_incremental.reports.tables.study import (
    robustness_tables,
    sensitivity_tables,
    with_interval,
)
from tests.reports.builder import ON_PAGE, Episode, RunBuilder, shown

AGENT = "apex_incremental"
AFTER = ("final", "best of 2")


def write_run(folder: Path, finals: Sequence[Sequence[float]], curve: Sequence[float]) -> str:
    """One run whose agents end their episodes with the given validation accuracies."""
    cells = {
        (agent, 0): [Episode([(value, value - 0.1)]) for value in values]
        for agent, values in enumerate(finals)
    }
    run = RunBuilder(folder, {AGENT: cells}, budgets=(2,), name=folder.name)
    for agent in range(len(finals)):
        figures = {
            10 * place: {"mean_final_validation": value + agent / 100}
            for place, value in enumerate(curve, 1)
        }
        run.write_learning(AGENT, agent, figures)
    run.write()
    return folder.name


def describe(folder: Path, variants: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Path:
    """Write the description of a study: runs by variant, factor and value."""
    described = tuple(
        LevelRecord(variant, factor, value, run)
        for variant, factors in variants.items()
        for factor, runs in factors.items()
        for value, run in runs.items()
    )
    write_study(folder, StudyRecord(folder.name, "toy/one", 38, {}, described))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    flat = [[0.5, 0.7], [0.6, 0.8]]
    low = write_run(tmp_path / "low", flat, np.linspace(0.1, 0.3, 12).tolist())
    high = write_run(tmp_path / "high", [[0.8, 0.9], [0.9, 0.9]], [0.5] * 12)
    cls = write_run(tmp_path / "cls", [[0.7, 0.7], [0.75, 0.75]], [0.4] * 12)
    return describe(
        tmp_path,
        {
            "base": {"gamma": {"0.9": low, "0.99": high}, "neighbours": {"50": low, "100": low}},
            "head=cls": {"gamma": {"0.9": cls, "0.99": cls}},
        },
    )


def test_lines_are_moving_averages_over_ten_records_with_bands_over_agents(folder: Path) -> None:
    frame = curves.data(read_study(folder))
    rows = frame[(frame["value"] == "0.9") & (frame["variant"] == "base")]
    raw = np.linspace(0.1, 0.3, 12)
    smooth = [raw[max(0, i - 9) : i + 1].mean() for i in range(12)]
    assert rows["step"].tolist() == [10 * i for i in range(1, 13)]
    assert rows["low"].to_numpy() == pytest.approx(np.array(smooth))
    assert rows["high"].to_numpy() == pytest.approx(np.array(smooth) + 0.01)
    assert rows["mean"].to_numpy() == pytest.approx(np.array(smooth) + 0.005)
    assert list(curves.draw(frame)) == ["gamma", "neighbours", "gamma, head=cls"]


def test_a_record_without_finals_leaves_the_average_and_an_unfinished_agent_ends_the_line(
    folder: Path,
) -> None:
    agents = folder / "low" / "agents" / AGENT
    log = LearningLog(agents / "agent0")
    log.record(10, {"mean_final_validation": 0.5})
    log.record(20, {})
    frame = curves.data(read_study(folder))
    rows = frame[(frame["value"] == "0.9") & (frame["variant"] == "base")]
    assert rows["step"].tolist() == [10, 20]
    assert rows["high"].tolist() == [0.5, 0.5]


def test_values_are_drawn_with_the_intervals_of_the_table(folder: Path) -> None:
    frame = values.data(read_study(folder))
    half = stats.t.ppf(0.975, 1) * 0.05
    first = frame.iloc[0]
    assert [first[name] for name in ("variant", "factor", "value")] == ["base", "gamma", "0.9"]
    assert first[["mean", "low", "high"]].tolist() == pytest.approx(
        [0.65, 0.65 - half, 0.65 + half]
    )
    pictures = values.draw(frame)
    assert list(pictures) == ["gamma", "neighbours"]
    names = [text.get_text() for text in pictures["gamma"].legends[0].get_texts()]
    assert names == ["base", "head=cls"]
    (axes,) = pictures["neighbours"].axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["50", "100"]


def test_robustness_table(folder: Path) -> None:
    (table,) = robustness_tables(read_study(folder))
    texts = shown(table)
    assert [row[2] for row in texts] == ["0.9", "0.99", "50", "100", "0.9", "0.99"]
    # Agents end at .6 and .7 on average; their best of two queries is .7 and .8.
    half = stats.t.ppf(0.975, 1) * 5
    expected = f"65.00 [{65 - half:.2f}, {65 + half:.2f}]"
    assert texts[0][:5] == ["base", "gamma", "0.9", "2", expected]
    assert texts[0][5].startswith("75.00 ")
    assert "more than 38 neighbours, so that values from 38 are one" in table.caption


def test_sensitivity_table(folder: Path) -> None:
    (table,) = sensitivity_tables(read_study(folder))
    rows = {tuple(e.text for e in row[:4]): row[4:] for row in table.grid().rows}
    gamma, values = "gamma", "0.9 0.99"
    assert list(rows) == [
        *((gamma, values, what, name) for what in AFTER for name in ("base", "head=cls")),
        *(("neighbours", "50 100", what, "base") for what in AFTER),
    ]
    base, cls = (rows[gamma, values, "final", name] for name in ("base", "head=cls"))
    p = stats.f_oneway([0.6, 0.7], [0.85, 0.9]).pvalue
    assert [e.text for e in base] == ["22.50", "65.00", "87.50", f"{p:.2g}", "n/a"]
    # With two values the interaction is one contrast, and its F the square of its t.
    within = (0.005 + 3 * 0.00125) / 4
    t = 0.225 / np.sqrt(within * 4 / 2)
    same = f"{2 * stats.t.sf(t, 4):.2g}"
    assert [e.text for e in cls] == ["0.00", "72.50", "72.50", "1", same]
    assert (base[0].bold, cls[0].bold) == (False, False)
    assert (base[0].refusal, cls[0].refusal) == ("", "no star: 2 agents, 5 needed")
    assert rows[gamma, values, "best of 2", "base"][0].text == "15.00"
    only = rows["neighbours", "50 100", "final", "base"]
    assert [e.text for e in only] == ["0.00", "65.00", "65.00", "1", "n/a"]


def test_the_smallest_range_stands_out_from_five_agents(tmp_path: Path) -> None:
    low, high, cls = (
        write_run(tmp_path / name, [[value, value]] * 5, [0.5])
        for name, value in (("low", 0.5), ("high", 0.9), ("cls", 0.7))
    )
    study = describe(
        tmp_path,
        {"base": {"gamma": {"0": low, "1": high}}, "head=cls": {"gamma": {"0": cls, "1": cls}}},
    )
    (table,) = sensitivity_tables(read_study(study))
    assert [row[4].bold for row in table.grid().rows] == [False, True] * len(AFTER)
    assert not any(row[4].refusal for row in table.grid().rows)


def test_interaction_of_a_balanced_design_is_the_textbook_one() -> None:
    rng = np.random.default_rng(3)
    cells = rng.normal(size=(2, 3, 5)) + np.array([0.0, 0.4, 1.0])[:, None]
    means = cells.mean(2)
    effects = means - means.mean(0) - means.mean(1, keepdims=True) + means.mean()
    between = 5 * (effects**2).sum() / 2
    within = ((cells - means[..., None]) ** 2).sum() / 24
    assert interaction(*cells) == pytest.approx(stats.f.sf(between / within, 2, 24))


def test_interaction_is_uniform_where_there_is_none_whatever_the_numbers_of_agents() -> None:
    rng = np.random.default_rng(4)
    sizes = (2, 5, 4), (3, 5, 1)
    found = [
        interaction(
            *(
                [rng.normal(effect + change, size=size) for effect, size in enumerate(some)]
                for change, some in enumerate(sizes)
            )
        )
        for _ in range(1_000)
    ]
    assert stats.kstest(found, "uniform").pvalue > 0.01


def test_interaction_needs_two_values_and_agents_that_differ() -> None:
    one, equal = np.array([0.5]), np.array([0.5, 0.5])
    for cells in ([equal], [one, one], [equal, equal]):
        assert np.isnan(interaction(cells, cells))


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    found = [with_interval(rng.normal(size=5)) for _ in range(2_000)]
    assert np.mean([one["low"] < 0 < one["high"] for one in found]) == pytest.approx(
        0.95, abs=0.015
    )


def test_the_report_is_whole_and_says_what_is_left_out(folder: Path) -> None:
    record = open_study(folder)
    missing = LevelRecord(BASE, "gamma", "1", "none")
    write_study(folder, replace(record, levels=(*record.levels, missing)))
    assert is_study(folder)
    report = build_study_report(folder, folder / "report", (*ON_PAGE, "png"))
    assert report.index is not None
    page = report.index.read_text()
    assert page.count("<svg") == 3 + 2
    for text in (page, report.text):
        assert "gamma=1: " in text
        assert "Sensitivity by factor" in text
    assert (folder / "report" / "tables" / "robustness.csv").exists()
    assert (folder / "report" / "figures" / "ablation-gamma-head-cls.png").exists()


def test_one_agent_without_curve_has_no_interval(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", [[0.5, 0.7]], [])
    describe(tmp_path, {"base": {"gamma": {"0.9": run}}})
    report = build_study_report(tmp_path, tmp_path / "report", ON_PAGE)
    (table,) = robustness_tables(read_study(tmp_path))
    assert shown(table)[0][4] == "60.00"
    assert not (report.folder / "figures").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 2, "variants": []}'])
def test_a_damaged_description_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(UserError, match=r"study\.json"):
        build_study_report(tmp_path, tmp_path / "report", ON_PAGE)


def test_a_study_without_any_finished_evaluation_is_refused(tmp_path: Path) -> None:
    describe(tmp_path, {"base": {"gamma": {"0.9": "nowhere"}}})
    with pytest.raises(UserError, match="at least one finished evaluation"):
        build_study_report(tmp_path, tmp_path / "report", ON_PAGE)


def test_an_unknown_format_is_refused_before_anything_is_written(folder: Path) -> None:
    with pytest.raises(UserError, match="html, md, csv, tex, png, pdf; got docx"):
        build_study_report(folder, folder / "report", ("html", "docx"))
    assert not (folder / "report").exists()
