"""From run folders to a report on disk and on the terminal."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import atomic_path, write_text
from naslib_incremental.records import is_study, is_suite
from naslib_incremental.reports.figures.canvas import (
    UNDATED,
    Drawing,
    Style,
    encode,
    lay_out,
    palette,
)
from naslib_incremental.reports.page.html import (
    Shown,
    run_page,
    statements,
    study_page,
    suite_page,
    which_number,
)
from naslib_incremental.reports.sections import (
    RUN_SECTIONS,
    STUDY_SECTIONS,
    SUITE_SECTIONS,
    Section,
)
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.runs import read_runs
from naslib_incremental.reports.statistics.seed_intervals import MEANING
from naslib_incremental.reports.statistics.study import read_study
from naslib_incremental.reports.statistics.suite import read_suite
from naslib_incremental.reports.statistics.verdicts import RULE
from naslib_incremental.reports.tables import budgets
from naslib_incremental.reports.tables.comparisons import leads_table
from naslib_incremental.reports.tables.costs import training_lines
from naslib_incremental.reports.tables.study import SEEDS
from naslib_incremental.reports.tables.table import WRITERS, Table, terminal
from naslib_incremental.reports.wording import Wording

logger = logging.getLogger(__name__)

PAGE = "html"
TABLES = tuple(WRITERS)
FORMATS = (PAGE, *TABLES, "png", "pdf")


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes:
        folder: where it lies.
        index: the page; None where HTML was not asked for.
        text: the main tables and who is ahead of whom, for a terminal.
        problems: what was damaged or missing in the run folders, and left out.
    """

    folder: Path
    index: Path | None
    text: str
    problems: tuple[str, ...]


def build_report(runs: Sequence[Path], out: Path, formats: Sequence[str] = FORMATS) -> Report:
    """Write a report of one or several run folders.

    Every number of a run comes from its folder alone. Only what is said of the whole search space
    is computed from the space and the benchmark, where this machine has them. Nothing is computed
    that no format shows.

    ``out`` gets ``tables/`` in the formats for tables, ``figures/`` in the formats for figures with
    the CSV data they show, and ``index.html``, which has SVG figures. What is there already under
    these names is replaced.

    Args:
        runs: run folders on one benchmark.
        out: folder of the report.
        formats: some of ``FORMATS``.

    Raises:
        UserError: an unknown format; a folder that is no run folder; runs on different benchmarks;
            nothing readable; a folder that cannot be written.
    """
    _check_formats(formats)
    analysis = Analysis(read_runs(runs))
    wording = Wording(analysis.runs.benchmark.metric)
    leads = wording.table(leads_table(analysis))
    styles = palette([optimizer.name for optimizer in analysis.optimizers])
    with _writing(out):
        _write_tables([leads], out, formats)
        shown = _make(RUN_SECTIONS, analysis, wording, styles, out, formats)
        index = _write_page(run_page(analysis, leads, shown), out) if PAGE in formats else None
    text = wording(_run_text(analysis, shown))
    return Report(out, index, text, analysis.runs.problems)


def build_study_report(folder: Path, out: Path, formats: Sequence[str] = FORMATS) -> Report:
    """Write the report of a study, from its folder alone.

    Args:
        folder: the study's folder.
        out: folder of the report; what is there under the same names is replaced.
        formats: some of ``FORMATS``.

    Raises:
        UserError: an unknown format; nothing is readable yet; a folder that cannot be written.
    """
    _check_formats(formats)
    study = read_study(folder)
    wording = Wording(study.manifest.benchmark.metric)
    with _writing(out):
        shown = _make(STUDY_SECTIONS, study, wording, {}, out, formats)
        index = _write_page(study_page(study, shown), out) if PAGE in formats else None
    tables = [table for section in shown for table in section.tables]
    text = "\n".join([*map(terminal, tables), f"[{SEEDS}]", *_left_out(study.problems)])
    return Report(out, index, text, study.problems)


def build_suite_report(folder: Path, out: Path, formats: Sequence[str] = FORMATS) -> Report:
    """Write the report of a suite, from the folders of its runs and its benchmarks' tables.

    Args:
        folder: the suite's folder.
        out: folder of the report; what is there under the same names is replaced.
        formats: some of ``FORMATS``.

    Raises:
        UserError: an unknown format; nothing is readable yet; a folder that cannot be written.
    """
    _check_formats(formats)
    suite = read_suite(folder)
    with _writing(out):
        styles = palette(suite.optimizers)
        shown = _make(SUITE_SECTIONS, suite, Wording(suite.metric), styles, out, formats)
        index = _write_page(suite_page(suite, shown), out) if PAGE in formats else None
    tables = [table for section in shown for table in section.tables]
    text = "\n".join([*map(terminal, tables), *_left_out(suite.problems)])
    return Report(out, index, text, suite.problems)


