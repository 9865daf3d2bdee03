"""Runs on a Ray cluster: the same numbers as on one machine, and nothing lost with a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import replace
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

ray = pytest.importorskip("ray", reason="needs the extra rllib")

from inline_workers import InlineWorkers
from ray_fixture import gone, wait_for
from toy_fixture import installed

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig, run
from naslib_incremental.harness.job import make_job
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.progress import Progress
from naslib_incremental.harness.ray_workers import RayWorkers, _resources, _unseen, _Work, connected
from naslib_incremental.harness.runner import run_all
from naslib_incremental.optimizers import Resources
from naslib_incremental.records import EvaluationTask, Task, TrainingTask

pytestmark = [
    pytest.mark.usefixtures("toy"),
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see processes"),
]
TOY = RunConfig(
    {"toy_learner": {"steps": 100, "pause": 0.02}, "local_search": {}, "random_walk": {}},
    "toy/plain",
    seeds=2,
    start_sets=2,
    episodes=1_000,
    budgets=(5, 10),
)
# Small enough that its training takes seconds, with checkpoints all along.
APEX = {
    "steps": 6_000,
    "num_envs": 32,
    "dimensions": 8,
    "feed_forward": 8,
    "attention_heads": 1,
    "batch_size": 16,
    "learning_starts": 64,
    "checkpoint_every": 500,
    "temperature": 0.02,
    "stay_margin": 0.1,
    "engine": "rllib",
    "num_env_runners": 2,
    "num_replay_shards": 1,
}
SMALL = RunConfig(
    {"apex_incremental": APEX, "random_walk": {}},
    seeds=1,
    start_sets=2,
    episodes=200,
    budgets=(5, 10),
)
SCRIPT = """
    import sys
    from pathlib import Path
    from naslib_incremental.harness import RunConfig, run
    from naslib_incremental.harness.ray_workers import RayWorkers, connected
    if __name__ == "__main__":
        with connected(None):
            print(run({config!r}, Path(sys.argv[1]), workers=2, start_workers=RayWorkers))
"""


def silent(plan: Plan) -> Progress:
    return Progress(plan, StringIO())


def episodes(folder: Path) -> dict[str, dict[str, list[object]]]:
    return {
        str(path.relative_to(folder)): pq.read_table(path).to_pydict()
        for path in sorted(folder.glob("episodes/*/*.parquet"))
    }


def descendants(process: int) -> set[int]:
    found: set[int] = set()
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            for child in map(int, children.read_text().split()):
                found |= {child} | descendants(child)
        except OSError:
            continue
    return found


def tasks() -> list[int]:
    """Processes below this one that do a piece of work; Ray gives them a title."""
    found = []
    for process in descendants(os.getpid()):
        try:
            title = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if title.startswith(b"ray::_perform") and not gone(process):
            found.append(process)
    return found


def agent_of_ray(process: int) -> bool:
    """Whether it is one of two agents, which do no work and take a minute to notice an end."""
    try:
        title = Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return False
    return title.startswith((b"ray::DashboardAgent", b"ray::RuntimeEnvAgent"))


@pytest.fixture(scope="module")
def expected(
    tmp_path_factory: pytest.TempPathFactory, toy_site: Path
) -> dict[str, dict[str, list[object]]]:
    """All episodes of the toy run, made in this process."""
    with installed(toy_site):
        out = tmp_path_factory.mktemp("expected")
        return episodes(run(TOY, out, show=silent, start_workers=InlineWorkers))


@pytest.fixture(scope="module")
def local(toy_site: Path) -> Iterator[None]:
    """A cluster whose processes find the toy plug-in, as ``naslib-run`` starts one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(toy_site), *sys.path]))
        with connected(None):
            yield


@pytest.mark.usefixtures("local")
def test_a_killed_task_is_done_again_and_the_episodes_are_those_of_one_process(
    tmp_path: Path, expected: dict[str, dict[str, list[object]]]
) -> None:
    killed: list[int] = []
    shown: list[Progress] = []

    class Killing(Progress):
        def report(self, report: object) -> None:
            super().report(report)  # type: ignore[arg-type]
            victims = tasks()
            if not killed and victims:
                os.kill(victims[0], signal.SIGKILL)
                killed.append(victims[0])

    def show(plan: Plan) -> Progress:
        shown.append(Killing(plan, StringIO()))
        return shown[0]

    folder = run(TOY, tmp_path, workers=2, show=show, start_workers=RayWorkers)
    assert killed
    assert gone(killed[0])
    assert episodes(folder) == expected
    assert json.loads((folder / "manifest.json").read_text())["complete"] is True
    assert shown[0].agents.step == shown[0].agents.steps == 200
    before = {path: path.stat().st_mtime_ns for path in folder.glob("episodes/*/*.parquet")}
    assert run(TOY, tmp_path, workers=2, show=silent, start_workers=RayWorkers) == folder
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.usefixtures("local")
def test_ctrl_c_ends_the_tasks_and_keeps_what_is_finished(
    tmp_path: Path, expected: dict[str, dict[str, list[object]]]
) -> None:
    class Interrupting(Progress):
        def report(self, report: object) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(
            TOY,
            tmp_path,
            workers=2,
            show=lambda plan: Interrupting(plan, StringIO()),
            start_workers=RayWorkers,
        )
    wait_for(lambda: not tasks(), seconds=30)
    (folder,) = tmp_path.iterdir()
    assert len(episodes(folder)) < len(expected)
    run(TOY, tmp_path, workers=2, show=silent, start_workers=RayWorkers)
    assert episodes(folder) == expected


