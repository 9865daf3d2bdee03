"""The agent's frozen configuration; every field states its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Literal

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.options import Options, refuse_unknown

if TYPE_CHECKING:
    from naslib_incremental.search_spaces_ext.contract import SearchSpace


def _option(default: Any, help_line: str, **metadata: Any) -> Any:
    """A field with its help line and what else ``Options`` knows of."""
    return field(default=default, metadata={"help": help_line, **metadata})


@dataclass(frozen=True)
class AgentConfig(Options):
    """How the Ape-X agent is built and trained; ``of`` makes one from a preset and changes.

    Sizes that the paper does not give (layers, heads, feed-forward) are ours in both presets.

    Raises:
        UserError: a value cannot work; names the field, the value and what would do.
    """

    preset: Literal["default", "paper"] = _option("default", "starting point of all agent options")
    head: Literal["pointer", "cls"] = _option(
        "pointer", "Q head: pointer (ours) or cls (paper, sec. 4)"
    )
    steps: int = _option(
        100_000,
        "environment steps of training (paper, sec. 4: 10 M, pairs of cells 15 M)",
        least=1,
        quick=4_096,
        quick_ablation=25_600,
    )
    num_envs: int = _option(
        256, "environments side by side (paper, sec. 4: 8 workers x 32)", least=1
    )
    neighbours: int = _option(50, "N, most neighbours presented (paper, sec. 3)", least=1)
    training_max_steps: int = _option(
        16, "most steps of a training episode (paper, sec. 4)", least=1
    )
    shaping_alpha: float | None = _option(
        None,
        "alpha of the reward shaping, 0 for none (paper, sec. 3); default: the benchmark's",
        of_benchmark=attrgetter("shaping_alpha"),
    )
    sampler: str | None = _option(
        None,
        "start sampler of training (paper, sec. 3); default: the space's",
        of_benchmark=lambda benchmark: benchmark.space.samplers[0],
    )
    reward_scale: Literal["spread", "none"] = _option(
        "spread",
        "spread: shaped rewards divided by twice their spread over sampled starts (ours); "
        "none (paper)",
    )
    dimensions: int = _option(
        64, "T, width of a token (paper, sec. 4: 256, pairs of cells 512)", least=1
    )
    encoder_layers: int = _option(3, "linear layers of the architecture encoder (ours)", least=1)
    layers: int = _option(1, "transformer layers (ours)", least=1)
    attention_heads: int = _option(4, "attention heads (ours)", least=1)
    feed_forward: int = _option(128, "hidden width of the feed-forward layers (ours)", least=1)
    gamma: float = _option(0.9, "discount per step (paper, sec. 4)", least=0, most=1)
    n_step: int = _option(3, "steps of a return (paper, sec. 4)", least=1)
    learning_rate: float = _option(1e-3, "Adam's step size (paper, sec. 4: 4e-5)")
    batch_size: int = _option(256, "transitions per update (ours)", least=1)
    update_every: int = _option(128, "environment steps per update (ours)", least=1)
    learning_starts: int = _option(
        2_048, "transitions in the replay before the first update (ours)", least=1
    )
    target_update_every: int = _option(
        200, "updates between copies to the target network (ours)", least=1
    )
    gradient_clip: float = _option(10.0, "largest gradient norm (ours)")
    replay_capacity: int = _option(51_200, "transitions kept (paper, sec. 4: 25,000)", least=1)
    priority_alpha: float = _option(0.6, "exponent of the priorities (paper, sec. 4)")
    priority_beta: float = _option(0.4, "exponent of the importance weights (paper, sec. 4)")
    epsilon_base: float = _option(0.4, "exploration ladder's base (paper, sec. 4)")
    epsilon_exponent: float = _option(7.0, "exploration ladder's exponent (paper, sec. 4)")
    temperature: float | None = _option(
        None,
        "temperature of the evaluated policy on Q, 0 is greedy (paper); default: chosen on "
        "validation accuracy after training (ours)",
        quick=0.02,
        quick_ablation=0.0,
    )
    stay_margin: float | None = _option(
        None,
        "added to the Q value of staying when evaluated, 0 is the paper's; default: chosen with "
        "the temperature (ours)",
        quick=0.1,
        quick_ablation=0.0,
    )
    device: Literal["auto", "cpu", "cuda"] = _option(
        "cpu",
        "cpu; cuda: environment, replay and learner on the GPU, for enumerable spaces; auto: cuda "
        "where that works (ours)",
    )
    checkpoint_every: int = _option(25_600, "environment steps between checkpoints (ours)", least=1)
    engine: Literal["local", "rllib"] = _option(
        "local",
        "local: each agent is trained in one process, the same seed gives the same agent; rllib: "
        "over the processes of a Ray cluster, as in the paper; needs the extra rllib",
    )
    num_env_runners: int | None = _option(
        None,
        "processes that act in a training over a cluster (paper, sec. 4: 8); default: 8, or one "
        "per core if these are fewer",
        least=1,
        identity=False,
    )
    num_replay_shards: int | None = _option(
        None,
        "processes that keep its transitions (paper, sec. 4: 4); default: 4, or one per core if "
        "these are fewer",
        least=1,
        identity=False,
    )
    num_gpus_per_learner: float = _option(
        0.0, "GPUs of the process that learns over a cluster", least=0, identity=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimensions % self.attention_heads:
            raise UserError(
                "dimensions divisible by attention_heads",
                f"{self.dimensions} and {self.attention_heads}",
                "give other attention heads, such as 1",
                "attention_heads",
            )
        if self.engine == "rllib" and self.device != "cpu":
            raise UserError(
                "device cpu with engine rllib",
                f"device {self.device}",
                "give the learner a GPU: num_gpus_per_learner of 1",
                "device",
            )
        for item in fields(self):
            cluster_only = not item.metadata.get("identity", True)
            if self.engine != "rllib" and cluster_only and getattr(self, item.name) != item.default:
                raise UserError(
                    f"engine rllib with {item.name}",
                    f"engine {self.engine}",
                    "take engine rllib",
                    "engine",
                )

    @classmethod
    def of(cls, options: Mapping[str, Any], cells: int = 1) -> AgentConfig:
        """The preset named in ``options`` with the other options put over it.

        Args:
            options: by field name.
            cells: cells of an architecture; the paper's agent is larger for pairs.

        Raises:
            UserError: an option or its value does not exist.
        """
        refuse_unknown(options, cls, "the agent")
        chosen = cls(preset=options.get("preset", "default"))
        if chosen.preset == "paper":
            chosen = replace(chosen, **PAPER, **(PAPER_PAIRS if cells > 1 else PAPER_SINGLE))
        return replace(chosen, **options)


# The paper to the letter (sections 3 and 4), with our sizes where it gives none.
PAPER: Mapping[str, Any] = {
    "head": "cls",
    "encoder_layers": 3,
    "layers": 2,
    "attention_heads": 8,
    "feed_forward": 512,
    "learning_rate": 4e-5,
    "replay_capacity": 25_000,
    "reward_scale": "none",
    "temperature": 0.0,
    "stay_margin": 0.0,
}
PAPER_SINGLE: Mapping[str, Any] = {"steps": 10_000_000, "dimensions": 256}
PAPER_PAIRS: Mapping[str, Any] = {"steps": 15_000_000, "dimensions": 512}


def resolve_device(config: AgentConfig, space: SearchSpace) -> AgentConfig:
    """The configuration with ``auto`` decided: ``cuda`` where there is one and the space allows it.

    Raises:
        UserError: ``cuda`` is asked for, and the space is not enumerable or there is no GPU.
    """
    if config.device == "cpu":
        return config
    # Late, so that asking for options costs nothing.
    import torch

    from naslib_incremental.search_spaces_ext.enumerable import EnumerableSpace

    enumerable = isinstance(space, EnumerableSpace)
    if config.device == "auto":
        fits = enumerable and torch.cuda.is_available()
        return replace(config, device="cuda" if fits else "cpu")
    if not enumerable:
        raise UserError(
            "a space whose search graph fits on the device, with device cuda",
            f"{space.name}, which cannot be enumerated",
            "take cpu",
            "device",
        )
    if not torch.cuda.is_available():
        raise UserError("a GPU that torch can use, with device cuda", "none", "take auto", "device")
    return config
