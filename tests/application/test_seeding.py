"""A seed: the same plan each time, within its bounds, and carried out once however often it is begun."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from application.ports import EventStore
from application.seeding import Outcome, Performer, Plan, Scale, plan_of
from application.seeding.names import GIVEN, SURNAMES
from application.seeding.perform import Run, decider_of
from application.seeding.week import bank_holidays
from domain.booking.commands import BookCall
from domain.booking.events import BookingRefused, CallBooked
from domain.enrolment import EnrolFace
from domain.event import Purpose
from domain.events import EVENTS
from domain.lifecycle import CallCompleted, CallMissed, CallStarted, CallTerminated
from domain.person import PersonKind, RegisterPerson
from domain.waiting_room.commands import OpenWaitingRoom
from infrastructure.envelope import Envelopes
from infrastructure.event_store import InMemoryEventStore
from tests.stores import MemoryKeys

NOW = datetime(2026, 11, 25, 19, 0, tzinfo=UTC)
SMALL = Scale(prisons=1, months=1, prisoners=10, seed=7)


class Shelf:
    """A vault in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        self.kept[subject] = content
        return subject

    async def get(self, reference: str) -> bytes | None:
        return self.kept.get(reference)


def _store() -> InMemoryEventStore:
    return InMemoryEventStore(Envelopes(EVENTS), MemoryKeys())


async def _performed(store: EventStore, plan: Plan) -> Performer:
    performer = Performer(SMALL, store, Shelf(), lambda number: f"index of {number}")
    await performer.perform(plan)
    return performer


async def _happened(store: InMemoryEventStore) -> list[tuple[str, datetime, str]]:
    """What is on record, whatever its place: of independent things either may come first."""
    log = await store.after(0, limit=100_000)
    return sorted((type(one.event).__name__, one.event.at, str(one.cmd)) for one in log)


@pytest.fixture(scope="module")
def year() -> Plan:
    return plan_of(Scale(prisons=1, months=12, prisoners=60, seed=1), 1, NOW)


def test_the_same_seed_is_the_same_plan() -> None:
    assert plan_of(SMALL, 1, NOW) == plan_of(SMALL, 1, NOW)


def test_another_seed_another_prison_and_another_size_are_other_people() -> None:
    others = [
        plan_of(replace(SMALL, seed=8), 1, NOW),
        plan_of(SMALL, 2, NOW),
        plan_of(replace(SMALL, prisoners=11), 1, NOW),
    ]
    people = [{one.ident for one in plan.town.held} for plan in (plan_of(SMALL, 1, NOW), *others)]
    assert len(set().union(*people)) == sum(map(len, people))


def test_a_plan_does_not_depend_on_how_many_prisons_there_are() -> None:
    assert plan_of(replace(SMALL, prisons=9), 1, NOW).steps == plan_of(SMALL, 1, NOW).steps


def test_everything_happened_in_order_and_before_now(year: Plan) -> None:
    moments = [step.at for step in year.steps]
    assert moments == sorted(moments)
    assert NOW - timedelta(days=12 * 30 + 15) <= moments[0]
    assert moments[-1] <= NOW


def test_no_two_steps_are_the_same_command(year: Plan) -> None:
    assert len({step.ident for step in year.steps}) == len(year.steps)


def test_every_step_has_a_decider(year: Plan) -> None:
    for step in year.steps:
        assert decider_of(step.command).boundary(step.command)


def test_a_step_rests_only_on_steps_before_it(year: Plan) -> None:
    seen: set[str] = set()
    for step in year.steps:
        assert {one for one in (step.after, step.instead_of) if one is not None} <= seen, step.ident
        seen.add(step.ident)


def test_people_have_invented_names_and_no_number_that_exists(year: Plan) -> None:
    registered = [step.command for step in year.steps if isinstance(step.command, RegisterPerson)]
    for person in registered:
        given, surname = person.name.split(" ", 1)
        assert person.kind is PersonKind.STAFF or (given in GIVEN and surname in SURNAMES)
        assert person.prisoner_number is None or not re.match(r"[A-Z]\d{4}[A-Z]{2}$", person.prisoner_number)