@pytest.mark.usefixtures("local")
def test_runs_share_the_cluster_and_the_next_begins_before_the_last_is_done(tmp_path: Path) -> None:
    jobs = {f"seed {seed}": make_job(replace(TOY, seed=seed), tmp_path) for seed in range(2)}
    told: list[str] = []

    class Telling(Progress):
        def note(self, text: str) -> None:
            told.append(text)

        def finish(self, run: str, task: Task) -> None:
            told.append(run)

    seeds = SimpleNamespace(jobs=jobs, folder=tmp_path, describe=lambda command: None)
    run_all(
        seeds,
        workers=2,
        show=lambda plan: Telling(plan, StringIO()),
        start_workers=RayWorkers,
    )
    first, second = (job.folder.name for job in jobs.values())
    assert told.count(first) == told.count(second) == 2 + 12
    second_begins = told.index("run 2 of 2: seed 1")
    before, after = told[:second_begins], told[second_begins:]
    assert before[0] == "run 1 of 2: seed 0"
    assert before.count(first) > 2
    assert after.count(first) > 0


@pytest.mark.usefixtures("local")
def test_a_folder_that_the_nodes_do_not_share_is_an_error(tmp_path: Path) -> None:
    failure = _unseen(_Work(make_job(TOY, tmp_path), EvaluationTask("random_walk", 0, 0), Future()))
    assert failure is not None
    assert failure.user_error is not None
    assert failure.user_error.expected == "a folder of runs that all nodes of the cluster see"
    assert failure.user_error.setting == "out"


def test_no_cluster_at_the_address_is_an_error() -> None:
    ray.shutdown()
    with (
        pytest.raises(UserError, match=r"expected a Ray cluster at 127\.0\.0\.1:1; got") as info,
        connected("127.0.0.1:1"),
    ):
        pass
    assert info.value.setting == "ray_address"


@pytest.mark.parametrize(("cpus", "trainings"), [(1, 1), (5, 1), (6, 2), (8, 2), (9, 3), (64, 4)])
def test_trainings_side_by_side_are_as_many_as_the_cluster_has_cores_for(
    cpus: int, trainings: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Idle(RayWorkers):
        """Has no cluster: what it begins never ends."""

        def __init__(self) -> None:
            self._count, self._waiting, self._running = 100, deque(), []

        def _start(self, work: _Work, asked: Resources) -> None:
            self._running.append(work)
            assert asked.gpus == (0.5 if isinstance(work.task, TrainingTask) else 0)

    monkeypatch.setattr("naslib_incremental.harness.ray_workers.cluster_cpus", lambda: cpus)
    learner = {**APEX, "num_gpus_per_learner": 0.5}
    config = replace(SMALL, optimizers={"apex_incremental": learner, "random_walk": {}})
    job, workers = make_job(config, tmp_path), Idle()
    for agent in range(4):
        workers.submit(job, TrainingTask("apex_incremental", agent))
    workers.submit(job, EvaluationTask("random_walk", 0, 0))
    begun = [work.task for work in workers._running]
    assert begun[:-1] == [TrainingTask("apex_incremental", agent) for agent in range(trainings)]
    assert begun[-1] == EvaluationTask("random_walk", 0, 0), "waits for no training"


def test_a_training_of_one_process_asks_for_one_core(tmp_path: Path) -> None:
    work = _Work(make_job(TOY, tmp_path), TrainingTask("toy_learner", 0), Future())
    assert _resources(work, 64) == Resources(1, 0)


def test_kill_9_of_the_command_leaves_no_process_and_it_goes_on(tmp_path: Path) -> None:
    script, out = tmp_path / "script.py", tmp_path / "out"
    script.write_text(textwrap.dedent(SCRIPT.format(config=SMALL)))
    command = [sys.executable, str(script), str(out)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(lambda: list(out.glob("*/agents/*/*/checkpoint.safetensors")))
    working = {child for child in descendants(process.pid) if not agent_of_ray(child)}
    assert len(working) >= 5
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for(lambda: all(map(gone, working)), seconds=30)
    (folder,) = out.iterdir()
    finished = {path: path.stat().st_mtime_ns for path in folder.glob("episodes/*/*.parquet")}
    assert not (folder / "agents/apex_incremental/agent0/training.json").exists()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    check_small(folder)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    steps = [json.loads(line)["step"] for line in progress_of(folder)]
    assert steps == sorted(steps)
    manifest = json.loads((folder / "manifest.json").read_text())
    (agent,) = manifest["optimizers"]["apex_incremental"]["agents"]
    training = agent["result"]
    assert 6_000 <= training["steps"] < 12_000
    assert training["details"]["topology"]["num_env_runners"] == 2
    assert manifest["reproducible"] is False


def progress_of(folder: Path) -> list[str]:
    return (folder / "agents/apex_incremental/agent0/progress.jsonl").read_text().splitlines()


def check_small(folder: Path) -> None:
    assert len(episodes(folder)) == 4
    assert json.loads((folder / "manifest.json").read_text())["complete"] is True
    assert not list(folder.rglob(".*.tmp"))


def test_a_node_killed_in_the_middle_does_not_lose_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two nodes on this machine; the one that trains is killed with all its processes."""
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    other = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    killed: list[float] = []

    class Killing(Progress):
        def report(self, report: object) -> None:
            super().report(report)  # type: ignore[arg-type]
            if not killed:
                cluster.remove_node(other, allow_graceful=False)
                killed.append(time.monotonic())

    try:
        with connected(cluster.address):
            nodes = [node for node in ray.nodes() if node["Alive"]]
            assert len(nodes) == 2
            folder = run(
                SMALL,
                tmp_path,
                workers=2,
                show=lambda plan: Killing(plan, StringIO()),
                start_workers=RayWorkers,
            )
            assert killed
            assert sum(node["Alive"] for node in ray.nodes()) == 1
    finally:
        cluster.shutdown()
    check_small(folder)
