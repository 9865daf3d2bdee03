"""Training speed on the device at hand, and the time that 10 M steps would take.

Run as ``python -m bench.accelerator``. Without a GPU it says so and times the CPU: the tensors'
environment beside that of the host's arrays, which serves a CPU better.
"""

from __future__ import annotations

import argparse
import time
from datetime import timedelta

import numpy as np
import torch

from naslib_incremental.agent import AgentConfig
from naslib_incremental.agent.trainer import LocalTrainer, device_trainer, host_trainer
from naslib_incremental.benchmarks import Benchmark, open_benchmark

PAPER_STEPS = 10_000_000
# More environments and larger batches, at the same number of samples per step.
WIDE = {
    "num_envs": 4_096,
    "batch_size": 4_096,
    "update_every": 2_048,
    "learning_starts": 8_192,
}
SETTINGS = {
    "default agent, 256 environments": {},
    "default agent, 4,096 environments": WIDE,
    "paper's agent, 256 environments": {"preset": "paper"},
    "paper's agent, 4,096 environments": {"preset": "paper", **WIDE},
}


def wait(device: torch.device) -> None:
    """Until all work that was launched is done."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def steps_per_second(trainer: LocalTrainer, device: torch.device, seconds: float) -> float:
    """Environment steps per second, updates included, once updates have begun."""
    while trainer.learner.updates < 3:
        trainer.advance()
    wait(device)
    before, began = trainer.steps, time.perf_counter()
    while time.perf_counter() - began < seconds:
        trainer.advance()
        wait(device)
    return (trainer.steps - before) / (time.perf_counter() - began)


def report(what: str, rate: float) -> None:
    """One line."""
    whole = timedelta(seconds=round(PAPER_STEPS / rate))
    print(f"{what:52} {rate:>12,.0f} steps/s   10 M steps: {whole}", flush=True)


def measure(benchmark: Benchmark, device: torch.device, seconds: float) -> None:
    """On a GPU all settings in both precisions; on a CPU those of few environments."""
    seed = np.random.SeedSequence(0)
    few = {name: options for name, options in SETTINGS.items() if "num_envs" not in options}
    for name, options in (SETTINGS if device.type == "cuda" else few).items():
        config = AgentConfig.of(options)
        for mixed in (False, True) if device.type == "cuda" else (False,):
            trainer = device_trainer(config, benchmark, seed, device, mixed)
            kind = "bfloat16" if mixed else "float32"
            report(f"{name}, {device.type} {kind}", steps_per_second(trainer, device, seconds))
        if device.type == "cpu":
            rate = steps_per_second(host_trainer(config, benchmark, seed), device, seconds)
            report(f"{name}, the host's arrays", rate)


def main() -> None:
    """Measure on the GPU if there is one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--benchmark", default="nasbench_graph/cora")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each measurement")
    arguments = parser.parse_args()
    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    threads = torch.get_num_threads()
    print(
        f"{arguments.benchmark} on {torch.cuda.get_device_name(device)}"
        if gpu
        else f"{arguments.benchmark}: torch finds no GPU; this is the CPU, {threads} thread(s)"
    )
    measure(open_benchmark(arguments.benchmark), device, arguments.seconds)


if __name__ == "__main__":
    main()
