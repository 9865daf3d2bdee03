"""Reports of ablations: curves, intervals and ranges against numbers by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports import build_ablation_report, is_study
from naslib_incremental.reports.figures import ablation_curves as curves
from naslib_incremental.reports.figures import ablation_values as values
from naslib_incremental.reports.statistics.sensitivity import interaction, sensitivity_table
from naslib_incremental.reports.statistics.study import read_study
from naslib_incremental.reports.tables.ablation import interval, robustness_table
from tests.reports.builder import Episode, RunFolder

AGENT = "apex_incremental"
AFTER = ("final", "best of 2")


def write_run(folder: Path, finals: Sequence[Sequence[float]], curve: Sequence[float]) -> str:
    """One run whose agents end their episodes with the given validation accuracies."""
    cells = {
        (agent, 0): [Episode([(value, value - 0.1)]) for value in values]
        for agent, values in enumerate(finals)
    }
    run = RunFolder(folder, {AGENT: cells}, budgets=(2,), name=folder.name)
    for agent in range(len(finals)):
        lines = [
            json.dumps({"step": 10 * place, "mean_final_validation": value + agent / 100})
            for place, value in enumerate(curve, 1)
        ]
        run.write_progress(AGENT, agent, lines)
    run.write()
    return folder.name


def write_study(folder: Path, variants: Mapping[str, Mapping[str, Mapping[str, str]]]) -> Path:
    described = {
        "format": 1,
        "study": folder.name,
        "most_neighbours": 38,
        "variants": [
            {
                "name": variant,
                "factors": [
                    {"name": name, "values": [{"value": v, "run": r} for v, r in values.items()]}
                    for name, values in factors.items()
                ],
            }
            for variant, factors in variants.items()
        ],
    }
    (folder / "study.json").write_text(json.dumps(described))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    flat = [[0.5, 0.7], [0.6, 0.8]]
    low = write_run(tmp_path / "low", flat, np.linspace(0.1, 0.3, 12).tolist())
    high = write_run(tmp_path / "high", [[0.8, 0.9], [0.9, 0.9]], [0.5] * 12)
    cls = write_run(tmp_path / "cls", [[0.7, 0.7], [0.75, 0.75]], [0.4] * 12)
    return write_study(
        tmp_path,
        {
            "base": {"gamma": {"0.9": low, "0.99": high}, "neighbours": {"50": low, "100": low}},
            "head=cls": {"gamma": {"0.9": cls, "0.99": cls}},
        },
    )


def test_lines_are_moving_averages_over_ten_records_with_bands_over_agents(folder: Path) -> None:
    frame = curves.data(read_study(folder))
    rows = frame[(frame["value"] == "0.9") & (frame["variant"] == "base")]
    raw = 100 * np.linspace(0.1, 0.3, 12)
    smooth = [raw[max(0, i - 9) : i + 1].mean() for i in range(12)]
    assert rows["step"].tolist() == [10 * i for i in range(1, 13)]
    assert rows["low"].to_numpy() == pytest.approx(np.array(smooth))
    assert rows["high"].to_numpy() == pytest.approx(np.array(smooth) + 1)
    assert rows["mean"].to_numpy() == pytest.approx(np.array(smooth) + 0.5)
    assert list(curves.draw(frame)) == ["gamma", "neighbours", "gamma, head=cls"]


def test_a_record_without_finals_leaves_the_average_and_an_unfinished_agent_ends_the_line(
    folder: Path,
) -> None:
    agents = folder / "low" / "agents" / AGENT
    first = [json.dumps({"step": 10, "mean_final_validation": 0.5}), json.dumps({"step": 20})]
    (agents / "agent0" / "progress.jsonl").write_text("\n".join(first))
    frame = curves.data(read_study(folder))
    rows = frame[(frame["value"] == "0.9") & (frame["variant"] == "base")]
    assert rows["step"].tolist() == [10, 20]
    assert rows["high"].tolist() == [50.0, 50.0]


def test_values_are_drawn_with_the_intervals_of_the_table(folder: Path) -> None:
    frame = values.data(read_study(folder))
    half = stats.t.ppf(0.975, 1) * 5
    first = frame.iloc[0]
    assert [first[name] for name in ("variant", "factor", "value")] == ["base", "gamma", "0.9"]
    assert first[["mean", "low", "high"]].tolist() == pytest.approx([65, 65 - half, 65 + half])
    pictures = values.draw(frame)
    assert list(pictures) == ["gamma", "neighbours"]
    names = [text.get_text() for text in pictures["gamma"].legends[0].get_texts()]
    assert names == ["base", "head=cls"]
    (axes,) = pictures["neighbours"].axes
    assert [text.get_text() for text in axes.get_xticklabels()] == ["50", "100"]


def test_robustness_table(folder: Path) -> None:
    table = robustness_table(read_study(folder))
    texts = [[entry.parts for entry in row] for row in table.rows]
    assert [row[2][0] for row in texts] == ["0.9", "0.99", "50", "100", "0.9", "0.99"]
    # Agents end at .6 and .7 on average; their best of two queries is .7 and .8.
    half = stats.t.ppf(0.975, 1) * 5
    expected = ("65.00", f"{65 - half:.2f}", f"{65 + half:.2f}")
    assert texts[0] == [("base",), ("gamma",), ("0.9",), ("2",), expected, texts[0][5]]
    assert texts[0][5][0] == "75.00"
    assert "more than 38 neighbours, so that values from 38 are one" in table.caption


def test_sensitivity_table(folder: Path) -> None:
    table = sensitivity_table(read_study(folder))
    rows = {tuple(e.parts[0] for e in row[:4]): row[4:] for row in table.rows}
    gamma, values = "gamma", "0.9 0.99"
    assert list(rows) == [
        *((gamma, values, what, name) for what in AFTER for name in ("base", "head=cls")),
        *(("neighbours", "50 100", what, "base") for what in AFTER),
    ]
    base, cls = (rows[gamma, values, "final", name] for name in ("base", "head=cls"))
    p = stats.f_oneway([0.6, 0.7], [0.85, 0.9]).pvalue
    assert [e.parts[0] for e in base] == ["22.50", "65.00", "87.50", f"{p:.2g}", "n/a"]
    # With two values the interaction is one contrast, and its F the square of its t.
    within = (0.005 + 3 * 0.00125) / 4
    t = 0.225 / np.sqrt(within * 4 / 2)
    same = f"{2 * stats.t.sf(t, 4):.2g}"
    assert [e.parts[0] for e in cls] == ["0.00", "72.50", "72.50", "1", same]
    assert (base[0].bold, cls[0].bold) == (False, True)
    assert rows[gamma, values, "best of 2", "base"][0].parts == ("15.00",)
    only = rows["neighbours", "50 100", "final", "base"]
    assert [e.parts[0] for e in only] == ["0.00", "65.00", "65.00", "1", "n/a"]


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
    ends = np.array([interval(rng.normal(size=5)) for _ in range(2_000)])
    assert ((ends[:, 0] < 0) & (ends[:, 1] > 0)).mean() == pytest.approx(0.95, abs=0.015)


def test_the_report_is_whole_and_says_what_is_left_out(folder: Path) -> None:
    description = json.loads((folder / "study.json").read_text())
    description["variants"][0]["factors"][0]["values"].append({"value": "1", "run": "none"})
    (folder / "study.json").write_text(json.dumps(description))
    assert is_study(folder)
    report = build_ablation_report(folder, folder / "report")
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
    write_study(tmp_path, {"base": {"gamma": {"0.9": run}}})
    report = build_ablation_report(tmp_path, tmp_path / "report")
    (row,) = robustness_table(read_study(tmp_path)).rows
    assert row[4].parts == ("60.00",)
    assert not (report.folder / "figures").exists()


@pytest.mark.parametrize("content", ["", "[]", '{"format": 1}', '{"format": 2, "variants": []}'])
def test_a_damaged_description_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(UserError, match=r"study\.json"):
        build_ablation_report(tmp_path, tmp_path / "report")


def test_a_study_without_any_finished_evaluation_is_refused(tmp_path: Path) -> None:
    write_study(tmp_path, {"base": {"gamma": {"0.9": "nowhere"}}})
    with pytest.raises(UserError, match="at least one finished evaluation"):
        build_ablation_report(tmp_path, tmp_path / "report")


def test_an_unknown_format_is_refused_before_anything_is_written(folder: Path) -> None:
    with pytest.raises(UserError, match="html, md, csv, tex; got docx"):
        build_ablation_report(folder, folder / "report", ("html", "docx"))
    assert not (folder / "report").exists()
