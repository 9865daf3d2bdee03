"""The house rules: which way imports run, who speaks of commands, where the root links lead."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from naslib_incremental.foundation import storage

PACKAGE = "naslib_incremental"
CHECKOUT = Path(__file__).resolve().parent.parent
LINKS = ("benchmarks", "optimizers", "reports", "search_spaces_ext")

STOREYS = (
    ("foundation",),
    ("records",),
    ("search_spaces_ext",),
    ("benchmarks",),
    ("mdp",),
    ("agent",),
    ("optimizers",),
    ("harness", "reports"),
    ("cli",),
)
STOREY_OF = {room: storey for storey, rooms in enumerate(STOREYS) for room in rooms}

MODULES = sorted((CHECKOUT / PACKAGE).rglob("*.py"))
# All but the public face, which stands above the rooms.
ROOMS_MODULES = [path for path in MODULES if path != CHECKOUT / PACKAGE / "__init__.py"]


def dotted(path: Path) -> str:
    """The module name of a file of the package; a package's ends in ``.__init__``."""
    return ".".join(path.relative_to(CHECKOUT).with_suffix("").parts)


def imports(source: str, module: str = "") -> set[str]:
    """Absolute names of all that a module imports, wherever the statement stands in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = module.split(".")[: -node.level] if node.level else []
            base = ".".join([*parents, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def wrong_imports(source: str, module: str) -> set[str]:
    """The imports of a room's module that run up or sideways, or through the public face."""
    room = module.split(".")[1]
    wrong = set()
    for name in imports(source, module):
        head, *rest = name.split(".")
        if head != PACKAGE or name == f"{PACKAGE}.__version__":
            continue
        target = rest[0] if rest else ""
        if target != room and not (STOREY_OF.get(target, len(STOREYS)) < STOREY_OF[room]):
            wrong.add(name)
    return wrong


@pytest.mark.parametrize(
    ("module", "statement", "wrong"),
    [
        ("mdp.environment", "from naslib_incremental.benchmarks.counter import Counter", False),
        ("mdp.environment", "from naslib_incremental.mdp.shaping import shape", False),
        ("mdp.environment", "from naslib_incremental import __version__", False),
        ("mdp.environment", "import numpy, agent", False),
        ("foundation.registry", "from naslib_incremental.foundation import errors", False),
        ("foundation.registry", "from naslib_incremental.mdp import shaping", True),
        ("records.run", "from naslib_incremental.foundation import errors", False),
        ("records.run", "from naslib_incremental.benchmarks import contract", True),
        ("agent.training", "from naslib_incremental.records import training", False),
        ("reports.page.html", "from naslib_incremental.records import open_run", False),
        ("mdp.environment", "from naslib_incremental.agent.config import Config", True),
        ("mdp.environment", "import naslib_incremental.agent.config", True),
        ("mdp.environment", "from naslib_incremental import agent", True),
        ("mdp.environment", "from naslib_incremental import SearchSpace", True),
        ("mdp.environment", "from ..agent import config", True),
        ("mdp.__init__", "from ..agent import config", True),
        ("mdp.environment", "from . import shaping", False),
        ("mdp.environment", "def late():\n    import naslib_incremental.cli.run", True),
        ("reports.tables", "from naslib_incremental.harness.plan import Plan", True),
        ("harness.plan", "from naslib_incremental.reports.tables.budgets import table", True),
    ],
)
def test_the_import_rule_knows_right_from_wrong(module: str, statement: str, wrong: bool) -> None:
    assert bool(wrong_imports(statement, f"{PACKAGE}.{module}")) == wrong


@pytest.mark.parametrize("path", ROOMS_MODULES, ids=dotted)
def test_imports_run_one_way(path: Path) -> None:
    module = dotted(path)
    assert module.split(".")[1] in STOREY_OF, "a module outside the rooms of the house"
    assert wrong_imports(path.read_text(encoding="utf-8"), module) == set()


FLAG = re.compile(r"(?<![\w(-])--[a-z]")
COMMAND = re.compile(r"naslib-(run|report|data)")


def speaks_of_commands(source: str) -> list[str]:
    """Texts of a module, docstrings apart, that name a command or one of its options."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]
    return [text for text in texts if FLAG.search(text) or COMMAND.search(text)]


@pytest.mark.parametrize(
    ("statement", "speaks"),
    [
        ('raise ValueError("give another --out")', True),
        ('next = "naslib-run again"', True),
        ('f"{x} --workers"', True),
        ('"""Uses ``--out`` of the command."""', False),
        ('"a -- b"', False),
        ('"var(--ink)"', False),
        ('"naslib-incremental"', False),
    ],
)
def test_the_rule_of_commands_knows_right_from_wrong(statement: str, speaks: bool) -> None:
    assert bool(speaks_of_commands(statement)) == speaks


# What ``python -m`` runs is a command, wherever it lies.
BELOW_COMMANDS = [
    path for path in ROOMS_MODULES if "cli" not in path.parts and path.name != "__main__.py"
]


@pytest.mark.parametrize("path", BELOW_COMMANDS, ids=dotted)
def test_only_commands_speak_of_commands(path: Path) -> None:
    """Whoever calls from Python has no use for a flag; the command adds it."""
    assert speaks_of_commands(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("link", LINKS)
def test_root_links_open_the_rooms(link: str) -> None:
    assert (CHECKOUT / link).readlink() == Path(PACKAGE, link)
    assert (CHECKOUT / link / "__init__.py").is_file()


def test_nobody_imports_through_the_root_links() -> None:
    scripts = [path for folder in ("bench", "tests") for path in (CHECKOUT / folder).rglob("*.py")]
    through = {
        (str(path.relative_to(CHECKOUT)), name)
        for path in [*MODULES, *scripts]
        for name in imports(path.read_text(encoding="utf-8"))
        if name.split(".")[0] in LINKS
    }
    assert through == set()


@pytest.mark.parametrize("link", LINKS)
def test_the_linter_refuses_imports_through_the_root_links(link: str) -> None:
    for statement in (f"import {link}", f"from {link} import contract"):
        checked = subprocess.run(
            [sys.executable, "-m", "ruff", "check", "--select", "TID251", "-"],
            input=f"{statement}\n",
            cwd=CHECKOUT,
            text=True,
            capture_output=True,
            check=False,
        )
        assert checked.returncode == 1, checked.stderr
        assert f"import {PACKAGE}.{link}" in checked.stdout


def test_importing_the_package_costs_nothing() -> None:
    program = (
        "import sys, naslib_incremental\n"
        "print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, text=True, capture_output=True, check=True
    ).stdout
    assert "'naslib_incremental'" in loaded
    for heavy in ("numpy", "numba", "torch", "pandas", "scipy", "matplotlib", "gymnasium"):
        assert f"'{heavy}'" not in loaded


def test_the_public_face_opens_what_it_names() -> None:
    import naslib_incremental as face

    for name in face.__all__:
        assert getattr(face, name).__name__ == name
    with pytest.raises(AttributeError, match="nonsense"):
        _ = face.nonsense


def test_tests_leave_the_users_cache_alone() -> None:
    assert Path(tempfile.gettempdir()) in storage.cache_folder().parents


def test_torch_runs_on_one_thread() -> None:
    import torch

    assert torch.get_num_threads() == 1
