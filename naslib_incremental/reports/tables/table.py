"""A table is a frame of plain numbers; how it is shown is said beside it, and done once, here.

The frame is tidy: one fact a row, fractions for accuracies, full precision. CSV holds the frame;
Markdown, LaTeX, terminal and page show its ``grid``: words and digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

NOTHING = "n/a"
NOTE = "note"
"""Column of a frame with what is shown in the place of a fact's numbers, where it is not empty."""
PUBLISHED = "published"
"""Column of a frame that is true for others' published numbers, which stand below a rule."""

Fact = Mapping[str, Any]


def _fixed(value: float, decimals: int = 2, sign: str = "") -> str:
    """Decimals; no sign before a zero."""
    rounded = round(value, decimals)
    return f"{rounded:{sign}.{decimals}f}" if rounded else f"{0:.{decimals}f}"


def percent(fraction: float) -> str:
    """A fraction in per cent with two decimals."""
    return NOTHING if np.isnan(fraction) else _fixed(100 * fraction)


def points(difference: float) -> str:
    """A difference of fractions in percentage points, signed."""
    return NOTHING if np.isnan(difference) else _fixed(100 * difference, sign="+")


FORMATS: Mapping[str, Callable[[Any], str]] = {
    "text": str,
    "percent": percent,
    "percent1": lambda value: f"{100 * value:.1f}",
    "percent3": lambda value: f"{100 * value:.3f}",
    "points": points,
    "count": lambda value: f"{value:,.0f}",
    "whole": lambda value: f"{value:.0f}",
    "ceiling": lambda value: f"{np.ceil(value):,.0f}" if np.isfinite(value) else "never",
    "fixed1": lambda value: _fixed(value, 1),
    "fixed2": _fixed,
    "fixed3": lambda value: _fixed(value, 3),
    "signed3": lambda value: f"{value:+.3f}",
    "digits2": lambda value: f"{value:.2g}" if value > 1e-300 else "below 1e-300",
    "digits3": lambda value: f"{value:.3g}",
}
"""How numbers are shown, by the names that templates use."""

_FIELD = re.compile(r"\{(\w+)(?::(\w+))?(?:/(\w+))?\}")


def filled(template: str, fact: Fact) -> str:
    """A template with the fields of a fact, e.g. ``"{mean:percent} [{low:percent/reason}]"``.

    A number that is none is shown as the text of the column after the slash, or as ``NOTHING``.
    """

    def shown(match: re.Match[str]) -> str:
        name, how, instead = match.groups()
        value = fact[name]
        if _missing(value):
            return str(fact[instead]) if instead and fact[instead] else NOTHING
        return FORMATS[how or "text"](value)

    return _FIELD.sub(shown, template)


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))


@dataclass(frozen=True)
class Column:
    """A column as it is shown.

    Attributes:
        title: heading, a template.
        text: what stands in front, a template.
        detail: what stands behind it, smaller, a template.
        numeric: aligned to the right.
        bold: name of a boolean column: the best of its column.
        refusal: name of a column of words: why what would stand out does not; empty elsewhere.
        tone: name of a column that says how a reader should see it: ``ahead``, ``behind``,
            ``even``, or empty.
        brief: name of a boolean column: only ``text`` is shown.
        published: ``detail`` of published rows.
    """

    title: str
    text: str
    detail: str = ""
    numeric: bool = True
    bold: str = ""
    refusal: str = ""
    tone: str = ""
    brief: str = ""
    published: str | None = None


def text_column(title: str, name: str = "") -> Column:
    """A column of words, by default of the frame's column of that title."""
    return Column(title, f"{{{name or title}}}", numeric=False)


@dataclass(frozen=True)
class Entry:
    """What is shown in one place of a table: words and digits."""

    text: str
    detail: str = ""
    bold: bool = False
    refusal: str = ""
    tone: str = ""
    note: bool = False


