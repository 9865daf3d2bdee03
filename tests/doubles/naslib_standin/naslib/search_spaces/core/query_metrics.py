from __future__ import annotations

from enum import Enum

Metric = Enum("Metric", "RAW TRAIN_ACCURACY VAL_ACCURACY TEST_ACCURACY TRAIN_TIME PARAMETERS")
