"""Options of a training of a few updates, with checkpoints between them."""

from __future__ import annotations

OPTIONS = {
    "steps": 2_560,
    "lanes": 64,
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
