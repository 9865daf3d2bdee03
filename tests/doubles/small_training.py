"""Trainings of a few updates, with checkpoints between them, in both environments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from naslib_incremental.agent.config import AgentConfig
from naslib_incremental.agent.trainer import LocalTrainer, device_trainer, host_trainer
from naslib_incremental.benchmarks import Benchmark

CPU = torch.device("cpu")
OPTIONS = {
    "steps": 2_560,
    "num_envs": 64,
    "update_every": 64,
    "batch_size": 32,
    "learning_starts": 256,
    "replay_capacity": 1_000,
    "target_update_every": 7,
    "dimensions": 16,
    "checkpoint_every": 640,
    "temperature": 0.02,
    "stay_margin": 0.1,
}

StartTrainer = Callable[[AgentConfig, Benchmark, np.random.SeedSequence], LocalTrainer]
# The tensors of a device lie on the CPU here.
STARTS: dict[str, StartTrainer] = {
    "host": host_trainer,
    "device": partial(device_trainer, device=CPU),
}
