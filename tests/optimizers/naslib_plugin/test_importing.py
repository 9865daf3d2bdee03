"""NASLib missing, broken, or in need of help: one line, and nothing left behind."""

from __future__ import annotations

import collections
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path

import pytest

from naslib_incremental.foundation.errors import UserError
from naslib_incremental.optimizers import naslib as plugin
from naslib_incremental.optimizers.naslib.stand_ins import UNUSED
from tests.optimizers.naslib_plugin.conftest import STANDIN, forget

MISSING = [name for name in UNUSED if find_spec(name) is None]


Put = Callable[[Path], None]


@pytest.fixture
def put() -> Iterator[Put]:
    """No NASLib on the path but in the folders that a test puts there, the last one first."""
    before = sys.path[:]
    sys.path[:] = [entry for entry in sys.path if not Path(entry, "naslib").is_dir()]
    forget()

    def put(folder: Path) -> None:
        sys.path.insert(0, str(folder))
        invalidate_caches()

    yield put
    sys.path[:] = before
    forget()


def broken(tmp_path: Path, content: str) -> Path:
    """A NASLib whose ``utils`` says ``content``, under its ``optimizers``."""
    for package in ("naslib", "naslib/optimizers", "naslib/utils"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "naslib/optimizers/__init__.py").write_text("import naslib.utils\n")
    (tmp_path / "naslib/utils/__init__.py").write_text(content)
    return tmp_path


def test_missing(put: Put) -> None:
    with pytest.raises(UserError, match=r"got no module naslib; next: put a checkout .*PYTHONPATH"):
        plugin.load_naslib()
    with pytest.raises(UserError, match="no module naslib"):
        _ = plugin.ApexIncremental
    assert plugin.naslib_status().startswith("not there: no module naslib; to get it: put")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import not_there_at_all.part", r"not_there_at_all.*in naslib\.utils.*pip install not_th"),
        ("import nasbench_pytorch_", r"pip install nasbench_pytorch_"),
        ("raise AttributeError('old numpy')", r"AttributeError: old numpy \(in naslib\.utils\)"),
        ("import naslib.gone", r"naslib\.gone.*in naslib\.utils.*a fresh checkout"),
        ("def f(:", r"SyntaxError.*a fresh checkout"),
    ],
)
def test_broken(put: Put, tmp_path: Path, content: str, message: str) -> None:
    put(broken(tmp_path, content))
    before = set(sys.modules)
    for _ in range(2):
        with pytest.raises(UserError, match=message) as caught:
            plugin.load_naslib()
        assert "\n" not in str(caught.value)
    assert not {name for name in set(sys.modules) - before if name.startswith("naslib.")}
    assert plugin.naslib_status().startswith("not there: ")


def test_a_mended_naslib_is_found(put: Put, tmp_path: Path) -> None:
    put(broken(tmp_path, "import not_there_at_all"))
    with pytest.raises(UserError):
        plugin.load_naslib()
    put(STANDIN)
    assert plugin.load_naslib().version == "0.1.0+standin"


def test_found(put: Put) -> None:
    put(STANDIN)
    found = plugin.load_naslib()
    assert found.folder == STANDIN / "naslib"
    assert plugin.naslib_status() == f"version 0.1.0+standin in {STANDIN / 'naslib'}"
    assert issubclass(plugin.RandomSearch, found.MetaOptimizer)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = plugin.nonsense


@pytest.mark.parametrize(
    "first", ["naslib", "naslib.search_spaces", "naslib.defaults.trainer", "naslib.utils"]
)
def test_naslib_may_be_named_before_anything_of_the_plugin_is(put: Put, first: str) -> None:
    """The plug-in is imported, and nothing asked of it: whatever NASLib lacks is stood in for."""
    put(STANDIN)
    module = import_module(first)
    assert Path(str(module.__file__)).is_relative_to(STANDIN)
    space = import_module("naslib.search_spaces").NasBench101SearchSpace
    assert plugin.load_naslib().folder == STANDIN / "naslib"
    assert import_module("naslib.search_spaces").NasBench101SearchSpace is space
    assert issubclass(plugin.RandomSearch, plugin.load_naslib().MetaOptimizer)


def test_a_broken_naslib_says_itself_what_is_wrong(put: Put, tmp_path: Path) -> None:
    put(broken(tmp_path, "import not_there_at_all"))
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        import_module("naslib.optimizers")


def test_shims_leave_nothing_behind(put: Put) -> None:
    put(STANDIN)
    finders, iterable = list(sys.meta_path), hasattr(collections, "Iterable")
    plugin.load_naslib()
    assert sys.meta_path == finders
    assert hasattr(collections, "Iterable") == iterable
    assert not {name.partition(".")[0] for name in sys.modules} & set(MISSING)
    for name in MISSING:
        with pytest.raises(ModuleNotFoundError):
            import_module(name)


@pytest.mark.skipif("pyro" not in MISSING, reason="pyro is installed")
def test_what_is_missing_is_named_where_it_is_used(put: Put) -> None:
    put(STANDIN)
    plugin.load_naslib()
    with pytest.raises(ImportError, match=r"needs pyro for pyro\.contrib\.gp\.kernels\.RBF"):
        import_module("naslib.utils").NeedsPyro(3)


def test_packages_that_are_there_are_the_real_ones(put: Put) -> None:
    put(STANDIN)
    plugin.load_naslib()
    from scipy import special

    assert special.expit(0.0) == 0.5


def test_rows_need_naslib(put: Put) -> None:
    from toy_plugin import ToySpace

    from naslib_incremental.optimizers import EpisodeSettings
    from naslib_incremental.optimizers.registry import make_optimizer

    with pytest.raises(UserError, match="no module naslib"):
        make_optimizer("naslib:random_search", ToySpace(), EpisodeSettings())
