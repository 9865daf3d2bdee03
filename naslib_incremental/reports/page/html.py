"""The report as one page that needs nothing else: no network, no files beside it.

Its one script, which sorts, copies and enlarges, is part of the page and the only one that the
page's policy lets run; without it, everything can still be read.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from naslib_incremental.reports.figures.canvas import Drawing
from naslib_incremental.reports.page.svg import inline
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import Contrast, statement
from naslib_incremental.reports.statistics.estimates import CONDITION, RESAMPLES
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.statistics.study import StudyRuns
from naslib_incremental.reports.statistics.suite import SuiteRuns
from naslib_incremental.reports.statistics.verdicts import JUDGED
from naslib_incremental.reports.tables.table import Entry, Table, latex
from naslib_incremental.reports.wording import Wording

MINING = (
    "The last number mines noise where test sets are small: the more architectures are queried, "
    "the luckier the best test accuracy among them, whether or not the search found anything. "
    "Compare searches by the first two."
)
UNTESTED = "The benchmark has no test accuracy: searches are compared by validation alone."


@dataclass(frozen=True)
class Shown:
    """A section of a report, made.

    Attributes:
        title: heading.
        tables: its tables.
        figures: its figures, each with the SVG of its panels.
    """

    title: str
    tables: tuple[Table, ...]
    figures: tuple[tuple[Drawing, Mapping[str, bytes]], ...]


def run_page(analysis: Analysis, leads: Table, shown: Sequence[Shown]) -> str:
    """The whole page of a report of runs.

    Args:
        analysis: the numbers.
        leads: the summary's table.
        shown: the sections.
    """
    runs = analysis.runs
    numbers = count(1)
    worded = Wording(runs.benchmark.metric)
    return _render(
        "report.html.j2",
        benchmark=runs.benchmark,
        worded=worded,
        runs=runs.runs,
        problems=runs.problems,
        optimizers=analysis.optimizers,
        measures=MEASURES,
        episodes=_episodes(analysis),
        statements=statements(analysis.contrasts),
        summary=_numbered_table(next(numbers), leads),
        tables=[
            (one.title, [_numbered_table(next(numbers), table) for table in one.tables])
            for one in shown
            if one.tables
        ],
        notes=analysis.study.notes,
        figures=_figures(shown, worded),
        manifests=[_json(run.manifest) for run in runs.runs],
        judged=JUDGED,
        condition=CONDITION,
        resamples=RESAMPLES,
        mining=which_number(analysis),
    )


def study_page(study: StudyRuns, shown: Sequence[Shown]) -> str:
    """The whole page of a report of a study."""
    return _together(
        shown,
        Wording(study.manifest.benchmark.metric),
        title=f"{study.manifest.benchmark.name}: one factor at a time",
        lead=f"{study.made_from}. Agents are trained with each value of one factor, everything "
        "else as in the base configuration.",
        name=f"study {study.record.study}",
        method="Made from the study's folder alone. Method: Cassimon, Mercelis, "
        "Mets (2024), Scalable Reinforcement Learning-based Neural Architecture Search, section 5.",
        problems=study.problems,
        description=_json(study.record),
    )


def suite_page(suite: SuiteRuns, shown: Sequence[Shown]) -> str:
    """The whole page of a report of a suite."""
    return _together(
        shown,
        Wording(suite.metric),
        title=f"{len(suite.tasks)} benchmarks: {', '.join(suite.optimizers)}",
        lead="The same optimizers on several benchmarks. An optimizer that learns elsewhere has "
        "never seen the benchmark that it is evaluated on.",
        name=f"suite {suite.record.suite}",
        method="Made from the folders of the suite's runs, and from the tables of "
        "the benchmarks for what share of a space is better.",
        problems=suite.problems,
        description=_json(suite.record),
    )


def _together(shown: Sequence[Shown], worded: Wording, **words: Any) -> str:
    """A page of several runs: tables, then figures."""
    tables = [table for one in shown for table in one.tables]
    return _render(
        "runs_together.html.j2",
        tables=[_numbered_table(number, table) for number, table in enumerate(tables, 1)],
        figures=[figure for _, group in _figures(shown, worded) for figure in group],
        **words,
    )


def _json(record: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(record), indent=2).decode()


def _render(template: str, **context: Any) -> str:
    """A page with the style and the script of all reports."""
    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"detail": _detail}
    style, script = (environment.get_template(name).render() for name in ("style.css", "page.js"))
    digest = hashlib.sha256(script.encode()).digest()
    return environment.get_template(template).render(
        style=Markup(style),
        script=Markup(script),
        script_hash=f"sha256-{base64.b64encode(digest).decode()}",
        **context,
    )


def which_number(analysis: Analysis) -> str:
    """By which of the numbers to compare searches."""
    return MINING if len(analysis.measured) == len(MEASURES) else UNTESTED


def statements(found: Sequence[Contrast]) -> list[tuple[str, list[tuple[str, str]]]]:
    """For each measure its title, and for each pair the worst verdict and the sentence."""
    grouped: dict[str, dict[tuple[str, str], list[Contrast]]] = {}
    for one in found:
        pairs = grouped.setdefault(one.measure.title, {})
        pairs.setdefault((one.name, one.other), []).append(one)
    return [
        (title, [(_worst(pair), statement(pair)) for pair in pairs.values()])
        for title, pairs in grouped.items()
    ]


def _detail(entry: Entry) -> str:
    """The smaller part of an entry, broken into lines only between sigma and interval."""
    return entry.detail.replace("± ", "±\N{NO-BREAK SPACE}").replace(", ", ",\N{NO-BREAK SPACE}")


def _episodes(analysis: Analysis) -> str:
    """How many episodes the numbers are made from."""
    counts = {one.name: f"{one.endings.episodes:,}" for one in analysis.optimizers}
    if len(set(counts.values())) == 1:
        return f"{next(iter(counts.values()))} episodes each"
    return "episodes: " + ", ".join(f"{count} of {name}" for name, count in counts.items())


def _worst(found: Sequence[Contrast]) -> str:
    """The least favourable verdict over the budgets."""
    verdicts = {contrast.verdict for contrast in found}
    return next(v for v in ("behind", "unknown", "even", "ahead") if v in verdicts)


def _numbered_table(number: int, table: Table) -> dict[str, Any]:
    """A table as the templates take it."""
    return {"number": number, "table": table, "grid": table.grid(), "latex": latex(table)}


def _figures(shown: Sequence[Shown], worded: Wording) -> list[tuple[str, list[dict[str, Any]]]]:
    """The figures by section, numbered as they stand on the page."""
    numbers = count(1)
    return [
        (one.title, [_numbered_figure(next(numbers), *figure, worded) for figure in one.figures])
        for one in shown
        if one.figures
    ]


def _numbered_figure(
    number: int, drawing: Drawing, svgs: Mapping[str, bytes], worded: Wording
) -> dict[str, Any]:
    """A figure as the templates take it."""
    return {
        "number": number,
        "name": drawing.name,
        "title": drawing.title,
        "caption": drawing.caption,
        "pairs": drawing.pairs or len(svgs) in (1, 2, 4),
        "panels": [
            inline(svg, f"{drawing.name}-{place}", f"{drawing.title}: {worded(panel)}")
            for place, (panel, svg) in enumerate(svgs.items())
        ],
    }
