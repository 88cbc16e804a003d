"""A fact changed under calls that were asked for or booked: each is flagged, and unflagged when it ends.

The same facts raise a flag while the call runs: then an officer decides at once.
"""

from collections.abc import Sequence
from typing import Any

from application import affected
from application.ports import EventStore, Recorded
from application.reactions.reaction import Reaction
from domain.booking.events import PlacedCall
from domain.calendar import local_day
from domain.clearance import Side
from domain.conduct import SanctionImposed, SanctionLifted
from domain.flag.decisions import FlagBooking, UnflagBooking
from domain.flag.events import ClearedBecause, FlagKind
from domain.prisoner.events import (
    AlertChanged,
    AlertCleared,
    AlertRaised,
    AppointmentCancelled,
    AppointmentRecorded,
    NonAssociationClosed,
    NonAssociationRecorded,
    PrisonerMerged,
    PrisonerProfileChanged,
    PrisonerReceived,
    PrisonerReleased,
    PrisonerTransferred,
)
from domain.relationship import RelationshipApproved, VisitorUnapproved
from domain.restriction import RestrictionLifted, RestrictionPlaced, holds
from domain.timetable.events import (
    CallType,
    DateBlocked,
    DateUnblocked,
    DeviceWithdrawn,
    SessionTemplateRetired,
)

NAME = "flag_bookings"
EVENTS = (
    PrisonerReleased,
    PrisonerTransferred,
    PrisonerReceived,
    PrisonerMerged,
    PrisonerProfileChanged,
    AlertRaised,
    AlertChanged,
    AlertCleared,
    NonAssociationRecorded,
    NonAssociationClosed,
    RestrictionPlaced,
    RestrictionLifted,
    SanctionImposed,
    SanctionLifted,
    VisitorUnapproved,
    RelationshipApproved,
    AppointmentRecorded,
    AppointmentCancelled,
    DateBlocked,
    DateUnblocked,
    SessionTemplateRetired,
    DeviceWithdrawn,
)


