"""From a study's folder to its report on disk and on the terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from naslib_incremental.foundation.storage import write_text
from naslib_incremental.reports.build import (
    FORMATS,
    Report,
    check_formats,
    write_figure,
    write_tables,
    writing,
)
from naslib_incremental.reports.figures import ablation_curves as curves
from naslib_incremental.reports.figures import ablation_values as values
from naslib_incremental.reports.page.html import numbered_figure, numbered_table, render
from naslib_incremental.reports.statistics.sensitivity import sensitivity_table
from naslib_incremental.reports.statistics.study import StudyRuns, read_study
from naslib_incremental.reports.tables.ablation import SEEDS, robustness_table
from naslib_incremental.reports.tables.rendering import Table, terminal


def build_ablation_report(folder: Path, out: Path, formats: Sequence[str] = FORMATS) -> Report:
    """Write the report of an ablation, from its folder alone.

    Args:
        folder: the study's folder.
        out: folder of the report; what is there under the same names is replaced.
        formats: some of ``FORMATS``.

    Raises:
        UserError: an unknown format; nothing is readable yet; a folder that cannot be written.
    """
    check_formats(formats)
    study = read_study(folder)
    tables = [sensitivity_table(study), robustness_table(study)]
    with writing(out):
        index = _write(study, tables, out, formats)
    parts = [*map(terminal, tables), f"[{SEEDS}]"]
    if study.problems:
        parts.append("\n".join(["Left out:", *(f"  {line}" for line in study.problems), ""]))
    return Report(out, index, "\n".join(parts), study.problems)


def _write(study: StudyRuns, tables: list[Table], out: Path, formats: Sequence[str]) -> Path | None:
    write_tables(tables, out, formats)
    drawings = [drawing for drawing in (values.figure(study), curves.figure(study)) if drawing]
    figures = [
        numbered_figure(number, drawing, write_figure(drawing, out / "figures"))
        for number, drawing in enumerate(drawings, 1)
    ]
    if "html" not in formats:
        return None
    index = out / "index.html"
    page = render(
        "ablation.html.j2",
        study=study.description,
        benchmark=study.manifest["benchmark"],
        problems=study.problems,
        tables=[numbered_table(number, table) for number, table in enumerate(tables, 1)],
        figures=figures,
        description=json.dumps(study.description, indent=2, ensure_ascii=False),
    )
    write_text(index, page)
    return index
