"""The end of a call: more time for what the service took from it, where its place stays free; otherwise the end.

Decided over the call and over what comes after it in one boundary: of this and a booking into the next time
for calls, only one finds the place free. Seconds that are added are never credited, and the other way round.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from domain import booking
from domain import call as running
from domain.booking.events import (
    PLACES,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestAutoRejected,
    CallRequested,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    Placed,
    PlacedCall,
    ReservationReleased,
    Video,
)
from domain.booking.rules.places import has_station
from domain.booking.state import Bookings
from domain.calendar import local_day, local_month
from domain.call.commands import Beyond, CompleteCall
from domain.call.events import CallFact, CallHappened
from domain.call.over import is_given_up
from domain.call.state import Call, Status, of, owed_ms, stopped_by
from domain.decider import Boundary, about
from domain.lifecycle import CallExtended, CallStarted
from domain.prisoner.events import AppointmentCancelled, AppointmentRecorded
from domain.timetable.events import SessionOpened, SessionTemplatePublished, SessionTemplateRetired
from domain.timetable.slot import Slot, slot_on, slot_opened

TAKES = (*PLACES, CallExtended)

Taken = PlacedCall | CallExtended
TimetableFact = SessionOpened | SessionTemplatePublished | SessionTemplateRetired
EndingFact = CallFact | Placed | AppointmentRecorded | AppointmentCancelled | TimetableFact


@dataclass(frozen=True)
class Times:
    """A prison's times for calls, as far as they were read."""

    opened: Mapping[str, SessionOpened] = field(default_factory=dict)
    templates: Mapping[str, SessionTemplatePublished] = field(default_factory=dict)
    retired: Mapping[str, SessionTemplateRetired] = field(default_factory=dict)

    def slots(self, beyond: Beyond) -> Iterator[Slot]:
        """Those of the days in question."""
        yield from map(slot_opened, self.opened.values())
        for name, template in self.templates.items():
            for day in beyond.days:
                slot = slot_on(template, self.retired.get(name), day, beyond.zone)
                if slot is not None:
                    yield slot


@dataclass(frozen=True)
class Ending:
    """The call, and what competes with it for the time after it."""

    call: Call = running.initial
    places: Bookings = booking.initial
    times: Times = field(default_factory=Times)


initial = Ending()


def boundary(command: CompleteCall) -> Boundary:
    """The call; where it could go on also everything that it would take."""
    call, beyond = running.boundary(command), command.beyond
    if beyond is None:
        return call
    appointments = (AppointmentRecorded, AppointmentCancelled)
    device = (beyond.device,) if beyond.device else ()
    return (
        *call,
        about(f"timetable:{beyond.prison}", SessionTemplatePublished, SessionTemplateRetired),
        *(about(f"timetable_day:{beyond.prison}/{day}", SessionOpened) for day in beyond.days),
        *(
            about(f"session:{session}", SessionOpened, *TAKES)
            for session in (beyond.session, *beyond.sessions)
        ),
        *(about(f"device_day:{one}/{day}", *TAKES) for one in device for day in beyond.days),
        *(about(f"visitor_day:{one}/{day}", *TAKES) for one in beyond.visitors for day in beyond.days),
        *(
            about(f"prisoner_month:{one}/{month}", *TAKES, *appointments)
            for one in beyond.records
            for month in beyond.months
        ),
    )


def evolve(state: Ending, event: EndingFact) -> Ending:
    """Which calls have a place now, and what happened to the one in question."""
    match event:
        case SessionOpened() | SessionTemplatePublished() | SessionTemplateRetired():
            return replace(state, times=_timed(state.times, event))
        case CallExtended():
            call = running.evolve(state.call, event) if event.call == state.call.id else state.call
            return replace(state, places=booking.evolve(state.places, event), call=call)
        case (
            CallReserved()
            | CallRequested()
            | CallBooked()
            | BookingChanged()
            | ReservationReleased()
            | CallRequestRejected()
            | CallRequestAutoRejected()
            | CallRequestWithdrawn()
            | BookingCancelled()
            | AppointmentRecorded()
            | AppointmentCancelled()
        ):
            return replace(state, places=booking.evolve(state.places, event))
        case CallStarted():
            return replace(state, call=_started(state, event))
        case _:
            return replace(state, call=running.evolve(state.call, event))


def _timed(times: Times, event: TimetableFact) -> Times:
    match event:
        case SessionOpened(session=session):
            return replace(times, opened={**times.opened, session: event})
        case SessionTemplatePublished(template=name):
            return replace(times, templates={**times.templates, name: event})
        case SessionTemplateRetired(template=name):
            return replace(times, retired={**times.retired, name: event})
        case _:
            assert_never(event)


