from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_plugin import ToyTransfer

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.harness import RunConfig, tasks
from naslib_incremental.harness.job import make_job
from naslib_incremental.optimizers import EpisodeSettings
from naslib_incremental.optimizers.gp_ei import GpEi
from naslib_incremental.optimizers.random_search import RandomSearch
from naslib_incremental.optimizers.regularized_evolution import RegularizedEvolution
from naslib_incremental.records import TrainingResult, TrainingTask

CONFIG = RunConfig({"random_search": {}}, "toy/plain", budgets=(5, 10), episodes=10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": 0}, "seeds of at least 1; got 0"),
        ({"start_sets": 0}, "start_sets of at least 1; got 0"),
        ({"episodes": 0}, "episodes of at least 1"),
        ({"neighbours": 0}, "neighbours of at least 1"),
        ({"max_steps": -1}, "max_steps of at least 1; got -1"),
        ({"seed": -3}, "seed of at least 0"),
        ({"budgets": (0, 5)}, "budgets of numbers from 1"),
        ({"long_search": 0}, "long_search of at least 1"),
        ({"optimizers": {}}, "optimizer of one or more names; got none"),
    ],
)
def test_numbers_out_of_range_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as info:
        replace(CONFIG, **change)
    assert info.value.setting == next(iter(change)).replace("optimizers", "optimizer")


def test_settings_shared_by_optimizers() -> None:
    config = replace(CONFIG, neighbours=7, max_steps=3)
    assert config.settings == EpisodeSettings(neighbours=7, max_steps=3, query_budget=10)


def test_only_searches_that_take_it_cheaply_are_long() -> None:
    config = replace(CONFIG, neighbours=7, long_search=5_000)
    assert config.settings_of(RegularizedEvolution) == EpisodeSettings(7, 32, 5_000)
    for kind in (GpEi, RandomSearch):
        assert config.settings_of(kind) == config.settings == EpisodeSettings(7, 32, 10)
    short = replace(config, long_search=9)
    assert short.settings_of(RegularizedEvolution).query_budget == 10


def test_flat_names_are_those_of_the_settings() -> None:
    config = replace(CONFIG, optimizers={"toy_learner": {"steps": 5}, "random_walk": {}})
    flat = config.flat()
    assert flat["optimizer"] == ["toy_learner", "random_walk"]
    assert flat["start_sets"] == 5
    assert flat["steps"] == 5


