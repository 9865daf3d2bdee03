"""The report as one page that needs nothing else: no network, no files beside it.

Its one script, which sorts, copies and enlarges, is part of the page and the only one that the
page's policy lets run; without it, everything can still be read.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from naslib_incremental.reports.figures.canvas import Drawing
from naslib_incremental.reports.page.svg import inline
from naslib_incremental.reports.sections import by_theme
from naslib_incremental.reports.statistics import crossed_bootstrap as pigeonhole
from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import Contrast, statement
from naslib_incremental.reports.statistics.crossed_bootstrap import FEWEST, LABEL
from naslib_incremental.reports.statistics.estimates import CONDITION, RESAMPLES
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.tables.rendering import Column, Entry, Table, detail, latex

MINING = (
    "The last number mines noise where test sets are small: the more architectures are queried, "
    "the luckier the best test accuracy among them, whether or not the search found anything. "
    "Compare searches by the first two."
)
UNTESTED = "The benchmark has no test accuracy: searches are compared by validation alone."


def page(
    analysis: Analysis,
    found: Sequence[Contrast],
    tables: Mapping[str, Table],
    drawings: Sequence[tuple[Drawing, Mapping[str, bytes]]],
    notes: Sequence[str] = (),
) -> str:
    """The whole page.

    Args:
        analysis: the numbers.
        found: trained optimizers against baselines.
        tables: by name; ``leads`` is the summary's.
        drawings: figures, each with the SVG of its panels.
        notes: what figures of the search space are left out, and why.
    """
    evaluation = analysis.evaluation
    summary, numbered = _tables(tables)
    return render(
        "report.html.j2",
        benchmark=evaluation.benchmark,
        runs=evaluation.runs,
        problems=evaluation.problems,
        optimizers=analysis.optimizers,
        measures=MEASURES,
        episodes=_episodes(analysis),
        statements=statements(found),
        summary=summary,
        tables=numbered,
        notes=notes,
        figures=_figures(drawings),
        manifests=[
            json.dumps(run.manifest, indent=2, ensure_ascii=False) for run in evaluation.runs
        ],
        interval=LABEL,
        fewest=FEWEST,
        seed_resamples=pigeonhole.RESAMPLES,
        condition=CONDITION,
        resamples=RESAMPLES,
        mining=which_number(analysis),
    )


def render(template: str, **context: Any) -> str:
    """A page with the style and the script of all reports."""
    environment = Environment(
        loader=PackageLoader("naslib_incremental.reports.page", "templates"),
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


def _detail(column: Column, entry: Entry) -> str:
    """The parts after the first, broken into lines only between sigma and interval."""
    return (
        detail(column, entry)
        .replace("± ", "±\N{NO-BREAK SPACE}")
        .replace(", ", ",\N{NO-BREAK SPACE}")
    )


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


def _tables(
    tables: Mapping[str, Table],
) -> tuple[dict[str, Any], list[tuple[str, list[dict[str, Any]]]]]:
    """The summary's table, and the others by theme, numbered as they stand on the page."""
    numbers = count(1)
    summary = numbered_table(next(numbers), tables["leads"])
    others = by_theme([table for table in tables.values() if table.name != "leads"])
    return summary, [
        (title, [numbered_table(next(numbers), table) for table in group])
        for title, group in others
    ]


def numbered_table(number: int, table: Table) -> dict[str, Any]:
    """A table as the templates take it."""
    return {"number": number, "table": table, "latex": latex(table)}


def _figures(
    drawings: Sequence[tuple[Drawing, Mapping[str, bytes]]],
) -> list[tuple[str, list[dict[str, Any]]]]:
    """The figures by theme, numbered as they stand on the page."""
    svgs = {drawing.name: panels for drawing, panels in drawings}
    numbers = count(1)
    return [
        (title, [numbered_figure(next(numbers), drawing, svgs[drawing.name]) for drawing in group])
        for title, group in by_theme([drawing for drawing, _ in drawings])
    ]


def numbered_figure(number: int, drawing: Drawing, svgs: Mapping[str, bytes]) -> dict[str, Any]:
    """A figure as the templates take it."""
    return {
        "number": number,
        "name": drawing.name,
        "title": drawing.title,
        "caption": drawing.caption,
        "pairs": drawing.pairs or len(svgs) in (1, 2, 4),
        "panels": [
            inline(svg, f"{drawing.name}-{place}", f"{drawing.title}: {panel}")
            for place, (panel, svg) in enumerate(svgs.items())
        ],
    }