def report_of(folder: Path) -> Callable[[Path, Sequence[str]], Report]:
    """What writes the report of a run folder, or of the folder of a study or a suite."""
    if is_study(folder):
        return partial(build_study_report, folder)
    if is_suite(folder):
        return partial(build_suite_report, folder)
    return partial(build_report, [folder])


def _check_formats(formats: Sequence[str]) -> None:
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        expected, got = f"some of the formats {', '.join(FORMATS)}", ", ".join(unknown)
        raise UserError(expected, got, "give some of these", setting="format")


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """A block that writes a report."""
    try:
        yield
    except OSError as error:
        expected, got = "a report folder that can be written", f"{out} ({error.strerror})"
        raise UserError(expected, got, "name another folder", setting="out") from error


def _make(
    sections: Sequence[Section],
    numbers: Any,
    wording: Wording,
    styles: Mapping[str, Style],
    out: Path,
    formats: Sequence[str],
) -> list[Shown]:
    """Make and write tables and, where a format shows them, figures."""
    count = sum(len(one.tables) + bool(_pictures(formats)) * len(one.figures) for one in sections)
    silent = None if logger.isEnabledFor(logging.INFO) else True
    with tqdm(total=count, desc="making the report", disable=silent, delay=1, leave=False) as bar:
        return [_make_section(one, numbers, wording, styles, out, formats, bar) for one in sections]


def _make_section(
    section: Section,
    numbers: Any,
    wording: Wording,
    styles: Mapping[str, Style],
    out: Path,
    formats: Sequence[str],
    bar: tqdm[Any],
) -> Shown:
    tables: list[Table] = []
    for make_tables in section.tables:
        tables += map(wording.table, make_tables(numbers))
        bar.update()
    _write_tables(tables, out, formats)
    figures = []
    kinds = _pictures(formats)
    for make_figure in section.figures if kinds else ():
        drawing = make_figure(numbers, styles)
        if drawing is not None:
            worded = wording.drawing(drawing)
            figures.append((worded, _write_figure(worded, out / "figures", kinds)))
        bar.update()
    return Shown(section.title, tuple(tables), tuple(figures))


def _pictures(formats: Sequence[str]) -> list[str]:
    """The kinds of files that figures are written as; the page shows SVG."""
    return [kind for kind in UNDATED if (PAGE if kind == "svg" else kind) in formats]


def _write_tables(tables: Sequence[Table], out: Path, formats: Sequence[str]) -> None:
    for table in tables:
        for ending in set(formats) & set(WRITERS):
            write_text(out / "tables" / f"{table.name}.{ending}", WRITERS[ending](table))


def _write_figure(drawing: Drawing, folder: Path, kinds: Sequence[str]) -> dict[str, bytes]:
    """Write a figure's data and panels; returns the SVG of each panel, if it is among the kinds."""
    write_text(folder / f"{drawing.name}.csv", drawing.frame.to_csv(index=False))
    svgs = {}
    for panel, picture in drawing.panels.items():
        stem = f"{drawing.name}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', panel).strip('-')}"
        lay_out(picture)
        for kind in kinds:
            content = encode(picture, kind, stem)
            with atomic_path(folder / f"{stem}.{kind}") as temporary:
                temporary.write_bytes(content)
            if kind == "svg":
                svgs[panel] = content
    return svgs


def _write_page(text: str, out: Path) -> Path:
    """Write the page, last, so that it never stands beside older figures."""
    index = out / "index.html"
    write_text(index, text)
    return index


def _run_text(analysis: Analysis, shown: Sequence[Shown]) -> str:
    """The query-budget tables, who is ahead of whom, and what was left out."""
    tables = [table for section in shown for table in section.tables]
    parts = [terminal(table) for table in tables if table.name.startswith(budgets.NAME)]
    key = f"Per cent: mean, sigma over searches [{MEANING}]; * best of its column. {RULE}."
    parts.append(f"{key}\n{which_number(analysis)}\n")
    before = training_lines(analysis)
    if before:
        parts.append("\n".join(["Before the first search:", *(f"  {one}" for one in before), ""]))
    for title, lines in statements(analysis.contrasts):
        parts.append("\n".join([f"{title}:", *(f"  {line}" for _, line in lines), ""]))
    return "\n".join([*parts, *_left_out([*analysis.runs.problems, *analysis.study.notes])])


def _left_out(problems: Sequence[str]) -> list[str]:
    return ["\n".join(["Left out:", *(f"  {line}" for line in problems), ""])] if problems else []
