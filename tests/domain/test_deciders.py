"""What holds of every decision: what it rests on is what it reads, and its boundary stays small."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from functools import reduce
from types import ModuleType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest

import domain
from domain.booking.commands import PlaceCall
from domain.event import Command, Event
from domain.events import EVENTS
from tests.asked import USUAL, forms_of
from tests.facts import fact

BOUNDED = {
    "call": "what happens to one call",
    "session": "the bookings of one session",
    "person": "one person's registration, evidence, templates and sanctions",
    "booker": "whom one booker answers for, and what they asked for",
    "linked": "the links of one visitor",
    "checked_month": "a person's checks at admission in a month",
    "number": "one prisoner number",
    "relationship": "one pair",
    "prisoner_month": "a prisoner's calls in a month",
    "visitor_day": "a visitor's calls on a day",
    "handover": "who has read one handover note",
    "officer": "when one officer cannot come",
    "officer_day": "the calls of one officer on a day",
    "device": "one room or device",
    "device_day": "a room's calls on a day",
    "template": "one weekly template",
    "timetable": "the templates of one prison",
    "timetable_day": "the times of a prison that were opened by themselves on a day",
    "blocked": "the blocks of one day of a prison",
    "restricted": "the restrictions of one visitor, or of one pair",
    "standby": "one person's wait for one session",
    "standby_session": "everybody who waits for one session",
    "authorisation": "what was decided about one authorisation, and what was opened on it",
    "barred": "what was decided about one barred face",
    "barred_from": "the barred faces of one person in prison",
    "monitored": "the authorisations about one person in prison",
    "facts_day": "how often a prison's systems were heard on a day, at most once an hour",
    "notification": "what became of one message",
    "prison_calls": "how often all calls of one prison were stopped and let go on",
    "policy": "the versions of one prison's policy",
    "subscription": "what was decided about one webhook",
    "refusal": "one person's refusals for a session within an hour",
}
"""Tags a decision may rest on: of each there are few events, however long the log grows. Never a prison."""


def _modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(domain.__path__, "domain."):
        module = importlib.import_module(found.name)
        if _is_decider(module) and not _is_decider(sys.modules[found.name.rpartition(".")[0]]):
            yield module  # a package is the decider that its modules make


def _is_decider(module: ModuleType) -> bool:
    return all(hasattr(module, name) for name in ("boundary", "decide", "evolve", "initial"))


DECIDERS = list(_modules())


def members(hint: Any) -> set[type]:
    """The types of a union, or the type itself."""
    return set(get_args(hint)) if get_origin(hint) in {Union, UnionType} else {hint}


def commands_of(decider: ModuleType) -> set[type[Command]]:
    return members(get_type_hints(decider.decide)["command"])


def known_to(decider: ModuleType) -> set[type[Event]]:
    return members(get_type_hints(decider.evolve)["event"])


def selected_by(decider: ModuleType) -> set[type[Event]]:
    return {
        kind
        for command in commands_of(decider)
        for asked in forms_of(command)
        for facts in decider.boundary(asked)
        for kind in facts.types
    }


def every_form(decider: ModuleType) -> Iterator[Command]:
    return (asked for command in commands_of(decider) for asked in forms_of(command))


def all_commands() -> set[type[Command]]:
    found: set[type[Command]] = set()
    waiting: list[type[Command]] = [Command]
    while waiting:
        below = waiting.pop().__subclasses__()
        found.update(below)
        waiting += below
    base = {PlaceCall}  # what all commands for a place have in common; never sent itself
    return {command for command in found if command.__module__.startswith("domain.")} - base


def test_there_is_a_decider_for_every_area() -> None:
    assert {module.__name__.removeprefix("domain.") for module in DECIDERS} == {
        "access",
        "allocation",
        "allowance",
        "audio_only",
        "appeal",
        "barring",
        "booking",
        "call",
        "closing",
        "concern",
        "conduct",
        "contact",
        "device_check",
        "dress_rehearsal",
        "enrolment",
        "exposure",
        "evidence",
        "flag",
        "handover",
        "hint",
        "identity",
        "lock",
        "message",
        "mute",
        "incident",
        "looking",
        "monitoring",
        "monitoring_log",
        "notification",
        "person",
        "policy",
        "prisoner",
        "reenrolment",
        "refusal",
        "relationship",
        "reminder",
        "restriction",
        "retention",
        "standby",
        "standstill",
        "stream",
        "subscription",
        "takeover",
        "timetable",
        "violation",
        "waiting_room",
    }


@pytest.mark.parametrize("command", sorted(all_commands(), key=str), ids=lambda command: command.__name__)
def test_every_command_is_answered_by_one_decider(command: type[Command]) -> None:
    assert len([decider for decider in DECIDERS if command in commands_of(decider)]) == 1
    assert command in USUAL


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_a_decision_reads_no_event_that_it_does_not_know(decider: ModuleType) -> None:
    assert selected_by(decider) <= known_to(decider)


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_what_a_decision_does_not_read_changes_nothing_in_its_state(decider: ModuleType) -> None:
    full = reduce(decider.evolve, (fact(kind) for kind in selected_by(decider)), decider.initial)
    for kind in known_to(decider) - selected_by(decider):
        assert decider.evolve(decider.initial, fact(kind)) == decider.initial
        assert decider.evolve(full, fact(kind)) == full


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_a_decision_names_the_types_it_rests_on(decider: ModuleType) -> None:
    """A new type of event, unknown to an older release, then never enters its boundary."""
    for asked in every_form(decider):
        assert all(facts.types for facts in decider.boundary(asked))


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_every_tag_of_a_boundary_is_bounded_and_carried_by_the_events_it_selects(decider: ModuleType) -> None:
    for asked in every_form(decider):
        for facts in decider.boundary(asked):
            (tag,) = facts.tags
            name, _, value = tag.partition(":")
            assert name in BOUNDED
            assert value
            assert all(name in kind.TAGS for kind in facts.types), (type(asked).__name__, tag)


@pytest.mark.parametrize("kind", EVENTS.values(), ids=lambda kind: kind.__name__)
def test_no_event_is_found_by_a_tag_that_grows_without_end(kind: type[Event]) -> None:
    assert set(kind.TAGS) <= set(BOUNDED) | {"viewed"}  # no decision rests on views
    assert all(tag.partition(":")[2] for tag in fact(kind).tags())


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: decider.__name__)
def test_no_event_is_too_much_for_evolve(decider: ModuleType) -> None:
    for kind in known_to(decider):
        decider.evolve(decider.initial, fact(kind))