@pytest.mark.usefixtures("toy")
class TestResolved:
    CONFIG = replace(CONFIG, optimizers={"toy_learner": {"steps": 7}, "random_search": {}})

    def folder(self, config: RunConfig, out: str = "out") -> Path:
        return make_job(config, Path(out)).folder.path

    @pytest.mark.parametrize(
        "change",
        [
            {"benchmark": "toy/untested"},
            {"episodes": 11},
            {"budgets": (5, 9)},
            {"neighbours": 51},
            {"max_steps": 33},
            {"seed": 1},
            {"optimizers": {"toy_learner": {"steps": 8}, "random_search": {}}},
            {"optimizers": {"toy_learner": {"steps": 7}}},
        ],
    )
    def test_whatever_changes_numbers_changes_the_folder(self, change: dict[str, Any]) -> None:
        assert self.folder(replace(self.CONFIG, **change)).name != self.folder(self.CONFIG).name

    def test_budgets_are_the_benchmarks_that_the_episodes_allow(self) -> None:
        for episodes, budgets in [(10_000, (50, 100, 150, 300)), (120, (50, 100)), (9, (9,))]:
            config = replace(self.CONFIG, budgets=(), episodes=episodes)
            assert make_job(config, Path("out")).config.budgets == budgets

    @pytest.mark.parametrize("change", [{"seeds": 6}, {"start_sets": 6}, {"budgets": (3, 7, 10)}])
    def test_a_run_can_be_given_more_agents_sets_and_budgets(self, change: dict[str, Any]) -> None:
        assert self.folder(replace(self.CONFIG, **change)) == self.folder(self.CONFIG)

    def test_nothing_else_changes_the_folder(self) -> None:
        spelled_out = {"toy_learner": {"steps": 7, "keep": 3}, "random_search": {}}
        same = self.folder(replace(self.CONFIG, optimizers=spelled_out), out="elsewhere")
        assert same.name == self.folder(self.CONFIG).name

    def test_folder_name(self) -> None:
        job = make_job(self.CONFIG, Path("out"))
        digest = job.folder.config_hash
        assert job.folder.path == Path.cwd() / "out" / f"toy-plain-{digest[:10]}"

    def test_hash_is_the_same_in_another_process(self) -> None:
        code = (
            "from pathlib import Path; from naslib_incremental.harness import RunConfig;"
            "from naslib_incremental.harness.job import make_job;"
            f"print(make_job({self.CONFIG!r}, Path()).folder.config_hash)"
        )
        command = [sys.executable, "-c", code]
        printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert printed.strip() == make_job(self.CONFIG, Path()).folder.config_hash

    def test_options_are_filled_in(self) -> None:
        job = make_job(self.CONFIG, Path())
        assert job.options["toy_learner"]["steps"] == 7
        assert job.options["toy_learner"]["keep"] == 3
        assert job.options["random_search"] == {}

    @pytest.mark.parametrize(
        ("typed", "same"),
        [
            ({"shaping_alpha": 0.0}, True),
            ({"shaping_alpha": 1.0}, False),
            ({"sampler": "uniform"}, True),
        ],
    )
    def test_typing_what_the_benchmark_decides_is_the_same_run(
        self, typed: dict[str, Any], same: bool
    ) -> None:
        config = replace(self.CONFIG, optimizers={"apex_incremental": {}})
        job = make_job(config, Path())
        assert job.options["apex_incremental"]["shaping_alpha"] == 0.0
        assert job.options["apex_incremental"]["sampler"] == "uniform"
        assert job.options["apex_incremental"]["temperature"] is None, "chosen after training"
        other = make_job(replace(config, optimizers={"apex_incremental": typed}), Path())
        assert (other.folder.name == job.folder.name) is same

    def test_a_budget_needs_as_many_episodes_unless_an_episode_is_a_search(self) -> None:
        config = replace(self.CONFIG, budgets=(5, 11))
        message = "number of episodes, 10; got 11; next: give smaller budgets or more"
        with pytest.raises(UserError, match=message) as caught:
            make_job(config, Path())
        assert caught.value.setting == "budgets"
        searches = replace(config, optimizers={"regularized_evolution": {}}, searches=3)
        job = make_job(searches, Path())
        assert job.folder.episodes == {"regularized_evolution": 3}
        assert make_job(replace(searches, budgets=()), Path()).config.budgets == (50, 100, 150, 300)

    def test_long_searches_are_other_numbers_and_need_who_makes_them(self) -> None:
        searches = replace(self.CONFIG, optimizers={"regularized_evolution": {}, "gp_ei": {}})
        longer = replace(searches, long_search=4_000)
        assert self.folder(longer).name != self.folder(searches).name
        job = make_job(longer, Path())
        assert job.optimizer("regularized_evolution").settings.query_budget == 4_000
        assert job.optimizer("gp_ei").settings.query_budget == 10
        with pytest.raises(UserError, match="a memory whose searches may be long; got toy_l"):
            make_job(replace(self.CONFIG, long_search=4_000), Path())

    def test_unknown_option_is_refused(self) -> None:
        config = replace(self.CONFIG, optimizers={"toy_learner": {"stepps": 7}})
        with pytest.raises(UserError, match=r"an option of toy_learner: .*steps.*; got 'stepps'"):
            make_job(config, Path())

    def test_options_of_an_optimizer_without_any_are_refused(self) -> None:
        config = replace(self.CONFIG, optimizers={"random_search": {"steps": 7}})
        with pytest.raises(UserError, match="it has none; got 'steps'"):
            make_job(config, Path())

    def test_value_out_of_range_is_refused(self) -> None:
        config = replace(self.CONFIG, optimizers={"toy_learner": {"steps": 0}})
        with pytest.raises(UserError, match=r"steps must be at least 1.*got steps=0"):
            make_job(config, Path())

    def test_unknown_benchmark_is_refused(self) -> None:
        with pytest.raises(UserError, match=r"toy/plain.*; got 'toy/nonsense'"):
            make_job(replace(self.CONFIG, benchmark="toy/nonsense"), Path())

    def test_optimizer_gets_settings_and_options(self) -> None:
        job = make_job(self.CONFIG, Path())
        made = job.optimizer("toy_learner")
        assert made.settings == self.CONFIG.settings
        assert made.config is not None
        assert made.config.steps == 7
        assert set(job.configs) == {"toy_learner", "random_search"}

    def test_where_work_is_done_is_no_part_of_what_a_run_is(self) -> None:
        engine = {"engine": "rllib"}
        spread = {**engine, "num_env_runners": 2, "num_replay_shards": 1}
        local, cluster, more = (
            make_job(replace(self.CONFIG, optimizers={"apex_incremental": options}), Path())
            for options in ({}, engine, spread)
        )
        assert local.folder.name != cluster.folder.name == more.folder.name
        assert more.configs["apex_incremental"].num_env_runners == 2

    def test_an_optimizer_that_cannot_be_made_is_told_of_before_any_work(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def lacking(*_: object) -> None:
            raise UserError("a package", "none", "install it")

        monkeypatch.setattr("toy_plugin.ToyLearner.__init__", lacking)
        with pytest.raises(UserError, match="expected a package"):
            make_job(self.CONFIG, Path())


@pytest.mark.usefixtures("toy")
class TestSources:
    """What agents are trained on."""

    CORA = RunConfig({"toy_transfer": {}}, "nasbench_graph/cora", budgets=(5,))

    def sources(self, **change: Any) -> dict[str, tuple[str, ...]]:
        return dict(make_job(replace(self.CORA, **change), Path()).sources)

    def test_by_default_the_other_data_sets_of_the_family(self) -> None:
        found = self.sources()["toy_transfer"]
        assert len(found) == 7
        assert "nasbench_graph/arxiv" in found
        assert not {"nasbench_graph/cora", "nasbench_graph/proteins"} & set(found)

    def test_others_learn_on_the_benchmark_itself_or_nothing(self) -> None:
        found = self.sources(optimizers={"apex_incremental": {}, "random_walk": {}})
        assert found == {"apex_incremental": ("nasbench_graph/cora",), "random_walk": ()}

    def test_what_is_named_is_taken_and_makes_another_run(self) -> None:
        named = ("nasbench_graph/cs", "nasbench_graph/photo")
        assert self.sources(train_on=named)["toy_transfer"] == named
        one, other = (
            make_job(replace(self.CORA, train_on=names), Path()).folder.name
            for names in (named, named[:1])
        )
        assert one != other

    @pytest.mark.parametrize(
        ("train_on", "message"),
        [
            ("nasbench_graph/cora", "other data sets than nasbench_graph/cora; got nasbench_gr"),
            (
                "nasbench_graph/proteins",
                "other data sets than nasbench_graph/cora; got nasbench_gr",
            ),
            ("toy/plain", "of the space nasbench_graph; got toy/plain, of toy"),
        ],
    )
    def test_what_it_cannot_learn_from_is_refused(self, train_on: str, message: str) -> None:
        with pytest.raises(UserError, match=message) as caught:
            self.sources(train_on=(train_on,))
        assert caught.value.setting == "train_on"

    def test_a_benchmark_without_others_is_refused(self) -> None:
        proteins = "nasbench_graph/proteins"
        with pytest.raises(UserError, match=f"can learn from; got none beside {proteins}"):
            self.sources(benchmark=proteins, train_on=())

    def test_training_never_asks_the_target(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever the harness hands to a training, it is not the benchmark searched."""
        job = make_job(replace(self.CORA, benchmark="toy/plain"), Path())
        handed: list[str] = []

        def train(self: Any, sources: Any, *_: Any) -> TrainingResult:
            handed.extend(source.name for source in sources)
            return TrainingResult(1, 1, 1, 1.0, {})

        monkeypatch.setattr(ToyTransfer, "train", train)
        monkeypatch.setattr(tasks, "write_training", lambda *_: None)
        assert tasks.perform(job, TrainingTask("toy_transfer", 0), print) is None
        assert handed == ["toy/untested"]
