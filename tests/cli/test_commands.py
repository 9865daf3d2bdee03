from __future__ import annotations

import json
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

import naslib_incremental
from naslib_incremental.cli import report, run
from naslib_incremental.cli.guard import guarded
from naslib_incremental.foundation.errors import MissingFileError, UserError
from naslib_incremental.foundation.storage import cache_folder

SMALL = shlex.split(
    "--optimizer toy_learner --benchmark toy/plain --seeds 1 --start-sets 2 --episodes 40 "
    "--budgets 5 10 --workers 2"
)


def code(*arguments: str, module: str = "run") -> list[str]:
    return [sys.executable, "-m", f"naslib_incremental.cli.{module}", *arguments]


@pytest.mark.usefixtures("toy")
class TestRun:
    def test_the_whole_job(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        arguments = [*SMALL, "--steps", "30", "--out", str(tmp_path)]
        assert run.main(arguments) == 0
        printed = capsys.readouterr()
        (folder,) = tmp_path.iterdir()
        for name in ("toy_learner", "random_search", "random_walk", "local_search"):
            assert name in printed.out
            assert len(list(folder.glob(f"episodes/{name}/*.parquet"))) == 2
        assert str(folder / "report" / "index.html") in printed.out
        assert (folder / "report" / "index.html").exists()
        assert "8 of 8 tasks" in printed.err
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["command"] == shlex.join(["naslib-run", *arguments])
        self.resumes_from_its_own_config(folder, capsys)
        self.rebuilds_its_report(folder, capsys)

    def resumes_from_its_own_config(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        config = str(folder / "config.yaml")
        files = {path: path.stat().st_mtime_ns for path in folder.glob("episodes/*/*.parquet")}
        assert len(files) == 8
        again = ["--config", config, "--out", str(folder.parent), "--report"]
        assert run.main([*again, "none"]) == 0
        assert capsys.readouterr().out == f"run folder: {folder}\n"
        assert run.main([*again, "summary"]) == 0
        assert "Best validation found" in capsys.readouterr().out
        assert {path: path.stat().st_mtime_ns for path in files} == files
        assert len(list(folder.parent.iterdir())) == 1
        capsys.readouterr()

    def rebuilds_its_report(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (folder / "report" / "index.html").unlink()
        assert report.main([str(folder), "--format", "html"]) == 0
        assert (folder / "report" / "index.html").exists()
        assert "toy_learner" in capsys.readouterr().out
        chosen = ["--out", str(folder.parent / "chosen"), "--format", "csv", "tex"]
        assert report.main([str(folder), *chosen]) == 0
        assert not (folder.parent / "chosen" / "index.html").exists()
        endings = {path.suffix for path in (folder.parent / "chosen" / "tables").iterdir()}
        assert endings == {".csv", ".tex"}

    def test_dry_run_writes_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run.main([*SMALL, "--out", str(tmp_path / "out"), "--dry-run"]) == 0
        printed = capsys.readouterr().out
        assert "toy_learner: 1 agents x 200 steps" in printed
        assert "8 tasks = 4 optimizers x 1 agents x 2 start sets" in printed
        assert "40 per task, 320 in all" in printed
        assert str(tmp_path / "out" / "toy-plain-") in printed
        assert "0 of 9 pieces" in printed
        assert not list(tmp_path.iterdir())

    def test_list_shows_plugins_beside_builtins(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert run.main(["--list"]) == 0
        printed = capsys.readouterr().out
        for name in (
            "toy_learner  ",
            "local_search  ",
            "toy/plain",
            "toy/untested",
            "nasbench_graph/cora",
            "NASLib  ",
        ):
            assert name in printed

    def test_list_survives_a_broken_plugin(
        self,
        toy: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        information = tmp_path / "broken-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
        groups = ("optimizers", "benchmarks", "search_spaces")
        (information / "entry_points.txt").write_text(
            "\n".join(f"[naslib_incremental.{group}]\nbroken = no_module:Thing" for group in groups)
        )
        monkeypatch.syspath_prepend(tmp_path)
        assert run.main(["--list"]) == 0
        printed = capsys.readouterr().out
        assert printed.count("cannot be loaded: No module named 'no_module'") == 3
        assert "local_search" in printed

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--optimizer", "nonsense"], r"got 'nonsense'; .*; option: --optimizer .*run --list"),
            (["--benchmark", "nonsense"], r"got 'nonsense'; .*; option: --benchmark .*run --list"),
            (
                ["--benchmark", "toy/nonsense"],
                r"one of toy/plain, toy/untested; got 'toy/nonsense'; next",
            ),
            (["--budgets", "41"], r"number of episodes, 40; got 41; .*; option: --budgets$"),
            (["--start-sets", "0"], r"start_sets of at least 1; got 0; .*; option: --start-sets$"),
            (["--out", "/proc/nowhere"], r"written to; got /proc/nowhere/toy-.*; option: --out$"),
            (["--steps", "0"], r"valid options of toy_learner \(steps must be at least 1\)"),
        ],
    )
    def test_user_errors_are_one_line(
        self, arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run.main([*SMALL, "--out", str(tmp_path), *arguments]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        (line,) = printed.err.splitlines()
        assert line.startswith("naslib-run: expected ")
        assert re.search(message, line)

    def test_internal_errors_are_one_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        arguments = [*SMALL, "--out", str(tmp_path), "--fail", "agent0", "--steps", "10"]
        assert run.main(arguments) == 1
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith("naslib-run: WorkFailedError: failed pieces of work: 1, the first: ")
        assert "ArithmeticError: made to fail" in last
        assert "--debug" in last
        assert run.main([*arguments, "--debug"]) == 1
        printed = capsys.readouterr().err
        assert 'raise ArithmeticError("made to fail")' in printed

    def test_ctrl_c_prints_how_to_resume(self, tmp_path: Path) -> None:
        arguments = [*SMALL, "--out", str(tmp_path), "--pause", "0.1"]
        process = subprocess.Popen(
            code(*arguments, "--overwrite"),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while not list(tmp_path.glob("*/episodes/local_search/*.parquet")):
            assert time.monotonic() < end
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert process.returncode == 130
        last = errors.splitlines()[-1]
        again = f"to resume: {shlex.join(['naslib-run', *arguments])}"
        assert last == f"naslib-run: interrupted; what is finished stays; {again}"
        assert "Traceback" not in errors
        (folder,) = tmp_path.iterdir()
        assert list(folder.glob("episodes/local_search/*.parquet"))
        config = yaml.safe_load((folder / "config.yaml").read_text())
        assert config["pause"] == 0.1


def test_help_is_quick_and_has_examples() -> None:
    loaded = "import sys; import naslib_incremental.cli.run as r\ntry: r.main(['--help'])\n"
    loaded += "finally: print(sorted({'numpy', 'numba', 'torch', 'pyarrow'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True
    )
    assert "examples:\n  naslib-run --optimizer apex_incremental --quick" in done.stdout
    assert done.stdout.rstrip().endswith("[]")


@pytest.mark.usefixtures("toy")
def test_help_of_an_optimizer_has_its_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        run.main(["--optimizer", "toy_learner", "--help"])
    printed = capsys.readouterr().out
    assert "options of toy_learner:" in printed
    assert "--alpha X" in printed
    assert "shaping, none switches it off" in printed
    assert "--flavour {plain,odd}" in printed
    assert "training steps (default: 200)" in printed


@pytest.mark.parametrize("module", ["run", "report"])
def test_version(module: str) -> None:
    done = subprocess.run(
        code("--version", module=module), capture_output=True, text=True, check=True
    )
    assert done.stdout == f"naslib-{module} {naslib_incremental.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "RUN"), (["nowhere"], "nowhere"), (["--nonsense", "x"], "--nonsense")],
)
def test_report_refuses_bad_input(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report.main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("naslib-report: expected ")
    assert message in line


@pytest.mark.parametrize(
    ("error", "exit_code", "line"),
    [
        (UserError("a", "b", "c"), 2, "p: expected a; got b; next: c"),
        (KeyboardInterrupt(), 130, "p: interrupted; resume"),
        (ValueError("two\nlines"), 1, "p: ValueError: two lines; for the traceback: --debug"),
    ],
)
def test_exit_codes(
    error: BaseException, exit_code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        raise error

    assert guarded("p", fail, [], lambda _: "resume") == exit_code
    assert capsys.readouterr().err == line + "\n"
    assert guarded("p", fail, ["--debug"], lambda _: "resume") == exit_code
    printed = capsys.readouterr().err
    assert "Traceback" in printed
    assert printed.endswith(line + "\n")


def test_what_a_command_can_say_beside_an_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASLIB_INCREMENTAL_DATA", str(tmp_path))

    def fail(error: UserError) -> str:
        def command(_: object) -> None:
            raise error

        options = {"out": "--out"}
        find = lambda setting, _: options.get(setting, "")  # noqa: E731
        assert guarded("p", command, [], lambda _: "", find) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line.removeprefix("p: expected a; got b; next: c")

    assert fail(UserError("a", "b", "c", setting="out")) == "; option: --out"
    assert fail(UserError("a", "b", "c", setting="other")) == ""
    missing = fail(MissingFileError("a", "b", "c", benchmark="nasbench101"))
    assert missing.startswith("; to get it: naslib-data fetch nasbench101")
    assert fail(MissingFileError("a", "b", "c")) == ""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["note", "warning"]),
        (["-q"], ["warning"]),
        (["--quiet"], ["warning"]),
        (["-v"], ["detail", "note", "warning"]),
        (["--verbose"], ["detail", "note", "warning"]),
    ],
)
def test_notes_go_to_the_error_stream(
    arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    log = logging.getLogger("naslib_incremental.somewhere.within")
    before = logging.getLogger("naslib_incremental")
    handlers, level = list(before.handlers), before.level

    def command(_: object) -> None:
        log.debug("detail")
        log.info("note")
        log.warning("warn%s", "ing")

    assert guarded("p", command, arguments, lambda _: "") == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == expected
    assert (before.handlers, before.level) == (handlers, level)


@pytest.mark.usefixtures("toy")
def test_quiet_runs_say_nothing_and_verbose_ones_the_plan(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [*SMALL, "--optimizer", "random_walk", "--out", str(tmp_path), "--report", "none"]
    assert run.main([*arguments, "--quiet"]) == 0
    assert "evaluation" not in capsys.readouterr().err
    assert run.main([*arguments, "--overwrite"]) == 0
    assert "2 of 2 tasks" in capsys.readouterr().err
    assert run.main([*arguments, "--verbose"]) == 0
    printed = capsys.readouterr()
    assert "2 tasks = 1 optimizers x 1 agents x 2 start sets" in printed.err
    (folder,) = tmp_path.iterdir()
    (folder / "episodes/random_walk/agent0-set0.parquet").write_bytes(b"x")
    assert run.main([*arguments, "-q"]) == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("damaged, done again: ")


def test_reader_that_has_seen_enough() -> None:
    command = f"{shlex.join(code('--list'))} | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert done.stderr == ""


def test_matplotlib_keeps_its_fonts_in_our_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLCONFIGDIR", "elsewhere")
    monkeypatch.delenv("MPLCONFIGDIR")
    assert guarded("naslib-run", lambda _: None, [], lambda _: "") == 0
    assert Path(os.environ["MPLCONFIGDIR"]).is_relative_to(cache_folder())
