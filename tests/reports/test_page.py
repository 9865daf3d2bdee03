"""The page as a reader has it: opened from a file in headless Chromium."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from naslib_incremental.reports import build_report
from tests.browser import Browser, browser, executable
from tests.reports.builder import ON_PAGE
from tests.reports.test_published import NAMES, run_on

PROGRAM = executable()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no chromium or chrome on the PATH")

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")
BOXES = """
[...document.querySelectorAll(SELECTOR)].map((one) => {
  const { width, height, left, right } = one.getBoundingClientRect();
  return [width, height, left, right];
})
"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
TEXTS = """
[...document.querySelectorAll("#table-budgets_best_test tbody")].map((body) =>
  [...body.rows].map((row) => row.cells[COLUMN].querySelector("b").textContent))
"""
CLICK = 'document.querySelectorAll("#table-budgets_best_test th button")[COLUMN].click()'


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with published rows, and with a name longer than a phone is wide."""
    folder = tmp_path_factory.mktemp("page")
    names = (*NAMES, f"{'long_' * 12}optimizer")
    run = run_on(folder / "run", "nasbench101", (2, 50, 100, 150, 300), names)
    build_report([run], folder / "out", ON_PAGE)
    return folder / "out"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    assert PROGRAM is not None
    with browser(PROGRAM, tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def page(report: Path, chromium: Browser) -> Browser:
    """The page, just opened on a desktop."""
    chromium.look(1280, 900, "light")
    chromium.open(report / "index.html")
    return chromium


def boxes(page: Browser, selector: str) -> list[list[float]]:
    page.run(DRAWN)
    found: list[list[float]] = page.run(BOXES.replace("SELECTOR", repr(selector)))
    return found


@pytest.mark.parametrize(
    ("width", "scheme", "scripts"),
    [*itertools.product(WIDTHS, SCHEMES, (True,)), (390, "light", False)],
)
def test_everything_is_seen(
    report: Path, chromium: Browser, width: int, scheme: str, scripts: bool
) -> None:
    chromium.look(width, 900, scheme, scripts=scripts)
    chromium.open(report / "index.html")
    chromium.look(width, 900, scheme)  # the tests' own scripts run in any case
    assert chromium.complaints() == []
    assert set(chromium.requests()) <= {(report / "index.html").as_uri(), "data:,"}
    assert chromium.run("document.documentElement.scrollWidth") == width
    panels = boxes(chromium, ".panel svg")
    assert len(panels) == len(list((report / "figures").glob("*.svg")))
    tables = boxes(chromium, "table")
    assert len(tables) == len(list((report / "tables").glob("*.csv")))
    for wide, high, left, right in [*panels, *boxes(chromium, ".scroll")]:
        assert wide > 200
        assert high > 40
        assert 0 <= left < right <= width
    assert len(boxes(chromium, ".copy")) == (len(tables) if scripts else 0)


def luminance(colour: str) -> float:
    """Relative luminance of ``rgb(r, g, b)``, as WCAG 2 defines it."""
    channels = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_curves_stand_out_in_both_schemes(
    report: Path, chromium: Browser, scheme: str
) -> None:
    chromium.look(1280, 900, scheme)
    chromium.open(report / "index.html")
    paper = luminance(chromium.run("getComputedStyle(document.body).backgroundColor"))
    assert (paper < 0.1) == (scheme == "dark")
    wanted = [("body", "color", 7), (".caption", "color", 4.5), ("svg text", "fill", 4.5)]
    wanted += [("#line2d_1 path", "stroke", 3)]
    for selector, key, least in wanted:
        chosen = selector.replace("#", "#figure-best_so_far [id$=").replace("_1 ", "_1] ")
        colours = chromium.run(
            f"[...document.querySelectorAll({chosen!r})].map((e) => getComputedStyle(e).{key})"
        )
        for colour in set(colours) - {"none"}:
            light = luminance(colour)
            contrast = (max(light, paper) + 0.05) / (min(light, paper) + 0.05)
            assert contrast >= least, (selector, colour)


def test_a_heading_sorts_and_gives_the_order_back(page: Browser) -> None:
    def column(number: int) -> list[list[str]]:
        found: list[list[str]] = page.run(TEXTS.replace("COLUMN", str(number)))
        return found

    def click(number: int) -> None:
        page.run(CLICK.replace("COLUMN", str(number)))

    names, numbers = column(0), column(4)
    assert [len(body) for body in numbers] == [3, 10]
    for reverse in (True, False):
        click(4)
        for before, after in zip(numbers, column(4), strict=True):
            known = sorted((t for t in before if t), key=float, reverse=reverse)
            assert after == known + [""] * before.count("")
    click(4)
    assert column(0) == names
    click(0)
    assert column(0) == [sorted(body, key=str.lower) for body in names]
    click(4)
    heads = page.run(
        '[...document.querySelectorAll("#table-budgets_best_test th")]'
        '.map((head) => head.getAttribute("aria-sort"))'
    )
    assert heads == [None, None, None, None, "descending", None]
    assert page.complaints() == []


@pytest.mark.parametrize("allowed", [True, False])
def test_latex_of_a_table_is_copied(report: Path, page: Browser, allowed: bool) -> None:
    """To the clipboard; where the browser keeps that shut, the source is selected instead."""
    if not allowed:
        page.run("navigator.clipboard.writeText = () => Promise.reject(new Error('no'))")
    else:
        page.run("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    tables = list((report / "tables").glob("*.tex"))
    assert len(tables) > 5
    for table in tables:
        section = f"document.querySelector('#table-{table.stem}')"
        page.run(f"{section}.querySelector('.copy').click()")
        said = page.run(f"{section}.querySelector('.said').textContent")
        got = page.run("window.copied" if allowed else "String(getSelection())")
        assert said.startswith("Copied" if allowed else "Selected")
        assert got.strip() == table.read_text(encoding="utf-8").strip()
    assert page.complaints() == []


def test_a_figure_opens_by_key_grows_and_closes(page: Browser) -> None:
    def width() -> float:
        return boxes(page, "dialog svg")[0][0]

    small = boxes(page, ".panel svg")
    page.run('document.querySelector(".panel").focus()')
    page.press("Enter", 13)
    assert page.run('document.querySelector("dialog").open')
    label = page.run('document.querySelector("dialog svg").getAttribute("aria-label")')
    assert page.run('document.querySelector("dialog .title").textContent') == label
    fitted = width()
    assert fitted > 1.5 * small[0][0]
    assert boxes(page, "dialog svg")[0][1] <= 900
    page.press("+", 187)
    assert width() == pytest.approx(1.5 * fitted, abs=1)
    assert page.run("document.documentElement.scrollWidth") == 1280
    page.press("0", 48)
    assert width() == pytest.approx(fitted, abs=1)
    page.press("Escape", 27)
    assert not page.run('document.querySelector("dialog").open')
    assert boxes(page, ".panel svg") == small
    assert page.run('document.activeElement === document.querySelector(".panel")')
    assert page.complaints() == []


def test_a_figure_opens_and_closes_by_mouse(page: Browser) -> None:
    page.run('document.querySelectorAll(".panel")[1].click()')
    page.run("document.querySelector('dialog [data-step=\"+\"]').click()")
    page.run("document.querySelector('dialog .close').click()")
    assert boxes(page, "dialog svg") == []
    assert page.complaints() == []


def test_tables_of_the_page_are_those_of_the_files(report: Path, page: Browser) -> None:
    """Cell by cell, the first part of each as a reader sees it."""
    script = """
    Object.fromEntries([...document.querySelectorAll("section.item")].map((one) =>
      [one.id.slice(6), [...one.querySelectorAll("tbody tr")].map((row) =>
        [...row.cells].map((cell) => cell.querySelector("b").textContent))]))
    """
    shown = page.run(script)
    assert set(shown) == {path.stem for path in (report / "tables").glob("*.csv")}
    for name, rows in shown.items():
        with (report / "tables" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            _, *lines = csv.reader(file)
        assert len(lines) == len(rows)
        for line, row in zip(lines, rows, strict=True):
            places = iter(line)
            assert all(text in places for text in row), (name, row)
