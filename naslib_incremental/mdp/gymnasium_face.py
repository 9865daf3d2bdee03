"""The incremental MDP with gymnasium's faces: a vectorised environment, and a single one."""

from __future__ import annotations

from typing import Any, TypeAlias

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from naslib_incremental.benchmarks.contract import Benchmark
from naslib_incremental.benchmarks.counter import QueryCounter
from naslib_incremental.mdp.incremental import IncrementalMDP, Observation

Materialised: TypeAlias = dict[str, NDArray[Any]]


class IncrementalVectorEnv(VectorEnv[Materialised, NDArray[np.int64], NDArray[Any]]):
    """L environments in one call; one that ends starts anew in the same step (``SAME_STEP``).

    Observations are a dict of ``"architectures"`` [L, N+1, F] 0/1 features, the current one first,
    and ``"action_mask"`` [L, N+1]. Slots beyond the space's largest degree do not exist.

    Args:
        benchmark: what architectures are worth.
        num_envs: L.
        neighbours: N, most neighbours presented.
        max_steps: steps after which an episode is truncated.
        shaping_alpha: None for the benchmark's default.
        seed: of the environment's own generator; ``reset(seed=...)`` replaces it.
    """

    def __init__(
        self,
        benchmark: Benchmark,
        num_envs: int = 256,
        neighbours: int = 50,
        max_steps: int = 16,
        shaping_alpha: float | None = None,
        seed: int | None = None,
    ) -> None:
        self.metadata = {"autoreset_mode": AutoresetMode.SAME_STEP}
        self.num_envs = num_envs
        self.counter = QueryCounter(benchmark)
        self.mdp = IncrementalMDP(
            self.counter,
            num_envs=num_envs,
            neighbours=neighbours,
            max_steps=max_steps,
            shaping_alpha=benchmark.shaping_alpha if shaping_alpha is None else shaping_alpha,
            rng=np.random.default_rng(seed),
        )
        slots = self.mdp.observation.mask.shape[1]
        self.single_observation_space = spaces.Dict(
            {
                "architectures": spaces.Box(0, 1, (slots, benchmark.space.features), np.uint8),
                "action_mask": spaces.Box(0, 1, (slots,), np.int8),
            }
        )
        self.single_action_space = spaces.Discrete(slots)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(  # noqa: D102
        self, *, seed: int | list[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Materialised, dict[str, Any]]:
        if seed is not None:
            self.mdp.rng = np.random.default_rng(seed)  # type: ignore[arg-type]
        return self._materialise(self.mdp.reset()), {}

    def step(  # noqa: D102
        self, actions: NDArray[np.int64]
    ) -> tuple[Materialised, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        step = self.mdp.step(np.asarray(actions, np.int64))
        info: dict[str, Any] = {"validation": step.accuracy}
        if step.ended.any():
            final = np.empty(self.num_envs, object)
            ended = np.flatnonzero(step.ended)
            features = self._materialise(step.following.take(ended))
            for row, index in enumerate(ended):
                final[index] = {name: values[row] for name, values in features.items()}
            info |= {"final_obs": final, "_final_obs": step.ended}
        observation = self._materialise(self.mdp.observation)
        return observation, step.rewards, step.terminated, step.truncated, info

    def _materialise(self, observation: Observation) -> Materialised:
        return {
            "architectures": self.mdp.space.encode(observation.architectures),
            "action_mask": observation.mask.astype(np.int8),
        }


class IncrementalEnv(gymnasium.Env[Materialised, np.int64]):
    """One environment of ``IncrementalVectorEnv``, for code that takes no vectors.

    Args:
        benchmark: what architectures are worth.
        **options: as for ``IncrementalVectorEnv``.
    """

    def __init__(self, benchmark: Benchmark, **options: Any) -> None:
        self.vector = IncrementalVectorEnv(benchmark, num_envs=1, **options)
        self.observation_space = self.vector.single_observation_space
        self.action_space = self.vector.single_action_space

    def reset(  # noqa: D102
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Materialised, dict[str, Any]]:
        super().reset(seed=seed)
        observation, _ = self.vector.reset(seed=seed)
        return _only(observation), {}

    def step(  # noqa: D102
        self, action: np.int64
    ) -> tuple[Materialised, float, bool, bool, dict[str, Any]]:
        observation, rewards, terminated, truncated, info = self.vector.step(np.array([action]))
        ended = bool(terminated[0] or truncated[0])
        shown = info["final_obs"][0] if ended else _only(observation)
        details = {"validation": float(info["validation"][0])}
        return shown, float(rewards[0]), bool(terminated[0]), bool(truncated[0]), details


def _only(observation: Materialised) -> Materialised:
    return {name: values[0] for name, values in observation.items()}
