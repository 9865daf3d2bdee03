"""Reports: tables, figures and one self-contained page from run folders, and of their space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from naslib_incremental.foundation.lazy import lazy_face

if TYPE_CHECKING:
    from naslib_incremental.reports.build import (
        FORMATS,
        TABLES,
        Report,
        build_report,
        build_study_report,
        build_suite_report,
        report_of,
    )

__all__ = [
    "FORMATS",
    "TABLES",
    "Report",
    "build_report",
    "build_study_report",
    "build_suite_report",
    "report_of",
]

__getattr__, __dir__ = lazy_face(__name__, dict.fromkeys(__all__, "build"))
