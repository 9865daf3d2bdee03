"""The house rules: which way imports run, how long a module is, where the root links lead."""

from __future__ import annotations

import ast
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
        ("registry", "from naslib_incremental.foundation.errors import UserError", False),
        ("registry", "from naslib_incremental.mdp import shaping", True),
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


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_modules_are_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines < 80 if path.name == "__init__.py" else lines <= 250


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
