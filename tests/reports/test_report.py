"""The whole report: files, page, degenerate inputs."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.reports import build_report
from naslib_incremental.reports.figures.canvas import SERIES
from naslib_incremental.reports.page import html
from tests.reports.builder import ON_PAGE, Episode, RunBuilder, random_episodes

OPTIMIZERS = ("local_search", "apex_incremental", "random_walk")


def ordinary(folder: Path, *, test: bool = True, **options: object) -> RunBuilder:
    rng = np.random.default_rng(11)
    episodes = {
        name: {(a, s): random_episodes(rng, 12, 4, test=test) for a in range(2) for s in range(2)}
        for name in OPTIMIZERS
    }
    run = RunBuilder(folder, episodes, **options)  # type: ignore[arg-type]
    curve = {
        step: {"seconds": 1.5, "mean_final_validation": 0.5 + step / 1000} for step in (10, 20, 30)
    }
    run.write_learning("apex_incremental", 0, curve)
    return run


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an ordinary report, beside its run."""
    folder = tmp_path_factory.mktemp("ordinary")
    build_report([ordinary(folder / "run").write()], folder / "out", ON_PAGE)
    return folder / "out"


class Page(HTMLParser):
    """Collects what a page loads, names, refers to and says."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.references: list[str] = []
        self.policies: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append("")
        policy = ("http-equiv", "Content-Security-Policy") in attrs
        self.policies += [value or "" for key, value in attrs if policy and key == "content"]
        for key, value in attrs:
            text = value or ""
            if key in ("src", "href", "xlink:href", "data", "action", "srcset", "poster"):
                (self.references if text.startswith("#") else self.loads).append(text)
            if key == "id":
                self.ids.append(text)
            self.references += [f"#{name}" for name in re.findall(r"url\(#([^)]+)\)", text)]
            self.styles += re.findall(r"url\((?!#)[^)]*\)", text)

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.cdata_elem == "script":
            self.scripts[-1] += data


def script() -> str:
    """The one script of a page."""
    path = Path(html.__file__).with_name("templates") / "page.js"
    return path.read_text(encoding="utf-8").strip()


def test_files_of_a_report(tmp_path: Path) -> None:
    run = ordinary(tmp_path / "run").write()
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    out = tmp_path / "out"
    report = build_report([run], out)
    assert report.index == out / "index.html"
    tables = {path.name for path in (out / "tables").iterdir()}
    names = ("best_validation", "selected_test", "best_test")
    stems = {name.partition(".")[0] for name in tables}
    assert tables == {f"{stem}.{ending}" for stem in stems for ending in ("md", "csv", "tex")}
    assert {f"budgets_{name}" for name in names} <= stems
    assert {"leads", "contrasts", "improvement", "endings", "training", "throughput"} <= stems
    assert {"components", "chances", "interquartile", "regret"} <= stems
    figures = {path.name for path in (out / "figures").iterdir()}
    panels = [f"best_so_far-{name}" for name in names]
    panels += [f"{f}-{name}" for f in ("improvement", "scatter") for name in OPTIMIZERS]
    panels += ["learning-apex_incremental"]
    found = {name.rpartition(".")[0] for name in figures if not name.endswith(".csv")}
    assert set(panels) <= found
    expected = {f"{panel}.{kind}" for panel in found for kind in ("svg", "png", "pdf")}
    csvs = figures - expected
    assert expected <= figures
    assert all(name.endswith(".csv") for name in csvs)
    drawn = {name.removesuffix(".csv") for name in csvs}
    assert {"best_so_far", "improvement", "scatter", "learning", "profiles"} <= drawn
    assert all(panel.partition("-")[0] in drawn for panel in found)
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert {path.name for path in tmp_path.iterdir()} == {"run", "out"}


def test_the_terminal_says_who_is_ahead_and_what_is_missing(tmp_path: Path) -> None:
    run = ordinary(tmp_path / "run").write()
    (run / "episodes" / "random_walk" / "agent0-set1.parquet").unlink()
    report = build_report([run], tmp_path / "out", formats=("csv",))
    assert report.index is None
    assert not (tmp_path / "out" / "index.html").exists()
    assert {path.suffix for path in (tmp_path / "out" / "tables").iterdir()} == {".csv"}
    for words in ("Best validation found", "Best test seen", "mines noise", "random_walk at"):
        assert words in report.text
    assert "agent0-set1.parquet is missing" in report.text
    assert report.problems[0] in report.text
    assert max(map(len, report.text.partition("Per cent")[0].splitlines())) <= 100


def test_the_page_needs_nothing_else(built: Path) -> None:
    text = (built / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert set(page.loads) == {"data:,"}
    assert page.styles == []
    assert page.scripts == [script()]
    assert not re.search(r"https?://|@import|@font-face", text)
    assert len(page.ids) == len(set(page.ids))
    assert {reference[1:] for reference in page.references} <= set(page.ids)
    digest = base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()
    [policy] = page.policies
    assert policy.startswith("default-src 'none';")
    assert f"script-src 'sha256-{digest}';" in policy
    assert text.count("<svg") == len(list((built / "figures").glob("*.svg")))
    assert "#2160e0" in SERIES
    drawn = text.partition("</style>")[2]
    assert not [colour for colour in SERIES if colour in drawn]
    assert "var(--series-0)" in drawn


def test_what_a_manifest_says_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    evil = "</pre><script>alert(1)</script>"
    run = ordinary(tmp_path / "run", name=evil, benchmark={"label": f"Toy {evil}"})
    report = build_report([run.write()], tmp_path / "out", ON_PAGE)
    assert report.index is not None
    page = Page(report.index.read_text(encoding="utf-8"))
    assert page.scripts == [script()]
    assert evil in "".join(page.words)


def test_every_caption_says_what_the_numbers_are_made_from(built: Path) -> None:
    for name in ("budgets_best_validation", "improvement", "endings"):
        caption = (built / "tables" / f"{name}.md").read_text().strip().splitlines()[-1]
        assert "Toy <one>, real trainings" in caption
        assert "mean of two repeats" in caption
    assert "mean of two tests" in (built / "tables" / "budgets_best_test.md").read_text()
    page = (built / "index.html").read_text()
    figures = page.partition('id="figures"')[2].partition('id="tables"')[0]
    said = figures.count("Made from Toy &lt;one&gt;, real trainings; validation: mean")
    assert said == figures.count("<figcaption>") >= 6


def test_figure_data_is_what_is_drawn(built: Path) -> None:
    """The curves by pandas from the CSV end at the table's means of the largest budget."""
    curves = pd.read_csv(built / "figures" / "best_so_far.csv")
    table = pd.read_csv(built / "tables" / "budgets_best_test.csv")
    table = table[table["queries"] == 5].set_index("optimizer")
    last = curves[(curves["query"] == 5) & (curves["measure"] == "best_test")]
    last = last.set_index("optimizer")
    assert set(last.index) == set(OPTIMIZERS)
    for name in OPTIMIZERS:
        assert last["mean"][name] == pytest.approx(table["mean"][name])
        assert last["sigma"][name] == pytest.approx(table["sigma"][name])
    histogram = pd.read_csv(built / "figures" / "improvement.csv")
    assert (histogram.groupby("optimizer")["share"].sum() <= 1 + 1e-9).all()
    assert (histogram.groupby("optimizer")["share"].sum() > 0.9).all()
    scatter = pd.read_csv(built / "figures" / "scatter.csv")
    assert scatter.groupby("optimizer").size().to_dict() == dict.fromkeys(OPTIMIZERS, 48)
    assert (scatter["start"] == 0.4).all()
    learning = pd.read_csv(built / "figures" / "learning.csv")
    assert learning["mean_final_validation"].tolist() == pytest.approx([0.51, 0.52, 0.53])


