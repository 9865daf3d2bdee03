from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "doubles"))

from toy_fixture import toy, toy_site

__all__ = ["toy", "toy_site"]
