"""The wheel itself: what is in it, and that it works away from the checkout."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

PACKAGE = "naslib_incremental"
CHECKOUT = Path(__file__).resolve().parent.parent


def run(command: list[str], folder: Path) -> str:
    """What the command prints, run in a folder; what it complained about, if it failed."""
    finished = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the checkout, where no earlier build has left anything."""
    source = tmp_path_factory.mktemp("source")
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(CHECKOUT / name, source)
    shutil.copytree(
        CHECKOUT / PACKAGE, source / PACKAGE, ignore=shutil.ignore_patterns("__pycache__")
    )
    for link in CHECKOUT.iterdir():
        if link.is_symlink():
            (source / link.name).symlink_to(link.readlink())
    built = tmp_path_factory.mktemp("wheel")
    run([sys.executable, "-m", "build", "-w", "-n", "-o", str(built), str(source)], built)
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel is installed into, by itself."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    run([*pip, "--target", str(target), str(wheel)], target)
    return target


def run_installed(program: str, installed: Path, *arguments: str) -> str:
    """Run a program that sees the installed wheel and its dependencies, but not the checkout.

    Without ``site`` (-S) no .pth file is read, so an editable install stays out of sight.
    """
    libraries = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    setup = f"import sys; sys.path[:0] = {[str(installed), *sorted(libraries)]!r}\n"
    return run([sys.executable, "-I", "-S", "-c", setup + program, *arguments], installed.parent)


def test_nothing_but_the_package_lands_in_site_packages(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    information = "-".join(wheel.name.split("-")[:2]) + ".dist-info"
    assert tops == {PACKAGE, information}


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    here = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert f"{PACKAGE}/py.typed" in here
    assert here == {n for n in zipfile.ZipFile(wheel).namelist() if n.startswith(f"{PACKAGE}/")}


def test_the_license_is_in_the_wheel(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (name,) = (n for n in archive.namelist() if n.endswith("licenses/LICENSE"))
    assert archive.read(name) == (CHECKOUT / "LICENSE").read_bytes()


def test_every_entry_point_loads_from_the_wheel_alone(installed: Path) -> None:
    declared = ConfigParser()
    declared.read(CHECKOUT / "setup.cfg", encoding="utf-8")
    expected = {
        tuple(part.strip() for part in line.split("="))
        for lines in declared["options.entry_points"].values()
        for line in lines.strip().splitlines()
    }
    program = f"""
import importlib.metadata, json, {PACKAGE}
entries = importlib.metadata.distribution("naslib-incremental").entry_points
files = [sys.modules[entry.load().__module__].__file__ for entry in entries]
print(json.dumps([{PACKAGE}.__file__, files, [[e.name, e.value] for e in entries]]))
"""
    face, files, entries = json.loads(run_installed(program, installed))
    assert {tuple(entry) for entry in entries} == expected
    assert all(Path(file).is_relative_to(installed) for file in [face, *files])


def test_naslib_run_lists_what_it_has_from_the_wheel_alone(installed: Path) -> None:
    program = """
import importlib.metadata
(entry,) = importlib.metadata.entry_points(group="console_scripts", name="naslib-run")
sys.exit(entry.load()())
"""
    listed = run_installed(program, installed, "--list")
    for name in ("apex_incremental", "local_search", "random_search", "random_walk"):
        assert name in listed
    assert "nasbench_graph" in listed
