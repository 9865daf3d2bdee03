"""One table, four ways to write it: Markdown, CSV, LaTeX and a terminal; HTML takes it as it is."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """A column, whose entries have one or several parts.

    Attributes:
        title: heading.
        parts: names of the parts, columns of their own in CSV; one empty name for a single part.
        detail: how the parts after the first are written, by position, e.g. ``"± {1}"``.
        numeric: aligned to the right.
    """

    title: str
    parts: tuple[str, ...] = ("",)
    detail: str = ""
    numeric: bool = True


@dataclass(frozen=True)
class Entry:
    """What stands in one row and column, already in words and digits.

    Attributes:
        parts: one text per part of the column; a single one where there is only a note.
        bold: the best of its column.
        tone: how a reader should see it: ``ahead``, ``behind``, ``even``, or empty.
        detail: how its parts after the first are written, where not as in its column.
    """

    parts: tuple[str, ...]
    bold: bool = False
    tone: str = ""
    detail: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of a report.

    Attributes:
        name: name of its files.
        title: heading.
        columns: the columns.
        rows: one entry per column each.
        caption: what the numbers are made from.
        published: rows of others' published numbers, below a rule.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Entry, ...], ...]
    caption: str
    published: tuple[tuple[Entry, ...], ...] = ()


def detail(column: Column, entry: Entry) -> str:
    """The parts after the first, as one text; empty for a note."""
    if len(entry.parts) != len(column.parts):
        return ""
    return (column.detail if entry.detail is None else entry.detail).format(*entry.parts)


def markdown(table: Table) -> str:
    """GitHub-flavoured Markdown with heading and caption."""

    def cell(column: Column, entry: Entry) -> str:
        first = f"**{entry.parts[0]}**" if entry.bold else entry.parts[0]
        return f"{first} {detail(column, entry)}".strip().replace("|", "\\|")

    heads = [column.title.replace("|", "\\|") for column in table.columns]
    rules = ["---:" if column.numeric else ":---" for column in table.columns]
    body = [
        [cell(column, entry) for column, entry in zip(table.columns, row, strict=True)]
        for row in (*table.rows, *table.published)
    ]
    lines = ["| " + " | ".join(line) + " |" for line in [heads, rules, *body]]
    return "\n".join([f"### {table.title}", "", *lines, "", table.caption, ""])


def comma_separated(table: Table) -> str:
    """CSV (RFC 4180), one column per part; a note stands in the first part's column."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [f"{column.title} {part}".strip() for column in table.columns for part in column.parts]
    )
    for row in (*table.rows, *table.published):
        padded = [
            (*entry.parts, *[""] * (len(column.parts) - len(entry.parts)))
            for column, entry in zip(table.columns, row, strict=True)
        ]
        writer.writerow([part for parts in padded for part in parts])
    return text.getvalue()


def latex(table: Table) -> str:
    """A LaTeX table environment for the package booktabs."""

    def cell(column: Column, entry: Entry) -> str:
        first = escape_latex(entry.parts[0])
        first = rf"\textbf{{{first}}}" if entry.bold else first
        return f"{first} {escape_latex(detail(column, entry))}".strip()

    alignment = "".join("r" if column.numeric else "l" for column in table.columns)
    heads = " & ".join(escape_latex(column.title) for column in table.columns)
    ours, others = (
        [
            " & ".join(cell(*pair) for pair in zip(table.columns, row, strict=True)) + r" \\"
            for row in rows
        ]
        for rows in (table.rows, table.published)
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

    Published rows are left out: with their long names, lines would be too wide.
    """
    pairs = [list(zip(table.columns, row, strict=True)) for row in table.rows]
    starred = [any(entry.bold for entry in entries) for entries in zip(*table.rows, strict=True)]
    tops = [
        [_terminal_top(*pair, star) for pair, star in zip(row, starred, strict=True)]
        for row in pairs
    ]
    lows = [[_terminal_low(*pair) for pair in row] for row in pairs]
    heads = [column.title for column in table.columns]
    widths = [max(map(len, texts)) for texts in zip(heads, *tops, *lows, strict=True)]

    def line(texts: list[str]) -> str:
        return "  ".join(
            text.rjust(width) if column.numeric else text.ljust(width)
            for text, width, column in zip(texts, widths, table.columns, strict=True)
        ).rstrip()

    body = [line(texts) for pair in zip(tops, lows, strict=True) for texts in pair]
    return "\n".join([table.title, "", line(heads), *filter(None, body), ""])


def _terminal_top(column: Column, entry: Entry, starred: bool) -> str:
    """What stands before the interval, with room for a star where the column has one."""
    numbers = len(entry.parts) == len(column.parts)
    mark = "*" if entry.bold else " " if starred and numbers else ""
    rest = detail(column, entry).partition("[")[0].rstrip()
    return f"{entry.parts[0]}{mark} {rest}" if rest else f"{entry.parts[0]}{mark}"


def _terminal_low(column: Column, entry: Entry) -> str:
    """The first interval."""
    return "".join(re.findall(r"\[[^]]*\]", detail(column, entry))[:1])


WRITERS: Mapping[str, Callable[[Table], str]] = {
    "md": markdown,
    "csv": comma_separated,
    "tex": latex,
}
"""By the ending of the file."""
