"""The plug-in that CONTRIBUTING.md shows installs, is found and keeps the contracts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

PROGRAM = """
import numpy as np
from naslib_incremental.benchmarks import open_benchmark
from naslib_incremental.search_spaces_ext import SEARCH_SPACES

space = SEARCH_SPACES.load("chains")()
text = "skip-convolution-skip"
start = space.from_readable([text])
assert space.to_readable(start) == [text]
shown = space.neighbours(start, 50, np.random.default_rng(0))
found = set(space.to_readable(shown.architectures[shown.mask]))
names = ("convolution", "pooling", "skip")
chains = {(a, b, c) for a in names for b in names for c in names}
near = {c for c in chains if sum(x != y for x, y in zip(c, text.split("-"))) == 1}
assert found == {"-".join(chain) for chain in near}
np.testing.assert_allclose(open_benchmark("convolutions").query(start).validation, [1 / 3])
"""


def run(command: list[str], folder: Path) -> str:
    """What the command prints, run in a folder where the plug-in is installed."""
    finished = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(CHECKOUT)])},
        text=True,
        capture_output=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the plug-in installed in ``site``, and its author's tests."""
    folder = tmp_path_factory.mktemp("plugin")
    text = (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name, body in re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(body, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    run([*pip, "--no-build-isolation", "--target", str(folder / "site"), "."], folder)
    shutil.rmtree(folder / "my_plugin")
    return folder


def test_the_search_space_and_the_benchmark_are_found_and_right(plugin: Path) -> None:
    run([sys.executable, "-c", PROGRAM], plugin)


def test_the_optimizer_keeps_the_contract(plugin: Path) -> None:
    printed = run([sys.executable, "-m", "pytest", "-q", "test_hill_climbing.py"], plugin)
    assert re.search(r"^[1-9]\d* passed", printed, re.MULTILINE), printed
