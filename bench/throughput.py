"""Environment steps per second over the degree of vectorisation (paper, figure 16).

Run as ``python -m bench.throughput --out FOLDER`` for the table, ``environment_throughput.csv`` and
the picture. Where the official models of NAS-Bench-301 are not at hand, an ensemble is made up, of
ten members with ``--trees`` trees each.
"""

from __future__ import annotations

import argparse
import os
import pickle
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from unittest.mock import patch

import pandas as pd

from bench.made_up.nasbench301_models import write_models
from bench.nasbench301 import train
from naslib_incremental.benchmarks import Benchmark, open_benchmark
from naslib_incremental.benchmarks.nasbench301.benchmark import NASBench301
from naslib_incremental.benchmarks.nasbench301.official import import_folder
from naslib_incremental.benchmarks.nasbench301.yahpo import NASBench301Yahpo
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.storage import CACHE_VARIABLE, atomic_path, write_text
from naslib_incremental.mdp import measure_throughput
from naslib_incremental.reports.figures.canvas import MUTED, encode, legend_below, palette, panel

NUM_ENVS = [4**power for power in range(7)]
SECONDS = 1.0
STEM = "environment_throughput"


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--trees", type=int, default=300, help="of each made-up member")
    arguments = parser.parse_args()
    rows = []
    for name, benchmark in benchmarks(arguments.trees):
        for num_envs in NUM_ENVS:
            measured = measure_throughput(benchmark, num_envs, SECONDS)
            rows.append({"benchmark": name, **asdict(measured)})
            print(
                f"{name:26} {num_envs:6,} side by side {measured.indices:12,.0f} steps/s "
                f"as indices {measured.features:12,.0f} steps/s materialised",
                flush=True,
            )
    draw(pd.DataFrame(rows), arguments.out)


def benchmarks(trees: int) -> Iterator[tuple[str, Benchmark]]:
    """Both surrogates of NAS-Bench-301 beside NAS-Bench-101, with the names to show."""
    yield "NB101", open_benchmark("nasbench101")
    yahpo = NASBench301Yahpo()
    yield "NB301, YAHPO surrogate", yahpo
    try:
        yield "NB301, official ensemble", NASBench301()
    except UserError:
        with made_up_ensemble(yahpo, trees) as benchmark:
            yield f"NB301, 10 x {trees:,} trees", benchmark


@contextmanager
def made_up_ensemble(yahpo: NASBench301Yahpo, trees: int) -> Iterator[NASBench301]:
    """An ensemble of the official shape, in a cache that goes away."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {CACHE_VARIABLE: folder}),
    ):
        import_folder(write_models(Path(folder), map(pickle.dumps, train(yahpo, trees))))
        yield NASBench301()


def draw(frame: pd.DataFrame, out: Path) -> None:
    """Write the numbers and the picture."""
    write_text(out / f"{STEM}.csv", frame.to_csv(index=False))
    names = list(frame["benchmark"].unique())
    colours = palette(names)
    with panel("Bare environment, one core", "environments side by side", "steps per second") as (
        figure,
        axes,
    ):
        for name in names:
            own, style = frame[frame["benchmark"] == name], colours[name]
            line = {"color": style.colour, "marker": style.marker, "markersize": 4}
            axes.plot(own["num_envs"], own["features"], **line, label=name)
            axes.plot(own["num_envs"], own["indices"], **line, linestyle=":", alpha=0.6)
        axes.plot([], [], color=MUTED, linestyle=":", label="states left as numbers")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        legend_below(figure, axes)
    with atomic_path(out / f"{STEM}.png") as temporary:
        temporary.write_bytes(encode(figure, "png", STEM))


if __name__ == "__main__":
    main()