@dataclass(frozen=True)
class Head:
    """A shown column's heading."""

    title: str
    numeric: bool


@dataclass(frozen=True)
class Grid:
    """A table as it is shown.

    Attributes:
        heads: headings.
        rows: one entry per heading each.
        published: rows of others' published numbers, below a rule.
    """

    heads: tuple[Head, ...]
    rows: tuple[tuple[Entry, ...], ...]
    published: tuple[tuple[Entry, ...], ...]


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Attributes:
        name: name of its files.
        title: heading.
        caption: what the numbers are made from.
        frame: the facts.
        heads: columns that name a row; facts with equal heads stand in one row.
        columns: columns with the facts' numbers.
        across: name of the column of the frame along which ``columns`` are repeated, e.g.
            ``"queries"``; empty where each fact is a row of its own.
    """

    name: str
    title: str
    caption: str
    frame: pd.DataFrame = field(repr=False)
    heads: tuple[Column, ...]
    columns: tuple[Column, ...]
    across: str = ""

    def grid(self) -> Grid:
        """The table in words and digits."""
        facts: list[dict[str, Any]] = self.frame.to_dict("records")  # type: ignore[assignment]
        if not self.across:
            columns = [*self.heads, *self.columns]
            heads = tuple(Head(filled(one.title, {}), one.numeric) for one in columns)
            shown: list[tuple[Fact, tuple[Entry, ...]]] = [
                (fact, self._alone(fact)) for fact in facts
            ]
        else:
            along = list(dict.fromkeys(fact[self.across] for fact in facts))
            titles = [
                Head(filled(column.title, {self.across: place}), column.numeric)
                for place in along
                for column in self.columns
            ]
            heads = (*(Head(one.title, one.numeric) for one in self.heads), *titles)
            shown = self._gathered(facts, along)
        rows = tuple(row for fact, row in shown if not fact.get(PUBLISHED))
        return Grid(heads, rows, tuple(row for fact, row in shown if fact.get(PUBLISHED)))

    def _alone(self, fact: Fact) -> tuple[Entry, ...]:
        return tuple(
            [_entry(one, fact, False) for one in self.heads]
            + [_entry(one, fact) for one in self.columns]
        )

    def _gathered(
        self, facts: list[dict[str, Any]], along: list[Any]
    ) -> list[tuple[Fact, tuple[Entry, ...]]]:
        """Rows of facts with equal heads, in the order in which they come first."""
        grouped: dict[tuple[Entry, ...], dict[Any, Fact]] = {}
        for fact in facts:
            named = tuple(_entry(head, fact, False) for head in self.heads)
            grouped.setdefault(named, {})[fact[self.across]] = fact
        nothing = tuple(Entry("") for _ in self.columns)
        found: list[tuple[Fact, tuple[Entry, ...]]] = []
        for named, places in grouped.items():
            entries = [
                entry
                for place in along
                for entry in (
                    tuple(_entry(column, places[place]) for column in self.columns)
                    if place in places
                    else nothing
                )
            ]
            found.append((next(iter(places.values())), (*named, *entries)))
        return found


def _entry(column: Column, fact: Fact, noted: bool = True) -> Entry:
    """A fact in a column, or the note in its place."""
    if noted and fact.get(NOTE):
        return Entry(str(fact[NOTE]), note=True)
    published = column.published is not None and fact.get(PUBLISHED)
    detail = str(column.published) if published else column.detail
    brief = bool(column.brief and fact[column.brief])
    return Entry(
        filled(column.text, fact),
        "" if brief else filled(detail, fact),
        bold=bool(column.bold and not published and fact[column.bold]),
        refusal=str(fact[column.refusal] or "") if column.refusal and not published else "",
        tone=str(fact[column.tone] or "") if column.tone else "",
        note=brief,
    )


def markdown(table: Table) -> str:
    """GitHub-flavoured Markdown with heading and caption."""

    def cell(entry: Entry) -> str:
        first = f"**{entry.text}**" if entry.bold else entry.text
        return " ".join(filter(None, [first, entry.detail, entry.refusal])).replace("|", "\\|")

    grid = table.grid()
    heads = [head.title.replace("|", "\\|") for head in grid.heads]
    rules = ["---:" if head.numeric else ":---" for head in grid.heads]
    body = [[cell(entry) for entry in row] for row in (*grid.rows, *grid.published)]
    lines = ["| " + " | ".join(line) + " |" for line in [heads, rules, *body]]
    return "\n".join([f"### {table.title}", "", *lines, "", table.caption, ""])


def comma_separated(table: Table) -> str:
    """CSV (RFC 4180) of the facts: numbers in full precision, accuracies as fractions."""
    return table.frame.to_csv(index=False, lineterminator="\n")


def latex(table: Table) -> str:
    """A LaTeX table environment for the package booktabs."""

    def cell(entry: Entry) -> str:
        first = escape_latex(entry.text)
        first = rf"\textbf{{{first}}}" if entry.bold else first
        rest = map(escape_latex, filter(None, [entry.detail, entry.refusal]))
        return " ".join(filter(None, [first, *rest]))

    grid = table.grid()
    alignment = "".join("r" if head.numeric else "l" for head in grid.heads)
    heads = " & ".join(escape_latex(head.title) for head in grid.heads)
    ours, others = (
        [" & ".join(map(cell, row)) + r" \\" for row in rows]
        for rows in (grid.rows, grid.published)
    )
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{escape_latex(f'{table.title}. {table.caption}')}}}",
            rf"\label{{tab:{table.name}}}",
            rf"\begin{{tabular}}{{{alignment}}}",
            r"\toprule",
            rf"{heads} \\",
            r"\midrule",
            *ours,
            *([r"\midrule", *others] if others else []),
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def escape_latex(text: str) -> str:
    """Text as LaTeX prints it, not as it obeys it."""
    special: dict[str, str | int | None] = {letter: rf"\{letter}" for letter in "&%$#_{}"}
    special |= {
        "\\": r"\textbackslash{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "±": r"$\pm$",
    }
    return text.translate(str.maketrans(special))


def terminal(table: Table) -> str:
    """Plain lines of fixed width: ``*`` after the best, the first interval on a line of its own.

    Below that stands why the best does not stand out. Published rows are left out: with their long
    names, lines would be too wide.
    """
    grid = table.grid()
    starred = [any(entry.bold for entry in entries) for entries in zip(*grid.rows, strict=True)]
    tops = [
        [_terminal_top(entry, star) for entry, star in zip(row, starred, strict=True)]
        for row in grid.rows
    ]
    lows = [["".join(re.findall(r"\[[^]]*\]", one.detail)[:1]) for one in row] for row in grid.rows]
    refused = [[entry.refusal for entry in row] for row in grid.rows]
    heads = [head.title for head in grid.heads]
    widths = [max(map(len, texts)) for texts in zip(heads, *tops, *lows, *refused, strict=True)]

    def line(texts: list[str]) -> str:
        return "  ".join(
            text.rjust(width) if head.numeric else text.ljust(width)
            for text, width, head in zip(texts, widths, grid.heads, strict=True)
        ).rstrip()

    body = [line(texts) for lines in zip(tops, lows, refused, strict=True) for texts in lines]
    return "\n".join([table.title, "", line(heads), *filter(None, body), ""])


def _terminal_top(entry: Entry, starred: bool) -> str:
    """What stands before the interval, with room for a star where the column has one."""
    mark = "*" if entry.bold else " " if starred and not entry.note else ""
    rest = entry.detail.partition("[")[0].rstrip()
    return f"{entry.text}{mark} {rest}" if rest else f"{entry.text}{mark}"


WRITERS: Mapping[str, Callable[[Table], str]] = {
    "md": markdown,
    "csv": comma_separated,
    "tex": latex,
}
"""By the ending of the file."""
