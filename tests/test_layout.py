"""What the layout promises and no type can: a pure domain, one OpenCV, honest locks and licences."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted(ROOT.glob("requirements*.lock"))
PURE = frozenset({"domain", "pydantic"})
# Parts of the standard library that read a clock, draw lots or reach outside.
IMPURE = frozenset(
    {"asyncio", "os", "random", "secrets", "shutil", "socket", "subprocess", "tempfile", "threading", "time"}
)


def imported(path: Path) -> Iterator[str]:
    """The top-level names a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def called(path: Path) -> Iterator[str]:
    """The last names of everything a file calls: `now` for `datetime.now()`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def locked(lock: Path) -> dict[str, str]:
    """Name and version of every package in a lock."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*?\])?==([^ ;]+)", lock.read_text(), re.MULTILINE))


def wanted(name: str) -> set[str]:
    """The names in one of the files from which the locks are made."""
    lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return {_name(line) for line in lines if line}


def _name(requirement: str) -> str:
    return re.split(r"[\[=<>; ]", requirement)[0].replace("_", "-").lower()


@pytest.mark.parametrize("path", sorted((ROOT / "domain").rglob("*.py")), ids=lambda path: path.stem)
def test_the_domain_imports_the_standard_library_and_pydantic_only(path: Path) -> None:
    foreign = {name for name in imported(path) if name not in PURE and name not in sys.stdlib_module_names}
    assert not foreign, f"{path.name} imports {foreign}: rules are pure, adapters live in infrastructure/"
    assert not IMPURE & set(imported(path)), (
        f"{path.name} reaches outside: time and chance arrive in the command"
    )


@pytest.mark.parametrize("path", sorted((ROOT / "domain").rglob("*.py")), ids=lambda path: path.stem)
def test_the_domain_reads_no_clock(path: Path) -> None:
    assert not {"now", "utcnow", "today"} & set(called(path)), (
        f"{path.name} reads a clock: `at` is in the command"
    )


def test_there_is_one_opencv() -> None:
    found = [name for lock in LOCKS for name in locked(lock) if name.startswith("opencv")]
    assert found == ["opencv-python-headless"]


def test_no_lock_names_an_address() -> None:
    for lock in LOCKS:
        assert not re.search(r"https?://|--(extra-)?index-url|--find-links", lock.read_text()), lock.name


def test_every_locked_package_has_hashes() -> None:
    for lock in LOCKS:
        packages = re.split(r"\n(?=[a-z0-9])", lock.read_text().lower())
        unpinned = [text.split("==")[0] for text in packages if "==" in text and "--hash=sha256:" not in text]
        assert not unpinned, f"{lock.name}: {unpinned}"


def test_the_detector_under_agpl_is_in_its_own_lock_alone() -> None:
    holding = [lock.name for lock in LOCKS if "nudenet" in locked(lock)]
    assert holding == ["requirements-nudity.lock"]
    assert set(locked(ROOT / "requirements-nudity.lock")) == {"nudenet"}


def test_what_the_project_depends_on_is_what_the_locks_are_made_from() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = {_name(requirement) for requirement in project["dependencies"]}
    assert declared == wanted("requirements.in") | wanted("requirements-source.in")
    assert {_name(name) for name in project["optional-dependencies"]["nudity"]} == wanted(
        "requirements-nudity.in"
    )


def test_every_run_time_dependency_stands_in_the_list_of_licences() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts" / "licences", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
