"""From run folders to a report on disk and on the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import atomic_path, write_text
from naslib_incremental.reports.figures import draw_all
from naslib_incremental.reports.figures.canvas import UNDATED, Drawing, encode
from naslib_incremental.reports.page.html import page, statements, which_number
from naslib_incremental.reports.statistics import break_even, components
from naslib_incremental.reports.statistics.analysis import Analysis, analyse
from naslib_incremental.reports.statistics.comparisons import Contrast, contrasts
from naslib_incremental.reports.statistics.crossed_bootstrap import MEANING
from naslib_incremental.reports.statistics.landscape import Study, study_space
from naslib_incremental.reports.statistics.landscape.degree import degree_table
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.normality import normality_table
from naslib_incremental.reports.statistics.published import with_published
from naslib_incremental.reports.statistics.reading import read_runs
from naslib_incremental.reports.tables import budgets as made
from naslib_incremental.reports.tables import costs
from naslib_incremental.reports.tables.landscape import landscape_tables
from naslib_incremental.reports.tables.rendering import WRITERS, Table, terminal
from naslib_incremental.reports.tables.robust import robust_tables
from naslib_incremental.reports.tables.summary import leads_table

FORMATS = ("html", "md", "csv", "tex")


@dataclass(frozen=True)
class Report:
    """A finished report.

    Attributes:
        folder: where it lies.
        index: the page; None where HTML was not asked for.
        text: the query-budget tables and who is ahead of whom, for a terminal.
        problems: what was damaged or missing in the run folders, and left out.
    """

    folder: Path
    index: Path | None
    text: str
    problems: tuple[str, ...]


def build_report(runs: Sequence[Path], out: Path, formats: Sequence[str] = FORMATS) -> Report:
    """Write a report of one or several run folders.

    Every number of a run comes from its folder alone. Only what is said of the whole search space
    is computed from the space and the benchmark, where this machine has them.

    ``out`` gets ``index.html``, ``tables/`` in the other formats, and ``figures/`` as SVG, PNG
    and PDF with the CSV data they show. What is there already under these names is replaced.

    Args:
        runs: run folders on one benchmark.
        out: folder of the report.
        formats: some of ``FORMATS``.

    Raises:
        UserError: an unknown format; a folder that is no run folder; runs on different benchmarks;
            nothing readable; a folder that cannot be written.
    """
    check_formats(formats)
    analysis = analyse(read_runs(runs))
    found = contrasts(analysis)
    study = study_space(analysis)
    tables = all_tables(analysis, found)
    if study.degrees is not None:
        tables["degree"] = degree_table(analysis, study.degrees)
    if study.landscape is not None:
        tables |= {table.name: table for table in landscape_tables(analysis, study.landscape)}
    summary = leads_table(analysis)
    tables = {summary.name: summary} | with_published(analysis, tables)
    with writing(out):
        index = _write(analysis, study, found, tables, out, formats)
    text = _terminal_text(analysis, found, tables, study.notes)
    return Report(out, index, text, analysis.evaluation.problems)


def check_formats(formats: Sequence[str]) -> None:
    """Refuse what is none of ``FORMATS``.

    Raises:
        UserError: names it.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown:
        raise UserError(f"some of the formats {', '.join(FORMATS)}", ", ".join(unknown), "--help")


@contextmanager
def writing(out: Path) -> Iterator[None]:
    """A block that writes a report.

    Raises:
        UserError: the folder cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise UserError(
            "a report folder that can be written", f"{out} ({error.strerror})", "name another --out"
        ) from error


def all_tables(analysis: Analysis, found: Sequence[Contrast]) -> dict[str, Table]:
    """Every table that has rows, by name."""
    candidates = [
        *(made.budget_table(analysis, index) for index in analysis.measured),
        made.contrast_table(found),
        made.improvement_table(analysis),
        normality_table(analysis),
        made.endings_table(analysis),
        *robust_tables(analysis),
        break_even.break_even_table(analysis),
        components.components_table(analysis),
        costs.training_table(analysis),
        costs.episodes_table(analysis),
        costs.throughput_table(analysis),
    ]
    return {table.name: table for table in candidates if table.rows}


def _write(
    analysis: Analysis,
    study: Study,
    found: Sequence[Contrast],
    tables: Mapping[str, Table],
    out: Path,
    formats: Sequence[str],
) -> Path | None:
    """Write all files; the page last, so that it never stands beside older figures."""
    write_tables(tables.values(), out, formats)
    drawings = [
        (drawing, write_figure(drawing, out / "figures")) for drawing in draw_all(analysis, study)
    ]
    if "html" not in formats:
        return None
    index = out / "index.html"
    write_text(index, page(analysis, found, tables, drawings, study.notes))
    return index


def write_tables(tables: Iterable[Table], out: Path, formats: Sequence[str]) -> None:
    """Write tables in those of the formats that are for tables."""
    endings = set(formats) & set(WRITERS)
    for table in tables:
        for ending in endings:
            write_text(out / "tables" / f"{table.name}.{ending}", WRITERS[ending](table))


def write_figure(drawing: Drawing, folder: Path) -> dict[str, bytes]:
    """Write a figure's data and panels; returns the SVG of each panel."""
    write_text(folder / f"{drawing.name}.csv", drawing.frame.to_csv(index=False))
    svgs = {}
    for panel, picture in drawing.panels.items():
        stem = f"{drawing.name}-{re.sub(r'[^A-Za-z0-9_.-]+', '-', panel).strip('-')}"
        for kind in UNDATED:
            content = encode(picture, kind, stem)
            with atomic_path(folder / f"{stem}.{kind}") as temporary:
                temporary.write_bytes(content)
            if kind == "svg":
                svgs[panel] = content
    return svgs


def _terminal_text(
    analysis: Analysis,
    found: Sequence[Contrast],
    tables: Mapping[str, Table],
    notes: Sequence[str],
) -> str:
    """The query-budget tables, who is ahead of whom, and what was left out."""
    parts = [terminal(tables[f"budgets_{MEASURES[index].key}"]) for index in analysis.measured]
    key = f"Per cent: mean, sigma over runs [{MEANING}]; * best of its column."
    parts.append(f"{key}\n{which_number(analysis)}\n")
    for title, lines in statements(found):
        parts.append("\n".join([f"{title}:", *(f"  {line}" for _, line in lines), ""]))
    left_out = [*analysis.evaluation.problems, *notes]
    if left_out:
        listed = (f"  {line}" for line in left_out)
        parts.append("\n".join(["Left out:", *listed, ""]))
    return "\n".join(parts)
