"""What a prison's systems tell is taken in once, and only of people whom that prison may speak for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from application.examples import EXAMPLES
from application.inbox import FactOutcome, Inbox
from application.ports import Actor, ActorKind, EventStore
from application.told import MESSAGES, Envelope, Message, name_of
from domain.event import Event
from domain.person import PersonKind, PersonRegistered
from domain.policy import PolicyPublished
from domain.prisoner.events import (
    AlertRaised,
    AppointmentRecorded,
    FactsReceived,
    NonAssociationRecorded,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
)
from domain.restriction import RestrictionLifted, RestrictionPlaced
from tests.application.history import everything, put
from tests.facts import NOON, PRISON, PRISONER, VISITOR, fact

SYSTEM = Actor(ActorKind.SERVICE, "record-system", "NB")
NUMBERS = {"A1234BC": PRISONER, "A5678DE": "prisoner-2", "A9999ZZ": "prisoner-9"}
ADAPTER: TypeAdapter[Any] = TypeAdapter(Message)


def _keyed(text: str) -> str:
    return f"keyed-{sum(text.encode()):05d}-{len(text)}"


def _inbox(store: EventStore, prison: str = PRISON) -> Inbox:
    return Inbox(store, _keyed, prison, SYSTEM)


def _told(kind: str, ident: str = "1", seconds: float = 0, **data: Any) -> Envelope:
    message: Envelope = ADAPTER.validate_python(
        {
            "id": ident,
            "source": "prison-record",
            "type": kind,
            "time": NOON + timedelta(seconds=seconds),
            "data": {**EXAMPLES[kind], **data},
        }
    )
    return message


def _somebody(number: str, person: str, prison: str = PRISON) -> PersonRegistered:
    return fact(PersonRegistered, -900, person=person, number=(_keyed(number),), prison=prison)


async def _known(store: EventStore) -> None:
    """Three people in prison and a visitor, all of whom are known."""
    visitor = fact(
        PersonRegistered, -900, person=VISITOR, kind=PersonKind.VISITOR, prison=None, number=(), name="Ann"
    )
    await put(store, visitor, *(_somebody(number, person) for number, person in NUMBERS.items()))


async def _facts(store: EventStore) -> list[Event]:
    return [each.event for each in await everything(store) if not isinstance(each.event, PersonRegistered)]


@pytest.mark.parametrize("message", MESSAGES, ids=name_of)
async def test_every_example_is_taken_and_then_known_however_often_it_is_sent(
    store: EventStore, message: type[Envelope]
) -> None:
    await _known(store)
    kind = name_of(message)
    if kind == "restriction.lifted":
        await _inbox(store).take(_told("restriction.placed", "0"), NOON)
    if kind == "appointment.cancelled":
        await _inbox(store).take(_told("appointment.recorded", "0"), NOON)
    before = len(await everything(store))
    first, again = [await _inbox(store).take(_told(kind), NOON) for _ in range(2)]
    assert (first.outcome, again.outcome) == (FactOutcome.TAKEN, FactOutcome.KNOWN)
    assert first.position == again.position
    assert len(await everything(store)) == before + 1


async def test_the_same_id_of_another_source_is_another_message(store: EventStore) -> None:
    await _known(store)
    message = _told("alert.raised")
    other = message.model_copy(update={"source": "other-system"})
    changed = other.model_copy(update={"data": other.data.model_copy(update={"alert": "alert-2"})})  # type: ignore[attr-defined]
    outcomes = [(await _inbox(store).take(each, NOON)).outcome for each in (message, changed)]
    assert outcomes == [FactOutcome.TAKEN, FactOutcome.TAKEN]


async def test_a_fact_carries_the_moment_at_which_it_became_true_and_the_id_of_the_person(
    store: EventStore,
) -> None:
    await _known(store)
    await _inbox(store).take(_told("prisoner.released", seconds=-60, number=" a1234bc "), NOON)
    assert await _facts(store) == [fact(PrisonerReleased, -60)]
    (recorded,) = [e for e in await everything(store) if isinstance(e.event, PrisonerReleased)]
    assert recorded.actor == replace(SYSTEM)


async def test_somebody_who_is_unknown_becomes_known_by_their_name_and_date_of_birth(
    store: EventStore,
) -> None:
    who: dict[str, Any] = {"number": "B4321CB", "name": "Somebody New", "date_of_birth": "1990-05-17"}
    first, again = [await _inbox(store).take(_told("prisoner.received", **who), NOON) for _ in range(2)]
    assert (first.outcome, again.outcome) == (FactOutcome.TAKEN, FactOutcome.KNOWN)
    registered, received = [each.event for each in await everything(store)]
    assert isinstance(registered, PersonRegistered)
    assert isinstance(received, PrisonerReceived)
    assert received.person == registered.person
    assert registered.number == (_keyed("B4321CB"),)
    assert (registered.name, registered.prisoner_number, registered.date_of_birth) == (None, None, None)
    sealed = (await everything(store))[0].sealed
    assert set(sealed) == {"name", "prisoner_number", "date_of_birth"}


async def test_of_somebody_unknown_nothing_is_taken_and_the_answer_says_so(store: EventStore) -> None:
    for kind in ("prisoner.received", "prisoner.released", "non-association.recorded"):
        answer = await _inbox(store).take(_told(kind), NOON)
        assert (answer.outcome, answer.rule) == (FactOutcome.REFUSED, "number_unknown")
        assert answer.detail is not None
        assert "A1234BC" not in answer.detail
    assert await everything(store) == []


@pytest.mark.parametrize("kind", ["prisoner.released", "alert.raised", "appointment.recorded"])
async def test_a_prison_does_not_tell_of_people_whom_another_holds(store: EventStore, kind: str) -> None:
    await put(store, _somebody("A1234BC", PRISONER, "LEI"))
    answer = await _inbox(store).take(_told(kind), NOON)
    assert (answer.outcome, answer.rule) == (FactOutcome.REFUSED, "held_elsewhere")


async def test_a_prison_that_receives_somebody_speaks_for_them_from_then_on(store: EventStore) -> None:
    await put(store, _somebody("A1234BC", PRISONER, "LEI"))
    inbox = _inbox(store)
    assert (await inbox.take(_told("prisoner.received", "1"), NOON)).outcome is FactOutcome.TAKEN
    assert (await inbox.take(_told("alert.raised", "2"), NOON)).outcome is FactOutcome.TAKEN
    late = await _inbox(store, "LEI").take(_told("prisoner.transferred", "3", -60, to_prison=PRISON), NOON)
    assert late.outcome is FactOutcome.KNOWN
    assert not [event for event in await _facts(store) if isinstance(event, PrisonerTransferred)]


async def test_what_is_told_late_changes_nothing(store: EventStore) -> None:
    await _known(store)
    inbox = _inbox(store)
    await inbox.take(_told("prisoner.received", "2", 0), NOON)
    answer = await inbox.take(_told("prisoner.released", "1", -600), NOON)
    assert answer.outcome is FactOutcome.KNOWN


@pytest.mark.parametrize(
    "message",
    [
        _told("prisoner.released", seconds=3600),
        _told("facts.received", as_of=NOON + timedelta(hours=1)),
    ],
    ids=["time", "as_of"],
)
async def test_what_is_said_to_happen_in_the_future_is_refused(store: EventStore, message: Envelope) -> None:
    await _known(store)
    answer = await _inbox(store).take(message, NOON)
    assert (answer.outcome, answer.rule) == (FactOutcome.REFUSED, "time_ahead")


async def test_a_restriction_binds_the_pair_and_is_lifted_by_two_people_of_the_neighbour(
    store: EventStore,
) -> None:
    await _known(store)
    inbox = _inbox(store)
    await inbox.take(_told("restriction.placed", "1"), NOON)
    alone = await inbox.take(_told("restriction.lifted", "2", approved_by=" Officer-7 "), NOON)
    assert (alone.outcome, alone.rule) == (FactOutcome.REFUSED, "second_person")
    assert (await inbox.take(_told("restriction.lifted", "3"), NOON)).outcome is FactOutcome.TAKEN
    placed, lifted = await _facts(store)
    assert isinstance(placed, RestrictionPlaced)
    assert isinstance(lifted, RestrictionLifted)
    assert (placed.visitor, placed.prisoner, placed.first) == (VISITOR, PRISONER, date(2026, 11, 23))
    assert placed.placed_by == lifted.lifted_by
    assert "officer-7" not in {placed.placed_by, lifted.lifted_by, lifted.approved_by}


async def test_a_restriction_of_a_visitor_whom_nobody_knows_is_refused(store: EventStore) -> None:
    await _known(store)
    answer = await _inbox(store).take(_told("restriction.placed", visitor="visitor-0"), NOON)
    assert (answer.outcome, answer.rule) == (FactOutcome.REFUSED, "person_unknown")


async def test_a_heartbeat_is_noted_once_an_hour(store: EventStore) -> None:
    inbox = _inbox(store)
    beats = [_told("facts.received", str(n), as_of=NOON - timedelta(minutes=10 * n)) for n in range(8)]
    for beat in beats:
        await inbox.take(beat, NOON)
    heard = await _facts(store)
    assert all(isinstance(event, FactsReceived) for event in heard)
    assert len(heard) == 3  # 12:00, 11:xx, 10:50


async def test_an_appointment_is_counted_in_the_month_of_the_prisons_clock(store: EventStore) -> None:
    await _known(store)
    await put(store, fact(PolicyPublished, -9000))
    last_hour_of_june: dict[str, Any] = {"starts_at": "2026-06-30T23:30:00Z"}
    await _inbox(store).take(_told("appointment.recorded", **last_hour_of_june), NOON)
    (appointment,) = [e for e in await _facts(store) if isinstance(e, AppointmentRecorded)]
    assert appointment.prisoner_month == f"{PRISONER}/2026-07"


async def test_two_people_are_kept_apart_by_their_numbers(store: EventStore) -> None:
    await _known(store)
    await _inbox(store).take(_told("non-association.recorded"), NOON)
    (apart,) = [e for e in await _facts(store) if isinstance(e, NonAssociationRecorded)]
    assert set(apart.person) == {PRISONER, "prisoner-2"}


async def test_an_alert_is_taken_with_its_code(store: EventStore) -> None:
    await _known(store)
    await _inbox(store).take(_told("alert.raised"), NOON)
    assert await _facts(store) == [fact(AlertRaised)]


def test_there_is_an_example_of_every_message() -> None:
    expected: Mapping[str, Any] = {name_of(message): message for message in MESSAGES}
    assert set(EXAMPLES) == set(expected)
