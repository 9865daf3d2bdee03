"""Reports of ablations: how final accuracy depends on one factor at a time (paper, section 5)."""

from __future__ import annotations

from naslib_incremental.reports.ablation.build import build_ablation_report
from naslib_incremental.reports.ablation.reading import is_study

__all__ = ["build_ablation_report", "is_study"]
