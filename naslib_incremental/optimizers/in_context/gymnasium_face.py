"""The MDP with memory as a vectorised gymnasium environment, for agents of other libraries."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from naslib_incremental.optimizers.in_context.environment import InContextEnvironment
from naslib_incremental.optimizers.in_context.observation import (
    CANDIDATE_FEATURES,
    CONTEXT_FEATURES,
    MEMORY,
    MEMORY_FEATURES,
    PRESENTED,
)
from naslib_incremental.optimizers.in_context.tasks import SourceTable, SourceTables

Shown: TypeAlias = dict[str, NDArray[Any]]

SHAPES = {
    "candidates": (PRESENTED, CANDIDATE_FEATURES),
    "memory": (MEMORY, MEMORY_FEATURES),
    "likeness": (PRESENTED, MEMORY),
    "context": (CONTEXT_FEATURES,),
}


class InContextVectorEnv(VectorEnv[Shown, NDArray[np.int64], NDArray[Any]]):
    """L searches of a fixed budget, each on a task of its own; new tasks after every episode.

    Observations are a dict of the tokens of an ``Observation`` and ``"action_mask"`` [L, K]; an
    action is the number of the presented candidate to query. All episodes terminate together, at
    the budget, and start anew in the same step; what was seen last stands for the final
    observation, as nothing is presented after the last query.

    Args:
        table: what was measured on the sources.
        num_envs: L.
        budget: queries of a search, the first of which is made by ``reset``.
        pool: candidates of a search.
        augment: whether there are tasks beside the sources.
        seed: of the environment's own generator; ``reset(seed=...)`` replaces it.
    """

    def __init__(
        self,
        table: SourceTable,
        num_envs: int = 32,
        budget: int = 50,
        pool: int = 1_024,
        augment: bool = True,
        seed: int = 0,
    ) -> None:
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self.num_envs = num_envs
        self._budget = budget
        self._generator = torch.Generator().manual_seed(seed)
        tables = SourceTables.of([table], torch.device("cpu"))
        self._environment = InContextEnvironment(tables, num_envs, pool, self._generator, augment)
        boxes: dict[str, Any] = {
            name: spaces.Box(-np.inf, np.inf, shape, np.float32) for name, shape in SHAPES.items()
        }
        boxes["action_mask"] = spaces.Box(0, 1, (PRESENTED,), np.int8)
        self.single_observation_space = spaces.Dict(boxes)
        self.single_action_space = spaces.Discrete(PRESENTED)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(  # noqa: D102
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Shown, dict[str, Any]]:
        if isinstance(seed, int):
            self._generator.manual_seed(seed)
        self._environment.reset(self._budget)
        self._left = self._budget - 1
        return self._shown(), {}

    def step(  # noqa: D102
        self, actions: NDArray[np.int64]
    ) -> tuple[Shown, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        rewards = self._environment.step(torch.as_tensor(actions, dtype=torch.long)).numpy()
        self._left -= 1
        ended = np.full(self.num_envs, self._left == 0)
        info: dict[str, Any] = {}
        if self._left == 0:
            last, final = self._shown(), np.empty(self.num_envs, object)
            for row in range(self.num_envs):
                final[row] = {name: values[row] for name, values in last.items()}
            info = {"final_obs": final, "_final_obs": ended}
            self.reset()
        return self._shown(), rewards, ended, np.zeros_like(ended), info

    def _shown(self) -> Shown:
        observation = self._environment.observation
        shown: Shown = {name: getattr(observation, name).numpy().copy() for name in SHAPES}
        shown["action_mask"] = observation.open.numpy().astype(np.int8)
        return shown
