"""A figure's SVG made part of a page: no names that clash, colours that follow the page's theme."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree as ET

from markupsafe import Markup

from naslib_incremental.reports.figures.canvas import GRID, INK, MUTED, PAPER, SERIES

VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "card"} | {
    colour: f"series-{number}" for number, colour in enumerate(SERIES)
}
"""Custom properties of the page that stand for the colours of a figure."""


def inline(svg: bytes, prefix: str, label: str) -> Markup:
    """An SVG file as an element of an HTML page.

    Args:
        svg: the file, as matplotlib writes it.
        prefix: put before every identifier, different for each figure of the page.
        label: what the figure shows, for those who do not see it.
    """
    root = ET.fromstring(svg)
    for parent in root.iter():
        for child in [child for child in parent if child.tag.endswith("}metadata")]:
            parent.remove(child)
        _share_style(parent)
    used = set(re.findall(rb"#([\w.-]+)", svg))
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {
            _local(key): _value(_local(key), value, prefix)
            for key, value in element.attrib.items()
            if _local(key) != "id" or value.encode() in used
        }
    for size in ("width", "height", "version"):
        root.attrib.pop(size, None)
    root.attrib |= {"role": "img", "aria-label": label}
    return Markup(ET.tostring(root, encoding="unicode", short_empty_elements=True))


def _local(name: str) -> str:
    """A name without its namespace: HTML knows SVG by its elements."""
    return name.rpartition("}")[2]


def _value(key: str, value: str, prefix: str) -> str:
    """An attribute with prefixed identifiers and colours by variable."""
    if key == "id":
        return f"{prefix}-{value}"
    if key == "href":
        return value.replace("#", f"#{prefix}-")
    value = re.sub(r"url\(#", f"url(#{prefix}-", value)
    return re.sub(
        "#[0-9a-f]{6}",
        lambda m: f"var(--{VARIABLES[m[0]]})" if m[0] in VARIABLES else m[0],
        value,
    )


def _share_style(parent: ET.Element) -> None:
    """Write the style that all marks of a group have once, at the group."""
    marks = [child for child in parent if child.tag.endswith("}use")]
    styles = Counter(mark.get("style") for mark in marks)
    if len(marks) == len(parent) > 1 and len(styles) == 1 and None not in styles:
        parent.set("style", str(marks[0].get("style")))
        for mark in marks:
            del mark.attrib["style"]
