"""Who leads at which budget, by how much and how surely: the first table of a report."""

from __future__ import annotations

from naslib_incremental.reports.statistics.analysis import Analysis
from naslib_incremental.reports.statistics.comparisons import Lead, leads
from naslib_incremental.reports.statistics.measures import MEASURES
from naslib_incremental.reports.tables.budgets import NOTHING, contrast_table, percent, points
from naslib_incremental.reports.tables.rendering import Column, Entry, Table, detail

PARTS = ("optimizer", "mean", "difference", "over", "certainty")


def leads_table(analysis: Analysis) -> Table:
    """The best mean at each budget by each measure, against the next best."""
    found = {
        (index, lead.budget): lead for index in analysis.measured for lead in leads(analysis, index)
    }
    rows = tuple(
        (
            Entry((f"{budget}",)),
            *(_entry(found.get((index, budget))) for index in analysis.measured),
        )
        for budget in analysis.budgets
    )
    return Table(
        "leads",
        "Who has the best mean, and by how much",
        (
            Column("queries", numeric=False),
            *(
                Column(MEASURES[index].title, PARTS, "{1} %; {2} over {3} {4}", numeric=False)
                for index in analysis.measured
            ),
        ),
        rows,
        "The optimizer with the best mean (%) at each budget, with its difference from the next "
        "best in percentage points, written and judged as in the table of trained optimizers "
        "against baselines; it stands out where it is ahead. Equal means are listed in the order "
        "of the report.",
    )


def _entry(lead: Lead | None) -> Entry:
    """The leader, and how surely it leads."""
    if lead is None:
        return Entry((NOTHING,))
    mean = percent(lead.value)
    if lead.margin is None:
        return Entry((lead.name, mean, "", "", ""), detail="{1} %; the only optimizer")
    compared = contrast_table([lead.margin])
    certainty = detail(compared.columns[-1], compared.rows[0][-1])
    parts = (lead.name, mean, points(lead.margin.difference), lead.margin.other, certainty)
    sure = lead.margin.verdict == "ahead"
    return Entry(parts, bold=sure, tone="" if sure else "even")
