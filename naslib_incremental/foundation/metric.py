"""What the numbers of a benchmark measure: the range that they can have, and how they are shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """What validation and test of a benchmark measure; a higher number is always better.

    Numbers are kept as fractions of one and shown times 100.

    Attributes:
        name: e.g. ``"accuracy"``, ``"SSIM"``.
        unit: of the numbers as they are shown, ``"%"`` or ``"x 100"``.
        low: no number is below, None where there is no bound.
        high: none is above, None likewise.
        lower_is_better_as_published: it is published as a loss; our number is its negative.
    """

    name: str = "accuracy"
    unit: str = "%"
    low: float | None = 0.0
    high: float | None = 1.0
    lower_is_better_as_published: bool = False

    def shown(self, number: str) -> str:
        """A number times 100 as it stands in running text: per cent are named there."""
        return f"{number} %" if self.unit == "%" else number


ACCURACY = Metric()
