"""A report is written in words of accuracy; here they become those of another metric."""

from __future__ import annotations

from dataclasses import replace

from matplotlib.text import Text

from naslib_incremental.foundation.metric import Metric
from naslib_incremental.reports.figures.canvas import Drawing
from naslib_incremental.reports.tables.table import NOTE, Column, Table

UNITS = (
    ("Per cent: ", "Accuracy {unit}: "),
    ("in per cent", "{unit}"),
    ("searches, per cent", "searches, {unit}"),
    ("percentage points", "points ({unit})"),
    ("accuracy (%)", "accuracy ({unit})"),
    ("best mean (%)", "best mean ({unit})"),
    ("at its end (%)", "at its end ({unit})"),
)
"""Where a report says of accuracies that they are per cent; of shares it says so elsewhere."""


class Wording:
    """What a report says, in the words of a metric; the same text for accuracy.

    Args:
        metric: of the benchmark.
    """

    def __init__(self, metric: Metric) -> None:
        first = metric.name[:1].upper() + metric.name[1:]
        units = [(ours, theirs.format(unit=metric.unit)) for ours, theirs in UNITS]
        names = [("accuracy", metric.name), ("Accuracy", first)]
        plurals = [("accuracies", f"{metric.name} values"), ("Accuracies", f"{first} values")]
        self._replaced = (
            *(units if metric.unit != "%" else ()),
            *((*plurals, *names) if metric.name != "accuracy" else ()),
        )

    def __call__(self, text: str) -> str:
        """A text in these words."""
        for ours, theirs in self._replaced:
            text = text.replace(ours, theirs)
        return text

    def table(self, table: Table) -> Table:
        """A table in these words; its facts stay as they are, but for notes."""
        frame = table.frame
        if NOTE in frame:
            frame = frame.assign(**{NOTE: frame[NOTE].map(self)})
        return replace(
            table,
            title=self(table.title),
            caption=self(table.caption),
            frame=frame,
            heads=tuple(map(self._column, table.heads)),
            columns=tuple(map(self._column, table.columns)),
        )

    def _column(self, column: Column) -> Column:
        """A column with another heading; a heading in braces names a column of the frame."""
        title = column.title
        return column if title.startswith("{") else replace(column, title=self(title))

    def drawing(self, drawing: Drawing) -> Drawing:
        """A figure in these words, its pictures changed in place."""
        if self._replaced:
            for picture in drawing.panels.values():
                for text in picture.findobj(Text):
                    text.set_text(self(text.get_text()))
        return replace(drawing, title=self(drawing.title), caption=self(drawing.caption))
