"""What a report says of the whole search space, and what it does where it cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from naslib_incremental.benchmarks.nasbench_graph import NASBenchGraph
from naslib_incremental.reports import build_report
from naslib_incremental.search_spaces_ext import EnumerableSpace, SearchSpace
from tests.reports.builder import ON_PAGE, Episode, RunBuilder, random_episodes
from tests.reports.test_report import Page

FIGURES = ("degree", "walk_landscape", "local_optima", "final_cells")
TABLES = ("degree", "walk_draws", "walk_correlations", "optima")
READ = ("degree", "final_cells")
"""Figures that need the space, and no data of the benchmark."""
CELL = "0,0,1,2|gat,gcn,gin,cheb"
OTHER = "0,0,0,0|gat,fc,fc,fc"


@pytest.fixture(scope="module")
def cora() -> NASBenchGraph:
    return NASBenchGraph.open("cora")


def run_on(benchmark: NASBenchGraph, folder: Path, **changes: Any) -> RunBuilder:
    """A run whose manifest names the benchmark; local search ends in two cells of the space."""
    described = {
        "name": benchmark.name,
        "label": benchmark.provenance.label,
        "validation": "validation of <real> trainings",
        "test": benchmark.provenance.test,
        "files": dict(benchmark.provenance.files),
        "validation_optimum": benchmark.validation_optimum,
        "space": benchmark.space.name,
        **changes,
    }
    episodes = random_episodes(np.random.default_rng(3), 9, 3)
    for number, episode in enumerate(episodes):
        episode.name = episode.start_name = CELL if number % 3 else OTHER
    cells = {name: {(0, 0): episodes} for name in ("local_search", "random_walk")}
    settings = {"neighbours": 20, "max_steps": 8}
    return RunBuilder(folder, cells, trained=(), benchmark=described, settings=settings)


@pytest.fixture(scope="module")
def built(cora: NASBenchGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landscape")
    report = build_report([run_on(cora, folder / "run").write()], folder / "out", ON_PAGE)
    assert "Left out" not in report.text
    return folder / "out"


def test_the_page_shows_the_landscape(built: Path) -> None:
    text = (built / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert {f"figure-{name}" for name in FIGURES} <= set(page.ids)
    assert {f"table-{name}" for name in TABLES} <= set(page.ids)
    assert "figure-sampler_sizes" not in page.ids
    assert "Left out" not in text
    assert len(page.ids) == len(set(page.ids))
    assert {reference[1:] for reference in page.references} <= set(page.ids)
    for part in text.split("<section")[1:]:
        if any(f'id="figure-{name}"' in part or f'id="table-{name}"' in part for name in FIGURES):
            assert "validation: validation of &lt;real&gt; trainings." in part
    for name in TABLES:
        caption = (built / "tables" / f"{name}.md").read_text().strip().splitlines()[-1]
        assert "validation of <real> trainings" in caption


def test_figures_have_their_data_beside(built: Path, cora: NASBenchGraph) -> None:
    walk = pd.read_csv(built / "figures" / "walk_landscape.csv")
    steps = walk[walk["panel"] == "steps"]
    everything = cora.query(np.arange(len(cora.space), dtype=np.int32)).validation
    assert len(steps) == 9
    assert steps["y"].iloc[0] == pytest.approx(everything.mean())
    for panel in walk["panel"].unique():
        assert (built / "figures" / f"walk_landscape-{panel}.svg").exists()
    tail = walk[(walk["panel"] == "tail") & (walk["series"] == "uniform over the space")]
    for x, y in zip(tail["x"], tail["y"], strict=True):
        least, most = (np.mean(everything >= x + d) for d in (1e-9, -1e-9))
        assert least - 1e-9 <= y <= most + 1e-9
    visits = walk[(walk["panel"] == "visits_accuracy") & (walk["series"] == "random walk, visited")]
    assert visits["y"].mean() == pytest.approx(1, rel=1e-3)
    optima = pd.read_csv(built / "figures" / "local_optima.csv")
    assert optima["basin"].sum() == len(everything)
    assert optima["starts"].to_numpy() == pytest.approx(optima["architectures"].to_numpy())
    assert (optima["rank"] == 1).sum() == 1
    index = cora.space.from_readable(optima["architecture"].tolist())
    assert optima["validation"].to_numpy() == pytest.approx(everything[index])
    rank = [1 + int((everything > everything[one]).sum()) for one in index[:50]]
    assert optima["rank"].tolist()[:50] == rank


def test_final_architectures_are_drawn(built: Path, cora: NASBenchGraph) -> None:
    frame = pd.read_csv(built / "figures" / "final_cells.csv").set_index("optimizer")
    [cell] = cora.space.draw(cora.space.from_readable([CELL])[0])
    for name in ("local_search", "random_walk"):
        row = frame.loc[name]
        assert row["architecture"] == CELL
        assert row["share"] == pytest.approx(2 / 3)
        assert row["labels"].split() == list(cell.labels)
        edges = [tuple(map(int, edge.split(">"))) for edge in row["edges"].split()]
        assert edges == list(cell.edges)
        svg = (built / "figures" / f"final_cells-{name}.svg").read_text()
        assert "66.67 % of 9 episodes" in svg
        assert all(f">{label}<" in svg for label in cell.labels)


@pytest.mark.parametrize(
    ("changes", "words", "left"),
    [
        ({"space": "nowhere"}, "one of the search spaces", ()),
        ({"name": "nowhere/cora"}, "one of the benchmarks", READ),
        ({"files": {"cora.bench": "00"}}, "the files of nasbench_graph/cora", READ),
        ({"files": {}}, "the files of nasbench_graph/cora", READ),
    ],
)
def test_a_note_says_what_is_left_out(
    tmp_path: Path,
    cora: NASBenchGraph,
    changes: dict[str, Any],
    words: str,
    left: tuple[str, ...],
) -> None:
    report = build_report(
        [run_on(cora, tmp_path / "run", **changes).write()], tmp_path / "out", ON_PAGE
    )
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert {name for name in FIGURES if f"figure-{name}" in page.ids} == set(left)
    tables = {name for name in TABLES if f"table-{name}" in page.ids}
    assert tables == set(left) & {"degree"}
    said = "".join(page.words)
    assert "Left out: " in said
    assert words in said
    assert words in report.text
    assert report.problems == ()


def test_final_architectures_of_another_space_are_not_drawn(
    tmp_path: Path, cora: NASBenchGraph
) -> None:
    run = run_on(cora, tmp_path / "run")
    run.episodes["random_walk"] = {(0, 0): [Episode([(0.5, 0.5)], name="cell")] * 9}
    report = build_report([run.write()], tmp_path / "out", formats=("html",))
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert "figure-final_cells" not in page.ids
    assert "figure-local_optima" in page.ids
    assert "drawings of final architectures: expected an architecture of" in report.text


def test_a_space_that_is_not_enumerable_needs_no_note(
    tmp_path: Path, cora: NASBenchGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its architectures are drawn; there is no graph to speak of, and nothing is missing."""

    class Plain:
        name, samplers = cora.space.name, ("uniform",)
        draw, from_readable = cora.space.draw, cora.space.from_readable
        degree = cora.space.degree

    monkeypatch.setattr(
        "naslib_incremental.reports.statistics.landscape.SEARCH_SPACES.load", lambda _: Plain
    )
    assert not issubclass(Plain, EnumerableSpace | SearchSpace)
    run = run_on(cora, tmp_path / "run").write()
    report = build_report([run], tmp_path / "out", formats=("html",))
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert {name for name in FIGURES if f"figure-{name}" in page.ids} == set(READ)
    assert "Left out" not in report.text
