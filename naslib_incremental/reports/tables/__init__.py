"""The tables of a report: a typed frame each, formatted once, at the edge."""
