"""Real processes, really killed: what is finished stays, and the rest comes out the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from inline_workers import InlineWorkers

from naslib_incremental.harness import RunConfig, WorkFailedError, run
from naslib_incremental.harness.plan import Plan
from naslib_incremental.harness.progress import Progress

pytestmark = pytest.mark.usefixtures("toy")
CONFIG = RunConfig(
    {"toy_learner": {"steps": 100, "pause": 0.01}, "local_search": {}, "random_walk": {}},
    "toy/plain",
    seeds=2,
    start_sets=2,
    episodes=1_000,
    budgets=(5, 10),
)
SCRIPT = """
    import sys
    from pathlib import Path
    from naslib_incremental.harness import RunConfig, run
    if __name__ == "__main__":
        try:
            print(run({config!r}, Path(sys.argv[1]), workers=2))
        except KeyboardInterrupt:
            sys.exit(130)
"""


def silent(plan: Plan) -> Progress:
    return Progress(plan, StringIO())


@pytest.fixture(scope="module")
def uninterrupted(
    tmp_path_factory: pytest.TempPathFactory, toy_site: Path
) -> dict[str, dict[str, list[object]]]:
    """All episodes of a run in this process."""
    out = tmp_path_factory.mktemp("uninterrupted")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(toy_site)
        return episodes(run(CONFIG, out, show=silent, start_workers=InlineWorkers))


def episodes(folder: Path) -> dict[str, dict[str, list[object]]]:
    return {
        str(path.relative_to(folder)): pq.read_table(path).to_pydict()
        for path in sorted(folder.glob("episodes/*/*.parquet"))
    }


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(textwrap.dedent(SCRIPT.format(config=CONFIG)))
    return path


def start(script: Path, out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(script), str(out)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def descendants(process: int) -> set[int]:
    found: set[int] = set()
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            found |= {child} | descendants(child)
    return found


def workers_of(pid: int) -> list[int]:
    """The worker processes below a process, started or starting."""
    return [
        child
        for child in descendants(pid)
        if not gone(child) and b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]


def gone(process: int) -> bool:
    try:
        return "Z" in Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True


def check_rest(out: Path, before: dict[str, object], expected: dict[str, object]) -> None:
    """Going on gives what an uninterrupted run gives, and leaves alone what was finished."""
    assert 0 <= len(before) < len(expected)
    (folder,) = out.iterdir()
    kept = {name: (folder / name).stat().st_mtime_ns for name in before}
    assert run(CONFIG, out, workers=2, show=silent) == folder
    assert episodes(folder) == expected
    assert {name: (folder / name).stat().st_mtime_ns for name in before} == kept
    assert not list(folder.rglob(".*.tmp"))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["complete"] is True
    assert [
        agent["result"]["steps"] for agent in manifest["optimizers"]["toy_learner"]["agents"]
    ] == [100, 100]


def test_processes_give_the_same_as_one(
    tmp_path: Path, uninterrupted: dict[str, dict[str, list[object]]]
) -> None:
    assert episodes(run(CONFIG, tmp_path, workers=2, show=silent)) == uninterrupted


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see children")
@pytest.mark.parametrize("moment", ["agents/*/*/agent.json", "episodes/*/*.parquet"])
def test_kill_9_loses_nothing_that_is_finished(
    tmp_path: Path,
    script: Path,
    moment: str,
    uninterrupted: dict[str, dict[str, list[object]]],
) -> None:
    out = tmp_path / "out"
    process = start(script, out)
    wait_for(lambda: list(out.glob(f"*/{moment}")))
    children = descendants(process.pid)
    assert len(children) >= 2
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_for(lambda: all(map(gone, children)), seconds=20)
    (folder,) = out.iterdir()
    assert json.loads((folder / "manifest.json").read_text())["complete"] is False
    check_rest(out, dict(episodes(folder)), dict(uninterrupted))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see children")
def test_ctrl_c_ends_everything_and_keeps_what_is_finished(
    tmp_path: Path, script: Path, uninterrupted: dict[str, dict[str, list[object]]]
) -> None:
    out = tmp_path / "out"
    process = start(script, out)
    wait_for(lambda: list(out.glob("*/agents/*/*/agent.json")))
    children = descendants(process.pid)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    wait_for(lambda: all(map(gone, children)), seconds=5)
    (folder,) = out.iterdir()
    check_rest(out, dict(episodes(folder)), dict(uninterrupted))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to see children")
def test_ctrl_c_while_workers_start_leaves_no_traceback(tmp_path: Path, script: Path) -> None:
    process = start(script, tmp_path / "out")
    wait_for(lambda: workers_of(process.pid))
    # By now they import what they need, and Python would make a KeyboardInterrupt of the signal.
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "Traceback" not in errors


def test_lost_worker_is_an_error_and_the_rest_can_be_done(
    tmp_path: Path, script: Path, uninterrupted: dict[str, dict[str, list[object]]]
) -> None:
    out = tmp_path / "out"
    process = start(script, out)
    wait_for(lambda: list(out.glob("*/agents/*/*/agent.json")))
    os.kill(workers_of(process.pid)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "ended from outside" in errors
    (folder,) = out.iterdir()
    check_rest(out, dict(episodes(folder)), dict(uninterrupted))


def test_failure_in_a_process_does_not_stop_the_others(tmp_path: Path) -> None:
    optimizers = {"toy_learner": {"steps": 10, "fail": "agent0"}, "random_walk": {}}
    config = RunConfig(optimizers, "toy/plain", seeds=2, start_sets=1, episodes=10, budgets=(5,))
    with pytest.raises(WorkFailedError, match=r"agent 0: ArithmeticError: made to fail.*rest"):
        run(config, tmp_path, workers=2, show=silent)
    (folder,) = tmp_path.iterdir()
    assert len(episodes(folder)) == 1 + 2
    assert json.loads((folder / "manifest.json").read_text())["complete"] is False


def test_workers_report(tmp_path: Path) -> None:
    shown: list[Progress] = []

    def show(plan: Plan) -> Progress:
        shown.append(Progress(plan, StringIO()))
        return shown[0]

    config = RunConfig(
        {"toy_learner": {"steps": 50}},
        "toy/plain",
        seeds=2,
        start_sets=1,
        episodes=10,
        budgets=(5,),
    )
    run(config, tmp_path, workers=1, show=show)
    assert shown[0].agents.step == shown[0].agents.steps == 100
    assert shown[0].evaluated == 2
