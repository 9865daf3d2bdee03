"""What ``naslib-run`` prints besides its results: the plan, and what can be chosen."""

from __future__ import annotations

from collections.abc import Iterator

from naslib_incremental.benchmarks import BENCHMARKS
from naslib_incremental.foundation.errors import UserError
from naslib_incremental.foundation.registry import Registry
from naslib_incremental.harness.ablation import Study
from naslib_incremental.harness.job import Job
from naslib_incremental.harness.plan import make_plan
from naslib_incremental.harness.provenance import usable_cores
from naslib_incremental.harness.suite import Suite
from naslib_incremental.optimizers import OPTIMIZERS
from naslib_incremental.optimizers.naslib import naslib_status
from naslib_incremental.search_spaces_ext import SEARCH_SPACES


def plan_text(job: Job, workers: int | None) -> str:
    """What a run would do."""
    config, plan = job.config, make_plan(job.config)
    present = sum(job.folder.file(task).exists() for task in plan.tasks)
    trainings = [
        f"{name}: {config.seeds} agents"
        + (f" x {steps:,} steps" if steps else "")
        + (f" on {', '.join(sources)}" if sources != (config.benchmark,) else "")
        for name, sources in job.sources.items()
        if sources
        for steps in [job.options[name].get("steps")]
    ]
    evaluations = len(plan.evaluations)
    evaluation = (
        f"{evaluations} tasks = {len(config.optimizers)} optimizers x {config.seeds} agents "
        f"x {config.start_sets} start sets"
    )
    tasks = config.seeds * config.start_sets
    in_all = sum(tasks * count for count in job.folder.episodes.values())
    per_task = ", ".join(f"{name} {count:,}" for name, count in job.folder.episodes.items())
    if len(set(job.folder.episodes.values())) == 1:
        per_task = f"{next(iter(job.folder.episodes.values())):,}"
    episodes = (
        f"{per_task} per task, {in_all:,} in all; "
        f"at most {config.neighbours} neighbours and {config.max_steps} steps"
    )
    rows = [
        ("benchmark", config.benchmark),
        ("optimizers", ", ".join(config.optimizers)),
        ("training", "; ".join(trainings) or "none"),
        ("evaluation", evaluation),
        ("episodes", episodes),
        ("budgets", " ".join(str(budget) for budget in config.budgets)),
        *([("long searches", f"{config.long_search:,} queries")] if config.long_search else []),
        ("seed", str(config.seed)),
        ("workers", str(workers or usable_cores())),
        ("run folder", str(job.folder.path)),
        ("already there", f"{present} of {len(plan)} pieces of work"),
    ]
    return table(rows)


def study_text(study: Study, workers: int | None) -> str:
    """What an ablation would do."""
    config = study.ablation.base
    files = [job.folder.file(task) for job, plan in study.plans for task in plan.tasks]
    present = sum(file.exists() for file in files)
    values: dict[str, dict[str, None]] = {}
    for level in study.ablation.levels:
        values.setdefault(level.factor, {})[level.value] = None
    variants = dict.fromkeys(level.variant for level in study.ablation.levels)
    rows = [
        ("benchmark", config.benchmark),
        ("optimizer", ", ".join(config.optimizers)),
        *((factor, " ".join(tried)) for factor, tried in values.items()),
        ("around", "; ".join(variants)),
        ("runs", f"{len(study.jobs)} of {config.seeds} agents each"),
        ("workers", str(workers or usable_cores())),
        ("study folder", str(study.folder)),
        ("already there", f"{present} of {len(files)} pieces of work"),
    ]
    return table(rows)


def suite_text(suite: Suite, workers: int | None) -> str:
    """What a suite would do: the plan of each of its runs, and the folder of all."""
    plans = [plan_text(job, workers) for job in suite.jobs.values()]
    return "\n\n".join([*plans, table([("suite folder", str(suite.folder))])])


def choices_text() -> str:
    """Everything that can be chosen, plug-ins included."""
    sections = [
        ("optimizers", list(_described(OPTIMIZERS))),
        ("benchmarks", list(_variants())),
        ("search spaces", list(_described(SEARCH_SPACES))),
        ("other packages", [("NASLib", naslib_status())]),
    ]
    return "\n\n".join(f"{title}\n{table(rows, '  ')}" for title, rows in sections)


def _described(registry: Registry) -> Iterator[tuple[str, str]]:
    for name in registry.names():
        try:
            text = registry.load(name).__doc__ or ""
            yield name, text.strip().partition("\n")[0]
        except UserError as error:
            yield name, f"cannot be loaded: {error.got}"


def _variants() -> Iterator[tuple[str, str]]:
    for name in BENCHMARKS.names():
        try:
            kind = BENCHMARKS.load(name)
            described = (kind.__doc__ or "").strip().partition("\n")[0]
            for variant in kind.variants:
                yield (f"{name}/{variant}" if variant else name), described
                described = ""
        except UserError as error:
            yield name, f"cannot be loaded: {error.got}"


def table(rows: list[tuple[str, str]], indent: str = "") -> str:
    """Two aligned columns."""
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{indent}{name:{width}}  {text}".rstrip() for name, text in rows)
