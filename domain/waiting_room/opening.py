"""The opening: who is expected on each side, how their pictures will be checked, and until when they may come.

How a side is checked follows from the type of call. A confidential one is checked by nobody, but where an
authorisation for its pictures is in force at this moment: what is granted later does not change it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from domain.barring.state import on_call
from domain.booking.events import PlacedCall
from domain.clearance import ClearanceMode
from domain.enrolment.state import Enrolment
from domain.event import Refused
from domain.monitoring.state import Authorisation, covering
from domain.policy import Policy, in_effect
from domain.timetable.events import Starts
from domain.waiting_room.commands import OpenWaitingRoom
from domain.waiting_room.events import BarredOnCall, Expected, ExpectedFace, WaitingEvent, WaitingRoomOpened
from domain.waiting_room.state import WaitingRoom


def open_room(state: WaitingRoom, command: OpenWaitingRoom) -> list[WaitingEvent]:
    """The room of a booked call, opened once."""
    if state.opened is not None or state.cancelled:
        return []
    held = in_effect(state.policies, command.at)
    if state.booked is None or held is None:
        raise Refused("This call is not booked.", "call_unknown")
    if (state.booked.session, state.booked.visitors) != (command.session, command.persons[1:]):
        return []  # its time or its people were changed since: its room opens at the time it has now
    policy = Policy.model_validate(held.document)
    starts = Starts.AT_TIME if state.session is None else state.session.starts
    of_type = policy.call_types.of(state.booked.call_type)
    authorised = _authorised(state, command, state.booked) if of_type.confidential else None
    mode = _mode(confidential=of_type.confidential, authorised=authorised)
    prisoner = expect(state.enrolled, (state.booked.prisoner,), mode)
    expected = expect(state.enrolled, state.booked.visitors, mode)
    visitor = expected.model_copy(update={"children": state.booked.children})
    counted = ClearanceMode.COUNT in (prisoner.mode, visitor.mode)
    return [
        WaitingRoomOpened(
            at=command.at,
            call=command.call,
            prison=command.prison,
            policy_version=held.name,
            starts_at=state.booked.starts_at,
            minutes=state.booked.minutes,
            starts=starts,
            missed_at=_missed_at(state.booked, policy, command.at),
            prisoner=prisoner,
            visitor=visitor,
            monitor_required=counted and policy.waiting_room.monitor_for_count,
            rules=policy.call,
            video=state.booked.video,
            declaration=policy.waiting_room.declaration,
            facts_max_age_minutes=policy.neighbours.facts_max_age_minutes,
            confidential=of_type.confidential,
            authorisation=authorised.id if authorised else None,
            authorised_until=authorised.until if authorised else None,
            staff_may_listen=of_type.staff_may_listen,
            recorded=of_type.recorded,
            evidence_pictures=of_type.evidence_pictures,
            barred=_barred(state, command, visitor),
        )
    ]


def _missed_at(booked: PlacedCall, policy: Policy, now: datetime) -> datetime:
    """Never before the people had the whole wait, even where the room opened late."""
    return max(booked.starts_at, now) + timedelta(seconds=policy.waiting_room.missed_after_s)


def _authorised(state: WaitingRoom, command: OpenWaitingRoom, booked: PlacedCall) -> Authorisation | None:
    return covering(state.authorisations, booked.prisoner, command.prison, command.at, legal=True)


def _barred(state: WaitingRoom, command: OpenWaitingRoom, visitor: Expected) -> tuple[BarredOnCall, ...]:
    """Nobody is compared with the list where nobody is compared at all."""
    if visitor.mode is not ClearanceMode.MATCH:
        return ()
    entries = on_call(state.barred, command.prison, command.at)
    return tuple(BarredOnCall(barred=entry.id, template=entry.template) for entry in entries)


def _mode(*, confidential: bool, authorised: Authorisation | None) -> ClearanceMode:
    if not confidential:
        return ClearanceMode.MATCH
    return ClearanceMode.OPEN if authorised is None else ClearanceMode.IMAGE_ONLY


def expect(
    enrolled: Mapping[str, Enrolment],
    persons: tuple[str, ...],
    mode: ClearanceMode = ClearanceMode.MATCH,
) -> Expected:
    """Matched by templates that stand today, where everybody has one and nobody has said no to it."""
    known = {person: enrolled.get(person, Enrolment()).matched_by for person in persons}
    if mode is ClearanceMode.OPEN or not all(known.values()):
        # One person without a template: nobody in the stream is matched, at admission neither.
        counted = ClearanceMode.COUNT if mode is ClearanceMode.MATCH else mode
        return Expected(persons=persons, faces=(), mode=counted)
    faces = tuple(ExpectedFace(person=one, template=face) for one in persons for face in known[one])
    return Expected(persons=persons, faces=faces, mode=mode)
