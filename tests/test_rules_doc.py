"""docs/rules.md tells every rule; and whoever takes a rule away breaks the test that is named there."""

import importlib
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from domain.booking import rules
from domain.booking.rules import RULES, Rule
from domain.policy import describe
from scripts.rules_doc import ELSEWHERE, PAGE, ROOT, TESTS, keys_of, page

ENTRIES = [entry for entries in ELSEWHERE.values() for entry in entries]
NAMED = sorted({*TESTS.values(), *(entry.test for entry in ENTRIES if entry.test)})
NOT_NAMED_YET: set[str] = set()
"""Rules of scripts/rules.toml whose test is still to be named."""


def found(name: str) -> Callable[..., None]:
    """The test function of this name: `tests/domain/test_slot.py::test_...`."""
    path, _, function = name.partition("::")
    module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
    test: Callable[..., None] = getattr(module, function)
    return test


def cases(test: Callable[..., None]) -> Iterator[dict[str, Any]]:
    """The arguments of each case of a test, as its `parametrize` marks have them."""
    marks = [mark for mark in getattr(test, "pytestmark", []) if mark.name == "parametrize"]
    for chosen in itertools.product(*(_values(mark) for mark in marks)):
        yield {name: value for part in chosen for name, value in part.items()}


def _values(mark: Any) -> list[dict[str, Any]]:
    names, values = mark.args[0], mark.args[1]
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    return [dict(zip(names, value if len(names) > 1 else (value,), strict=True)) for value in values]


def holds(test: Callable[..., None]) -> bool:
    """Whether every case of the test passes now."""
    try:
        for case in cases(test):
            test(**case)
    except (AssertionError, pytest.fail.Exception):
        return False
    return True


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run scripts/rules_doc.py --write"


def test_every_rule_of_booking_is_on_the_page_once_and_nothing_else_is() -> None:
    assert set(TESTS) == {rule.name for rule in RULES}
    assert len(RULES) == len({rule.name for rule in RULES})
    text = PAGE.read_text(encoding="utf-8")
    assert all(text.count(f"\n| `{rule.name}` |") == 1 for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_says_what_it_demands_and_where_it_comes_from(rule: Rule) -> None:
    assert rule.meaning.endswith(".")
    assert rule.source
    assert all(any(keys_of(key)) for key in rule.keys), f"the policy has no such key: {rule.keys}"


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_every_rule_that_stands_elsewhere_says_the_same(entry: Any) -> None:
    assert entry.demands.endswith(".")
    assert entry.source
    assert all(any(keys_of(key)) for key in entry.keys), f"the policy has no such key: {entry.keys}"
    assert (entry.test is None) == (entry.name in NOT_NAMED_YET)


def test_every_key_of_booking_belongs_to_a_rule() -> None:
    patterns = [
        *(key for rule in RULES for key in rule.keys),
        *(key for each in ENTRIES for key in each.keys),
    ]
    said = {key.name for pattern in patterns for key in keys_of(pattern)}
    offered = {
        "booking.alternatives_days",
        "booking.alternatives_max",
    }  # what is offered after a refusal: no rule
    wanted = {
        key.name for key in describe() if key.name.split(".")[0] in {"booking", "call_types", "restrictions"}
    }
    kept = (".recorded", ".evidence_pictures")  # of the call itself, not its booking
    assert wanted - said == offered | {name for name in wanted if name.endswith(kept)}


@pytest.mark.parametrize("name", NAMED)
def test_every_test_on_the_page_exists(name: str) -> None:
    assert (ROOT / name.partition("::")[0]).exists()
    assert callable(found(name))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_whoever_takes_a_rule_away_breaks_its_test(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    test = found(TESTS[rule.name])
    assert holds(test)
    monkeypatch.setattr(rules, "RULES", tuple(each for each in RULES if each is not rule))
    assert not holds(test), f"{TESTS[rule.name]} passes without {rule.name}"
