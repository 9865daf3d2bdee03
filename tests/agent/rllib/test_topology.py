"""What a training asks of a cluster: what was configured, or what fits; known without Ray."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.rllib import topology as module
from naslib_incremental.agent.rllib.topology import Topology, fitting_topology, require_ray
from naslib_incremental.agent.training import start_trainer
from naslib_incremental.foundation.errors import UserError
from tests.doubles.tiny_mdp import TinyBenchmark


@pytest.mark.parametrize(
    ("cpus", "topology"),
    [
        (1, Topology(1, 1, cpus_per_process=0.0)),
        (2, Topology(2, 2, cpus_per_process=0.0)),
        (8, Topology(8, 4, cpus_per_process=0.0)),
        (9, Topology(8, 4, cpus_per_process=1.0)),
        (64, Topology(8, 4, cpus_per_process=1.0)),
    ],
)
def test_the_papers_topology_or_what_fits(cpus: int, topology: Topology) -> None:
    rllib = {"engine": "rllib"}
    assert fitting_topology(AgentConfig.of(rllib), cpus) == topology
    sizes = {"num_env_runners": 3, "num_replay_shards": 1, "num_gpus_per_learner": 0.5}
    asked = fitting_topology(AgentConfig.of({**rllib, **sizes}), cpus)
    assert asked == Topology(3, 1, 0.5, 1.0 if cpus > 3 else 0.0)


def test_without_ray_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="next: install the extra rllib") as error:
        require_ray()
    assert error.value.setting == "engine"
    config = AgentConfig.of({"engine": "rllib"})
    with pytest.raises(UserError, match="got an environment without ray"):
        start_trainer(config, TinyBenchmark([[1], [0]], [0.1, 0.2]), np.random.SeedSequence(0))


def test_what_fits_is_known_without_loading_ray_or_torch() -> None:
    program = (
        "import sys, naslib_incremental.agent.rllib.topology\n"
        "print(sorted({'ray', 'torch'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], text=True, capture_output=True, check=True
    )
    assert loaded.stdout == "[]\n"
