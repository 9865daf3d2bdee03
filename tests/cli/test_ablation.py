"""``naslib-run --ablate``: what is asked for, and the whole job with a toy learner."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from naslib_incremental.cli import report, run
from naslib_incremental.cli.choices import read_choices
from naslib_incremental.harness.ablation import Ablation, Level
from naslib_incremental.records.study import BASE

pytestmark = pytest.mark.usefixtures("toy")

SMALL = shlex.split(
    "--optimizer toy_learner --benchmark toy/plain --seeds 2 --episodes 40 --budgets 5 10 "
    "--steps 20 --workers 2"
)


def asked(text: str) -> Ablation:
    found = read_choices(shlex.split(text)).ablation
    assert found is not None
    return found


def variants(study: Ablation) -> list[str]:
    return list(dict.fromkeys(level.variant for level in study.levels))


def options(study: Ablation, variant: str) -> list[Mapping[str, Any]]:
    """The agent's options at every value of every factor around one variant."""
    levels = (level for level in study.levels if level.variant == variant)
    return [level.config.optimizers["apex_incremental"] for level in levels]


def test_one_factor_at_a_time_around_the_base() -> None:
    study = asked("--ablate gamma=.9,.990 N=10,20 alpha=none,6 max-steps=5 --gamma .8 --seeds 3")
    assert variants(study) == [BASE]
    factors: dict[str, list[Level]] = {}
    for level in study.levels:
        factors.setdefault(level.factor, []).append(level)
    assert {name: [level.value for level in levels] for name, levels in factors.items()} == {
        "gamma": ["0.9", "0.99"],
        "N": ["10", "20"],
        "alpha": ["none", "6"],
        "max-steps": ["5"],
    }
    gamma, neighbours, alpha, steps = (
        [level.config for level in levels] for levels in factors.values()
    )
    assert [c.optimizers["apex_incremental"] for c in gamma] == [{"gamma": 0.9}, {"gamma": 0.99}]
    assert [c.neighbours for c in neighbours] == [10, 20]
    shaped = [c.optimizers["apex_incremental"] for c in alpha]
    assert shaped == [{"gamma": 0.8, "shaping_alpha": value} for value in (0.0, 6.0)]
    assert steps[0].max_steps == 5
    for config in (study.base, *gamma, *neighbours, *alpha):
        assert (config.seeds, config.start_sets, config.episodes) == (3, 1, 3_000)
        assert set(config.optimizers) == {"apex_incremental"}


def test_variants_repeat_every_factor_with_one_change() -> None:
    study = asked("--ablate gamma=.9 n_step=1,3 --variants head=cls reward-scale=none")
    assert variants(study) == ["base", "head=cls", "reward-scale=none"]
    changed = [options(study, variant) for variant in variants(study)[1:]]
    values = [{"gamma": 0.9}, {"n_step": 1}, {"n_step": 3}]
    assert changed[0] == [{"head": "cls", **value} for value in values]
    assert changed[1] == [{"reward_scale": "none", **value} for value in values]


def test_changes_can_be_made_together() -> None:
    study = asked("--ablate n_step=1 --variants head=cls+gamma=.5,.9 learning-rate=1e+2+head=cls")
    assert variants(study) == [
        "base",
        "head=cls+gamma=0.5",
        "head=cls+gamma=0.9",
        "learning-rate=100+head=cls",
    ]
    assert [options(study, variant) for variant in variants(study)[1:]] == [
        [{"n_step": 1, "head": "cls", "gamma": 0.5}],
        [{"n_step": 1, "head": "cls", "gamma": 0.9}],
        [{"n_step": 1, "head": "cls", "learning_rate": 100.0}],
    ]


def test_quick_is_greedy_and_small_and_what_is_typed_wins() -> None:
    base = asked("--ablate gamma=.9 --quick --episodes 500").base
    assert (base.seeds, base.episodes) == (2, 500)
    chosen = base.optimizers["apex_incremental"]
    assert chosen == {"steps": 25_600, "temperature": 0.0, "stay_margin": 0.0}


def test_a_config_file_can_ask_for_it(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text("ablate: [gamma=.5, n_step=1]\nvariants: [head=cls]\n")
    study = asked(f"--config {path}")
    changed = [level.factor for level in study.levels if level.variant == "head=cls"]
    assert changed == ["gamma", "n_step"]


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--ablate gama=1", "got 'gama'"),
        ("--ablate seeds=1,2", "got 'seeds'"),
        ("--ablate engine=local,rllib", "got 'engine'"),
        ("--ablate gamma", "like gamma=.9,.95; got gamma;"),
        ("--ablate gamma=", "like gamma=.9,.95; got gamma=;"),
        ("--ablate gamma=x", "invalid float value: 'x'"),
        ("--ablate gamma=2", "gamma in 0..1; got 2.0"),
        ("--ablate head=pointer,nose", "invalid choice: 'nose'"),
        ("--ablate gamma=.9 --variants nose=1", "got 'nose'"),
        ("--ablate gamma=.9 --variants head=cls+nose=1", "got 'nose'"),
        ("--variants head=cls", "got --variants alone"),
        ("--ablate neighbours=5 --optimizer local_search", "is trained, for --ablate; got local"),
    ],
)
def test_errors_are_one_line(
    typed: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main([*shlex.split(typed), "--out", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("naslib-run: expected ")
    assert message in line
    assert not list(tmp_path.iterdir())


def test_the_whole_job_is_resumed_and_grows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*SMALL, "--out", str(tmp_path), "--ablate"]
    assert run.main([*arguments, "keep=1,3", "--dry-run"]) == 0
    assert "2 of 2 agents each" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    assert run.main([*arguments, "keep=1,3", "--report", "none"]) == 0
    printed = capsys.readouterr()
    assert "run 2 of 2: keep=3" in printed.err
    (study,) = tmp_path.iterdir()
    first = {path: path.stat().st_mtime_ns for path in study.glob("*/episodes/*/*.parquet")}
    assert len(first) == 4
    more = [*arguments, "keep=1,3,5", "neighbours=4,50"]
    assert run.main([*more, "--report", "summary"]) == 0
    printed = capsys.readouterr()
    assert "run 3 of 4: keep=5" in printed.err
    assert "run 1 of" not in printed.err, "what is finished is not done again"
    assert "Accuracy by value" in printed.out
    assert {path: path.stat().st_mtime_ns for path in first} == first
    # keep=3 and neighbours=50 are the base, and one run.
    assert len(list(study.glob("*/manifest.json"))) == 4
    assert json.loads((study / "study.json").read_text())["command"].endswith("summary")
    assert not (study / "report" / "index.html").exists()
    assert report.main([str(study), "--format", "html"]) == 0
    assert "Sensitivity by factor" in capsys.readouterr().out
    assert (study / "report" / "index.html").exists()


def test_ctrl_c_ends_it_and_says_how_to_resume(tmp_path: Path) -> None:
    arguments = [*SMALL, "--out", str(tmp_path), "--pause", "0.1", "--ablate", "keep=1,2,3"]
    process = subprocess.Popen(
        [sys.executable, "-m", "naslib_incremental.cli.run", *arguments],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    end = time.monotonic() + 120
    # In the second run, when the first is finished.
    while len(list(tmp_path.glob("*/*/episodes/*/*.parquet"))) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    again = f"to resume: {shlex.join(['naslib-run', *arguments])}"
    assert errors.splitlines()[-1] == f"naslib-run: interrupted; what is finished stays; {again}"
    assert "Traceback" not in errors
    assert 2 <= len(list(tmp_path.glob("*/*/episodes/*/*.parquet"))) < 6
