"""A trained agent read back from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from torch import Tensor

from naslib_incremental.agent import checkpoint
from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.environment import HostEncoder, ObservationTensors
from naslib_incremental.agent.network import QNetwork
from naslib_incremental.agent.policy import Policy, QSource, array_q, q_source
from naslib_incremental.agent.training import DESCRIPTION, WEIGHTS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.search_spaces_ext.contract import SearchSpace

UNREADABLE = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    checkpoint.UnusableCheckpointError,
)


@dataclass(frozen=True)
class TrainedAgent:
    """What an evaluation needs of an agent.

    Attributes:
        source: shows and values architectures.
        policy: how its Q values become actions.
        network: its weights.
    """

    source: QSource
    policy: Policy
    network: QNetwork


def load_agent(folder: Path, space: SearchSpace, neighbours: int) -> TrainedAgent:
    """Read the agent that ``train_agent`` left in ``folder``.

    Args:
        folder: holds ``agent.safetensors`` and ``agent.json``.
        space: the space it was trained on.
        neighbours: N of the evaluation.

    Raises:
        UserError: there is no readable agent, or it was trained for another space.
    """
    description = folder / DESCRIPTION
    written = description.stat().st_mtime_ns if description.exists() else 0
    return _load(folder, written, space, neighbours)


# Evaluations on several start sets follow each other; they share the table of Q values.
@lru_cache(maxsize=2)
def _load(folder: Path, written: int, space: SearchSpace, neighbours: int) -> TrainedAgent:
    try:
        description = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
        config = AgentConfig.of(description["config"])
        network = QNetwork(config, space.features, description["slots"])
        policy = Policy(**description["policy"])
        network.load_state_dict(checkpoint.read(folder / WEIGHTS))
    except UNREADABLE as error:
        raise UserError(
            f"an agent trained on {space.name} in {folder}",
            " ".join(str(error).split())[:200],
            "train it: train_agent makes what is missing",
        ) from error
    network.eval()
    encoder = HostEncoder(space)

    def q_values(shown: ObservationTensors) -> Tensor:
        found: Tensor = network(*encoder.inputs(shown))
        return found

    source = q_source(array_q(q_values), space, neighbours, config.head == "cls")
    return TrainedAgent(source, policy, network)