async def react(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    """Flag or unflag every call that the fact concerns."""
    event = recorded.event
    match event:
        case PrisonerReleased() | PrisonerTransferred() | PrisonerReceived():
            return await _moved(recorded, store)
        case PrisonerMerged(removed=removed):
            calls = await affected.calls_of_prisoner(store, removed, event.at)
            return _flag(recorded, FlagKind.PRISONER_MERGED, removed, calls)
        case PrisonerProfileChanged(person=person):
            calls = await affected.calls_of_prisoner(store, person, event.at)
            return _flag(recorded, FlagKind.PRISONER_PROFILE_CHANGED, str(recorded.id), calls)
        case AlertRaised() | AlertChanged() | AlertCleared():
            return await _alerted(recorded, store)
        case NonAssociationRecorded() | NonAssociationClosed():
            return await _kept_apart(recorded, store)
        case RestrictionPlaced() | RestrictionLifted():
            return await _restricted(recorded, store)
        case SanctionImposed():
            return await _sanctioned(recorded, store)
        case SanctionLifted():
            return await _sanction_over(recorded, store)
        case VisitorUnapproved() | RelationshipApproved():
            return await _approval(recorded, store)
        case AppointmentRecorded() | AppointmentCancelled():
            return await _appointed(recorded, store)
        case DateBlocked() | DateUnblocked():
            return await _blocked(recorded, store)
        case SessionTemplateRetired(template=template, from_day=from_day):
            days = (day for day in affected.days_ahead(event.at) if day >= from_day)
            calls = await affected.calls_of_template(store, template, days, event.at)
            return _flag(recorded, FlagKind.SESSION_DATE_BLOCKED, template, calls)
        case DeviceWithdrawn(device=device):
            calls = await affected.calls_on_device(store, device, event.at)
            return _flag(recorded, FlagKind.DEVICE_WITHDRAWN, device, calls)
        case _:
            return []


async def _moved(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    calls = await affected.calls_of_prisoner(store, event.person, event.at)
    match event:
        case PrisonerReleased():
            return _flag(recorded, FlagKind.PRISONER_RELEASED, event.person, calls)
        case PrisonerTransferred(to_prison=to_prison):
            elsewhere = [call for call in calls if call.prison != to_prison]
            return _flag(recorded, FlagKind.PRISONER_TRANSFERRED, event.person, elsewhere)
        case PrisonerReceived(prison=prison):
            elsewhere = [call for call in calls if call.prison != prison]
            here = [call for call in calls if call.prison == prison]
            gone = (FlagKind.PRISONER_RELEASED, FlagKind.PRISONER_TRANSFERRED, FlagKind.PRISONER_RECEIVED)
            back = [r for kind in gone for r in _unflag(recorded, kind, event.person, here)]
            return [*_flag(recorded, FlagKind.PRISONER_RECEIVED, event.person, elsewhere), *back]
        case _:
            return []


async def _alerted(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    calls = await affected.calls_of_prisoner(store, event.person, event.at)
    kind = FlagKind.PRISONER_ALERTS_UPDATED
    match event:
        case AlertRaised(code=code) | AlertChanged(code=code):
            policy = await affected.policy_of(store, event.prison, event.at)
            return (
                _flag(recorded, kind, event.alert, calls) if code in policy.booking.alerts_for_staff else []
            )
        case _:
            return _unflag(recorded, kind, event.alert, calls)


async def _kept_apart(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    one, other = [await affected.calls_of_prisoner(store, person, event.at) for person in event.person]
    if isinstance(event, NonAssociationClosed):
        return _unflag(recorded, FlagKind.NON_ASSOCIATION, event.non_association, [*one, *other])
    zone = (await affected.policy_of(store, event.prison, event.at)).time_zone
    together = affected.on_one_day(one, other, zone)
    return _flag(recorded, FlagKind.NON_ASSOCIATION, event.non_association, together)


async def _restricted(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    calls = await affected.calls_of_visitor(store, event.visitor, event.at)
    kind = FlagKind.VISITOR_RESTRICTION if event.prisoner is None else FlagKind.RELATIONSHIP_RESTRICTION
    bound = [call for call in calls if event.prisoner in (None, call.prisoner)]
    if isinstance(event, RestrictionLifted):
        return _unflag(recorded, kind, event.restriction, bound)
    zone = (await affected.policy_of(store, event.prison, event.at)).time_zone
    held = [call for call in bound if holds(event, local_day(call.starts_at, zone))]
    return _flag(recorded, kind, event.restriction, held)


async def _sanctioned(recorded: Recorded[SanctionImposed], store: EventStore) -> Sequence[Reaction]:
    """The calls of its days; of somebody in prison the social ones, for only these are kept from them."""
    event = recorded.event
    zone = (await affected.policy_of(store, event.prison, event.at)).time_zone

    def within(call: PlacedCall) -> bool:
        return event.first <= local_day(call.starts_at, zone) <= event.last

    if event.side is Side.VISITOR:
        calls = await affected.calls_of_visitor(store, event.person, event.at)
        kind, of = FlagKind.VISITOR_SANCTIONED, calls
    else:
        calls = await affected.calls_of_prisoner(store, event.person, event.at)
        kind, of = FlagKind.PRISONER_SANCTIONED, [call for call in calls if call.call_type is CallType.SOCIAL]
    return _flag(recorded, kind, event.sanction, [call for call in of if within(call)])


async def _sanction_over(recorded: Recorded[SanctionLifted], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    visits = await affected.calls_of_visitor(store, event.person, event.at)
    calls = await affected.calls_of_prisoner(store, event.person, event.at)
    return [
        *_unflag(recorded, FlagKind.VISITOR_SANCTIONED, event.sanction, visits),
        *_unflag(recorded, FlagKind.PRISONER_SANCTIONED, event.sanction, calls),
    ]


async def _approval(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    calls = await affected.calls_of_visitor(store, event.visitor, event.at)
    pair = [call for call in calls if call.prisoner == event.prisoner]
    change = _flag if isinstance(event, VisitorUnapproved) else _unflag
    return change(recorded, FlagKind.VISITOR_UNAPPROVED, event.relationship, pair)


async def _appointed(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event = recorded.event
    kind = FlagKind.HIGHER_PRIORITY_APPOINTMENT
    calls = await affected.calls_of_prisoner(store, event.prisoner, event.at)
    if isinstance(event, AppointmentCancelled):
        return _unflag(recorded, kind, event.appointment, calls)
    meanwhile = [call for call in calls if affected.overlap(call, event.starts_at, event.minutes)]
    return _flag(recorded, kind, event.appointment, meanwhile)


async def _blocked(recorded: Recorded[Any], store: EventStore) -> Sequence[Reaction]:
    event, at = recorded.event, recorded.event.at
    free = isinstance(
        event, DateUnblocked
    )  # of interest to calls that have left the day, too: they may be flagged
    if event.template is None:
        kind, ident = FlagKind.PRISON_DATE_BLOCKED, str(event.day)
        calls = await affected.calls_of_day(store, event.prison, event.day, at, or_left=free)
    else:
        kind, ident = FlagKind.SESSION_DATE_BLOCKED, f"{event.template}/{event.day}"
        calls = await affected.calls_of_template(store, event.template, [event.day], at, or_left=free)
    change = _flag if isinstance(event, DateBlocked) else _unflag
    return change(recorded, kind, ident, calls)


def _flag(
    recorded: Recorded[Any], kind: FlagKind, ident: str, calls: Sequence[PlacedCall]
) -> Sequence[Reaction]:
    return [
        Reaction(
            FlagBooking(
                at=recorded.event.at,
                call=call.call,
                flag=f"{kind.value}/{ident}",
                kind=kind,
                cause=str(recorded.id),
            )
        )
        for call in calls
    ]


def _unflag(
    recorded: Recorded[Any], kind: FlagKind, ident: str, calls: Sequence[PlacedCall]
) -> Sequence[Reaction]:
    return [
        Reaction(
            UnflagBooking(
                at=recorded.event.at,
                call=call.call,
                flag=f"{kind.value}/{ident}",
                because=ClearedBecause.CAUSE_GONE,
                cleared_by=None,
            )
        )
        for call in calls
    ]