def _started(state: Ending, event: CallStarted) -> Call:
    """Of all the calls that were read only one has its start in the boundary: this one."""
    call, placed = state.call, state.places.placed.get(event.call)
    if isinstance(placed, CallBooked | BookingChanged):
        call = running.evolve(call, placed)
    return running.evolve(call, event)


def decide(state: Ending, command: CompleteCall) -> list[CallHappened]:
    """More time, or the end when it has come."""
    more = _more_time(state, command)
    return running.decide(state.call, command) if more is None else [more]


def _more_time(state: Ending, command: CompleteCall) -> CallExtended | None:
    call, beyond = state.call, command.beyond
    placed = state.places.placed.get(command.call)
    if beyond is None or placed is None or call.ends_at is None or not _is_due(call, command.at):
        return None
    seconds = _seconds(call, command.at)
    if seconds <= 0:
        return None
    until = call.ends_at + timedelta(seconds=seconds)
    following = _following(state, placed, beyond, until)
    if until > beyond.until or not _is_free(state, placed, following, Gap(command, call.ends_at, until)):
        return None
    day = local_day(call.ends_at, beyond.zone)
    return CallExtended(
        **of(call, command),
        seconds=seconds,
        cause=stopped_by(call) or call.taken_by,
        was_until=call.ends_at,
        ends_at=until,
        session=tuple(sorted(slot.session for slot in following)),
        prisoner=placed.prisoner,
        visitors=placed.visitors,
        prisoner_month=f"{placed.prisoner}/{local_month(call.ends_at, beyond.zone)}",
        visitor_day=tuple(f"{visitor}/{day}" for visitor in placed.visitors),
        one_way=placed.video is Video.ONE_WAY,
        device=placed.device,
        device_day=() if placed.device is None else (f"{placed.device}/{day}",),
    )


def _is_due(call: Call, at: datetime) -> bool:
    """Shortly before its end where it runs; at its end where it stands still, for it may lose more until then."""
    if call.ends_at is None or call.status in (Status.NOT_STARTED, Status.ENDED) or is_given_up(call, at):
        return False
    early = call.rules.extension_decided_s if call.status is Status.LIVE else 0
    return at >= call.ends_at - timedelta(seconds=early)


def _seconds(call: Call, at: datetime) -> int:
    """What it lost; at least long enough for goodbyes, and in all no more than the policy allows."""
    owed = round(owed_ms(call, at) / 1000)
    if owed == 0:
        return 0
    return min(max(owed, call.rules.extension_min_s), call.rules.extension_max_s - call.extended_s)


def _following(state: Ending, placed: PlacedCall, beyond: Beyond, until: datetime) -> list[Slot]:
    """The times for calls that would begin before the new end, and may need its station.

    One that began while its own ran has other stations, and so has one that names its rooms and not this one.
    """
    slots = list(state.times.slots(beyond))
    own = next((slot.ends_at for slot in slots if slot.session == placed.session), None)
    over = own or placed.starts_at + timedelta(minutes=placed.minutes)
    return [
        slot
        for slot in slots
        if slot.session != placed.session
        and over <= slot.starts_at < until
        and (placed.device is None or not slot.devices or placed.device in slot.devices)
    ]


@dataclass(frozen=True)
class Gap:
    """The time that the call would take beyond its end."""

    command: CompleteCall
    since: datetime
    until: datetime

    def meets(self, other: Taken | AppointmentRecorded) -> bool:
        """Whether something else shares time with it."""
        over = other.starts_at + timedelta(minutes=other.minutes)
        return other.starts_at < self.until and self.since < over


def _is_free(state: Ending, placed: PlacedCall, following: list[Slot], gap: Gap) -> bool:
    """A station in each of them, the device, and everybody who is on the call."""
    beyond = gap.command.beyond
    if beyond is None or not {slot.session for slot in following} <= set(beyond.sessions):
        return False  # a time that nobody had looked up
    others = list(state.places.standing(gap.command.at, without=placed.call))
    extended = [one for one in state.places.extended if one.call != placed.call]
    taken: list[Taken] = [*others, *extended]
    meanwhile = [one for one in taken if gap.meets(one)]
    people = {*beyond.records, *placed.visitors}
    appointments = state.places.people.appointments.values()
    return (
        all(has_station(slot, placed.video, others, extended) for slot in following)
        and not any(people & {one.prisoner, *one.visitors} for one in meanwhile)
        and not (placed.device is not None and any(one.device == placed.device for one in meanwhile))
        and not any(gap.meets(one) for one in appointments if one.prisoner in beyond.records)
    )