def test_the_same_runs_give_the_same_report(built: Path, tmp_path: Path) -> None:
    build_report([built.parent / "run"], tmp_path, ON_PAGE)
    first, second = (
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")}
        for folder in (built, tmp_path)
    )
    assert first == second


def one_agent(folder: Path) -> RunBuilder:
    episodes = random_episodes(np.random.default_rng(1), 9, 3)
    return RunBuilder(folder, {"apex_incremental": {(0, 0): episodes}})


def one_episode(folder: Path) -> RunBuilder:
    return RunBuilder(folder, {"random_search": {(0, 0): [Episode([(0.5, 0.5)])]}}, trained=())


def all_equal(folder: Path) -> RunBuilder:
    episodes = [Episode([(0.5, 0.5)] * 2, start=(0.5, 0.5)) for _ in range(9)]
    names = ("apex_incremental", "random_walk")
    cells = {(agent, number): episodes for agent in range(5) for number in range(4)}
    return RunBuilder(folder, dict.fromkeys(names, cells))


def no_test(folder: Path) -> RunBuilder:
    nothing = {"test": "", "validation_optimum": None}
    return ordinary(folder, test=False, benchmark=nothing)


def no_queries(folder: Path) -> RunBuilder:
    return RunBuilder(folder, {"local_search": {(0, 0): [Episode([])] * 3}})


def ten_optimizers(folder: Path) -> RunBuilder:
    """More than fit in a corner, with names longer than a panel is wide."""
    rng = np.random.default_rng(2)
    names = [f"{'long_' * 12}optimizer_{i}" for i in range(10)]
    cells = {name: {(0, 0): random_episodes(rng, 9, 3)} for name in names}
    return RunBuilder(folder, cells, trained=names[3:5])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (one_agent, "the only optimizer"),
        (one_episode, "no complete search"),
        (all_equal, "not clearly different"),
        (no_test, "no test accuracy"),
        (no_queries, "no complete search"),
        (ten_optimizers, "optimizer_9"),
    ],
)
def test_degenerate_runs(tmp_path: Path, make: Callable[[Path], RunBuilder], words: str) -> None:
    report = build_report([make(tmp_path / "run").write()], tmp_path / "out", ON_PAGE)
    assert report.index is not None
    text = "".join(Page(report.index.read_text(encoding="utf-8")).words)
    assert words in text
    assert not re.search(r"\bnan\b", text)
    assert not re.search(r"\bnan\b", report.text)


def test_several_runs_in_one_report(tmp_path: Path) -> None:
    runs = [ordinary(tmp_path / name, name=name).write() for name in ("one", "two")]
    report = build_report(runs, tmp_path / "out", ON_PAGE)
    assert "apex_incremental (one)" in report.text
    assert "local_search (two)" in report.text


def test_bad_requests(tmp_path: Path) -> None:
    run = ordinary(tmp_path / "run").write()
    with pytest.raises(UserError, match=r"formats html, .*md.*, png, pdf; got docx"):
        build_report([run], tmp_path / "out", formats=("docx",))
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="can be written"):
        build_report([run], tmp_path / "file" / "out", formats=("csv",))
