from __future__ import annotations

import subprocess
import sys

CODE = """
import queue, threading
import numba
from naslib_incremental.harness.workers import _begin
class Reports:
    def cancel_join_thread(self): pass
_begin(Reports())
import torch
from numba import njit, prange
@njit(parallel=True)
def total(n):
    s = 0
    for i in prange(n): s += i
    return s
assert total(10) == 45
print(numba.get_num_threads(), torch.get_num_threads())
"""


def test_worker_uses_one_thread() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "1"]
