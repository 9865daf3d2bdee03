"""Reports: tables, figures and one self-contained page from run folders, and of their space."""

from __future__ import annotations

from naslib_incremental.reports.build import FORMATS, Report, build_report
from naslib_incremental.reports.statistics.study import is_study
from naslib_incremental.reports.study import build_ablation_report

__all__ = ["FORMATS", "Report", "build_ablation_report", "build_report", "is_study"]
