from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from naslib_incremental.cli.choices import option_for, read_choices
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig

pytestmark = pytest.mark.usefixtures("toy")
LEARNER = ["--optimizer", "toy_learner"]


def config(*arguments: str) -> RunConfig:
    found = read_choices(arguments).config
    assert found is not None
    return found


def written(path: Path, content: Any) -> str:
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return str(path)


def test_defaults() -> None:
    choices = read_choices([])
    assert choices.config == RunConfig(
        {"apex_incremental": {}, "random_search": {}, "random_walk": {}, "local_search": {}}
    )
    assert choices.out == Path("runs")
    assert choices.workers is None
    assert not choices.overwrite
    assert not choices.dry_run


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (LEARNER, ["toy_learner", "random_search", "random_walk", "local_search"]),
        ([*LEARNER, "--no-baselines"], ["toy_learner"]),
        ([*LEARNER, "random_walk"], ["toy_learner", "random_walk"]),
        (["--optimizer", "random_walk"], ["random_walk"]),
        (["--optimizer", "random_walk", "random_walk"], ["random_walk"]),
    ],
)
def test_baselines_stand_beside_what_is_trained(arguments: list[str], expected: list[str]) -> None:
    assert list(config(*arguments).optimizers) == expected


def test_all_settings() -> None:
    typed = (
        "--optimizer random_walk --benchmark toy/plain --seeds 2 --start-sets 3 --episodes 90 "
        "--budgets 50 5 5 --neighbours 6 --max-steps 7 --seed 8 --searches 9 "
        "--train-on toy/untested toy/untested"
    )
    assert config(*typed.split()) == RunConfig(
        {"random_walk": {}},
        "toy/plain",
        seeds=2,
        start_sets=3,
        episodes=90,
        searches=9,
        budgets=(5, 50),
        train_on=("toy/untested",),
        neighbours=6,
        max_steps=7,
        seed=8,
    )
    choices = read_choices(["--out", "there", "--workers", "3", "--overwrite", "--dry-run"])
    assert (choices.out, choices.workers) == (Path("there"), 3)
    assert choices.overwrite
    assert choices.dry_run


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("--steps 50", {"steps": 50}),
        ("--pause 0.5", {"pause": 0.5}),
        ("--alpha 2.5", {"alpha": 2.5}),
        ("--alpha none", {"alpha": None}),
        ("--flavour odd", {"flavour": "odd"}),
        ("--no-greedy", {"greedy": False}),
        ("--greedy", {"greedy": True}),
        ("--sizes 3 4 5", {"sizes": (3, 4, 5)}),
    ],
)
def test_options_come_from_the_optimizers_fields(typed: str, expected: dict[str, Any]) -> None:
    assert config(*LEARNER, *typed.split()).optimizers["toy_learner"] == expected


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--optimizer", "nonsense"], r"one of the optimizers .*local_search.*; got 'nonsense'"),
        (["--optimizer", "random_walk", "--steps", "5"], "unrecognized arguments: --steps 5"),
        ([*LEARNER, "--stepps", "5"], "unrecognized arguments: --stepps 5"),
        ([*LEARNER, "--step", "5"], "unrecognized arguments: --step 5"),
        ([*LEARNER, "--steps", "many"], "invalid int value: 'many'"),
        ([*LEARNER, "--alpha", "much"], "invalid float value: 'much'"),
        ([*LEARNER, "--flavour", "sweet"], "invalid choice: 'sweet'"),
        (["--seeds", "0"], "seeds of at least 1; got 0"),
        (["--seeds", "x"], "invalid int value: 'x'"),
        (["--workers", "0"], "--workers of at least 1; got 0"),
        (["--config", "nowhere.yaml"], "a config file; got nowhere.yaml"),
        (["--optimizer"], "expected at least one argument"),
    ],
)
def test_bad_input_is_refused(arguments: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        read_choices(arguments)


@pytest.mark.parametrize(
    ("setting", "arguments", "option"),
    [
        ("seeds", [], "--seeds"),
        ("start_sets", [], "--start-sets"),
        ("out", [], "--out"),
        ("optimizer", [], "--optimizer (what there is: naslib-run --list)"),
        ("benchmark", [], "--benchmark (what there is: naslib-run --list)"),
        ("learning_rate", [], "--learning-rate"),
        ("keep", LEARNER, "--keep"),
        ("learning_rate", LEARNER, ""),
        ("seeds", ["--optimizer", "nonsense"], "--seeds"),
        ("seeds", ["--config", "nowhere.yaml"], "--seeds"),
        ("nonsense", [], ""),
    ],
)
def test_the_option_of_a_setting(setting: str, arguments: list[str], option: str) -> None:
    assert option_for(setting, arguments) == option


def test_a_config_file_tells_which_options_there_are(tmp_path: Path) -> None:
    file = written(tmp_path / "c.yaml", {"optimizer": "toy_learner"})
    assert option_for("keep", ["--config", file]) == "--keep"


def test_two_optimizers_with_one_option_of_two_types(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import dataclass

    from naslib_incremental.optimizers.random_walk import RandomWalk

    @dataclass(frozen=True)
    class Other:
        steps: float = 1.0

    monkeypatch.setattr(RandomWalk, "config_class", Other)
    # The annotations of a class within a function are looked up in its module.
    Other.__annotations__["steps"] = float
    with pytest.raises(UserError, match="one type for the option --steps; got two"):
        read_choices([*LEARNER, "random_walk"])


def test_option_of_several_optimizers_goes_to_all(monkeypatch: pytest.MonkeyPatch) -> None:
    from toy_plugin import ToyOptions

    from naslib_incremental.optimizers.random_walk import RandomWalk

    monkeypatch.setattr(RandomWalk, "config_class", ToyOptions)
    found = config(*LEARNER, "random_walk", "local_search", "--steps", "9").optimizers
    assert found == {
        "toy_learner": {"steps": 9},
        "random_walk": {"steps": 9},
        "local_search": {},
    }


class TestQuick:
    def test_small_defaults(self) -> None:
        quick = config(*LEARNER, "--quick")
        assert quick.optimizers["toy_learner"] == {"steps": 20}
        assert (quick.seeds, quick.start_sets, quick.episodes) == (2, 2, 1_000)

    def test_whatever_is_given_wins(self, tmp_path: Path) -> None:
        file = written(tmp_path / "c.yaml", {"episodes": 700, "steps": 30})
        quick = config(*LEARNER, "--quick", "--seeds", "3", "--config", file)
        assert quick.optimizers["toy_learner"] == {"steps": 30}
        assert (quick.seeds, quick.start_sets, quick.episodes) == (3, 2, 700)


class TestConfigFile:
    def test_keys_are_option_names(self, tmp_path: Path) -> None:
        content = {
            "optimizer": ["toy_learner", "random_walk"],
            "benchmark": "toy/plain",
            "start-sets": 3,
            "max_steps": 7,
            "budgets": [5, 6],
            "alpha": None,
            "greedy": False,
            "sizes": [7, 8],
            "seed": 0,
        }
        assert config("--config", written(tmp_path / "c.yaml", content)) == RunConfig(
            {
                "toy_learner": {"alpha": None, "greedy": False, "sizes": (7, 8)},
                "random_walk": {},
            },
            "toy/plain",
            start_sets=3,
            budgets=(5, 6),
            max_steps=7,
        )

    def test_the_command_line_wins(self, tmp_path: Path) -> None:
        content = {"optimizer": "random_walk", "seeds": 3, "neighbours": 4}
        file = written(tmp_path / "c.yaml", content)
        found = config("--config", file, "--seeds", "9", "--optimizer", "random_search")
        assert list(found.optimizers) == ["random_search"]
        assert (found.seeds, found.neighbours) == (9, 4)

    def test_config_of_a_run_gives_the_same_run(self, tmp_path: Path) -> None:
        typed = [
            "--steps",
            "9",
            "--alpha",
            "none",
            "--sizes",
            "1",
            "2",
            "--seeds",
            "2",
            "--budgets",
            "5",
            "--no-greedy",
        ]
        first = config(*LEARNER, *typed)
        file = written(tmp_path / "c.yaml", _as_written(first))
        assert config("--config", file) == first

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ({"episods": 3}, "got 'episods'; next: did you mean 'episodes'"),
            ({"start_set": 3}, "did you mean 'start_sets'"),
            ({"start-set": 3}, "did you mean 'start_sets'"),
            ({"qqq": 3}, "got 'qqq'; next: naslib-run --optimizer NAME --help"),
            ({"steps": 3, "optimizer": "random_walk"}, "got 'steps'"),
            ({"overwrite": True}, "got 'overwrite'"),
            ({"dry-run": True}, "got 'dry-run'"),
            ({"quiet": True}, "got 'quiet'"),
            ({3: 3}, "got 3"),
            ({"seeds": "many"}, r"valid values in .*c.yaml; got .*invalid int value: 'many'"),
            ({"seeds": [1, 2]}, "valid values in"),
            ({"seeds": None}, "invalid int value: 'none'"),
            ("seeds: [", "YAML in"),
            ("seeds", "option names and values in .*got str"),
            ("", "option names and values in .*got NoneType"),
            ("!!python/object/apply:os.getcwd []", "YAML in"),
        ],
    )
    def test_bad_files_are_refused(self, tmp_path: Path, content: object, message: str) -> None:
        file = written(tmp_path / "c.yaml", content)
        with pytest.raises(UserError, match=message):
            config("--config", file)


def _as_written(config: RunConfig) -> dict[str, Any]:
    plain = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in config.flat().items()
    }
    return {**plain, "baselines": False}
