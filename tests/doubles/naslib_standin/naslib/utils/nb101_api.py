from __future__ import annotations

import numpy as np


class ModelSpec:
    """A cell without the vertices that lie on no path from input to output."""

    def __init__(self, matrix, ops):
        matrix = np.array(matrix)
        size = len(matrix)
        reach = np.linalg.matrix_power(matrix + np.eye(size, dtype=int), size) > 0
        kept = np.flatnonzero(reach[0] & reach[:, -1])
        self.valid_spec = bool(reach[0, -1])
        self.matrix = matrix[np.ix_(kept, kept)]
        self.ops = [ops[place] for place in kept]
