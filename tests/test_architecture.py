"""What the architecture promises: layers that hold, events that are registered, whole numbers, sealed words."""

import ast
import importlib
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

import domain
from domain.event import Event
from domain.events import EVENTS
from domain.policy import Policy

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("domain", "application", "infrastructure", "projections", "api")

PLANTED = {
    "Dependencies point inwards": ("projections/planted_upwards.py", "import infrastructure.postgres"),
    "The domain does nothing but decide": ("domain/planted_chance.py", "import random"),
    "Only the event store knows the eventsourcing library": (
        "application/planted_library.py",
        "import eventsourcing.dcb.api",
    ),
    "Only the main programs know the infrastructure": (
        "api/planted_adapter.py",
        "import infrastructure.postgres",
    ),
    "Projections do not know each other": ("projections/planted_neighbour.py", "import projections.usage"),
}
"""For each contract, a file and the one import in it that breaks it."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The packages and their contracts, in a place where something may be planted."""
    for package in PACKAGES:
        only_code = shutil.ignore_patterns("__pycache__", "static", "templates", "*.woff*")
        shutil.copytree(ROOT / package, tmp_path / package, ignore=only_code)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def contracts(folder: Path) -> tuple[int, dict[str, str]]:
    """The exit code of the contracts in a folder, and what became of each."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return run.returncode, dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", run.stdout, re.MULTILINE))


def test_the_layers_hold(copy: Path) -> None:
    code, verdicts = contracts(copy)
    assert verdicts == dict.fromkeys(PLANTED, "KEPT")
    assert code == 0


def test_an_import_against_the_dependency_rule_is_found(copy: Path) -> None:
    for name, line in PLANTED.values():
        (copy / name).write_text(f'"""Planted."""\n\n{line}\n')
    code, verdicts = contracts(copy)
    assert verdicts == dict.fromkeys(PLANTED, "BROKEN")
    assert code == 1


@pytest.mark.parametrize("package", PACKAGES)
def test_every_module_says_what_it_is(package: str) -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / package).rglob("*.py"))
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert silent == []


# Events


def _all_events() -> set[type[Event]]:
    """Every class of an event in the domain that is no base of others."""
    for module in pkgutil.walk_packages(domain.__path__, "domain."):
        importlib.import_module(module.name)
    found, waiting = set(), [Event]
    while waiting:
        kind = waiting.pop()
        below = [each for each in kind.__subclasses__() if each.__module__.startswith("domain.")]
        waiting += below
        if not below:
            found.add(kind)
    return found


def test_every_event_is_registered_under_its_name() -> None:
    assert _all_events() == set(EVENTS.values())
    assert all(name == kind.__name__ for name, kind in EVENTS.items())


def _types_in(hint: Any) -> Iterator[Any]:
    """Every type that a field's values may be made of."""
    yield hint
    for inner in get_args(hint):
        yield from _types_in(inner)
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        for field in hint.model_fields.values():
            yield from _types_in(field.annotation)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_no_event_holds_a_fraction(kind: type[Event]) -> None:
    for name, field in kind.model_fields.items():
        assert float not in _types_in(field.annotation), f"{name}: count in 1/10,000 or in milliseconds"


def test_no_policy_holds_a_fraction() -> None:
    assert [value for value in _values(Policy().document()) if isinstance(value, float)] == []


def _values(document: Any) -> Iterator[Any]:
    if isinstance(document, dict | list):
        for value in document.values() if isinstance(document, dict) else document:
            yield from _values(value)
    else:
        yield document


PERSONAL = [(kind, name) for kind in EVENTS.values() for name in kind.personal_fields()]


@pytest.mark.parametrize(("kind", "name"), PERSONAL, ids=lambda value: getattr(value, "__name__", value))
def test_a_personal_field_names_its_subject_and_may_be_unknown(kind: type[Event], name: str) -> None:
    mark, field = kind.personal_fields()[name], kind.model_fields[name]
    subject = kind.model_fields[mark.of]
    assert subject.annotation is str
    assert subject.is_required()
    assert set(get_args(field.annotation)) == {str, NoneType}
    assert field.default is None


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_what_people_type_is_sealed(kind: type[Event]) -> None:
    """`SlateShown.reason` is the one exception: the key of a text, chosen by the worker."""
    typed = {"reason", "note", "name", "prisoner_number", "comment", "words_typed"}
    sealed = set(kind.personal_fields())
    open_texts = {
        name
        for name, field in kind.model_fields.items()
        if name in typed - sealed and str in _members(field.annotation)
    }
    assert open_texts <= ({"reason"} if kind.__name__ == "SlateShown" else set())


def _members(hint: Any) -> set[Any]:
    return set(get_args(hint)) if get_origin(hint) in {Union, UnionType} else {hint}