def test_of_ten_people_six_call_about_twice_a_month(year: Plan) -> None:
    callers = len(year.town.callers)
    assert 0.45 < callers / 60 < 0.75
    asked = [step for step in year.steps if isinstance(step.command, BookCall) and not step.instead_of]
    assert 1.2 < len(asked) / callers / 12 < 2.2


def test_a_child_has_no_template_and_calls_with_its_guardian(year: Plan) -> None:
    children = {child.ident for one in year.town.held for child in one.children}
    adults = {adult.ident for one in year.town.held for adult in one.adults}
    enrolled = {step.command.person for step in year.steps if isinstance(step.command, EnrolFace)}
    assert children
    assert not children & enrolled
    for step in year.steps:
        if isinstance(step.command, BookCall) and children & set(step.command.visitors):
            assert adults & set(step.command.visitors)


def test_no_call_is_held_around_now_or_on_a_bank_holiday(year: Plan) -> None:
    opened = [step for step in year.steps if isinstance(step.command, OpenWaitingRoom)]
    assert not [step for step in opened if step.at > NOW - timedelta(hours=3)]
    assert not [step for step in opened if step.at.date() in bank_holidays(step.at.year)]


def test_what_is_to_come_lies_within_four_weeks(year: Plan) -> None:
    asked = {step.command.call: step.command for step in year.steps if isinstance(step.command, BookCall)}
    to_come = [asked[call] for call in year.to_come]
    assert to_come
    for command in to_come:
        assert command.at <= NOW
        assert command.starts_at < NOW + timedelta(days=56)


async def test_every_call_whose_time_is_over_came_to_an_end() -> None:
    store = _store()
    await _performed(store, plan_of(SMALL, 1, NOW))
    log: list[Any] = [one.event for one in await store.after(0, limit=100_000)]
    started = {event.call for event in log if isinstance(event, CallStarted)}
    ended = {event.call for event in log if isinstance(event, CallCompleted | CallTerminated)}
    over = ended | {event.call for event in log if isinstance(event, CallMissed)}
    assert len(started) > 5
    assert started == ended
    gone = {event.call for event in log if type(event).__name__ in ("BookingCancelled", "BookingChanged")}
    booked = {event.call for event in log if isinstance(event, CallBooked) and event.starts_at < NOW}
    assert booked - gone <= over


async def test_a_seed_that_is_begun_again_adds_nothing() -> None:
    store, plan = _store(), plan_of(SMALL, 1, NOW)
    first = await _performed(store, plan)
    before = await store.head()
    again = await _performed(store, plan)
    assert await store.head() == before
    assert first.performed.events == before
    assert (again.performed.commands, again.performed.known) == (0, len(plan.steps))


async def test_a_seed_that_was_broken_off_goes_on_as_if_it_had_not() -> None:
    whole, broken, plan = _store(), _store(), plan_of(SMALL, 1, NOW)
    await _performed(whole, plan)
    half = len(plan.steps) * 3 // 4
    performer = Performer(SMALL, broken, Shelf(), lambda number: f"index of {number}")
    await Run(performer, again=False).all(plan.steps[:half])
    await _performed(broken, plan)
    assert await _happened(broken) == await _happened(whole)


async def test_a_refused_request_is_noted_with_its_numbers_and_nothing_follows_from_it() -> None:
    store, plan = _store(), plan_of(replace(SMALL, prisoners=30), 1, NOW)
    performer = Performer(replace(SMALL, prisoners=30), store, Shelf(), lambda number: f"index of {number}")
    run = Run(performer, again=False)
    await run.all(plan.steps)
    log: list[Any] = [one.event for one in await store.after(0, limit=100_000)]
    noted = [event for event in log if isinstance(event, BookingRefused)]
    refused = {ident for ident, outcome in run.outcomes.items() if outcome is Outcome.REFUSED}
    assert noted
    assert len(noted) == performer.performed.refused.total() == len(refused)
    assert all(event.rules and event.minutes and event.adults for event in noted)
    follow = [step.ident for step in plan.steps if step.after in refused]
    assert {run.outcomes[ident] for ident in follow} <= {Outcome.LEFT_OUT}
