"""Giving a call a place: reserved, asked for, or changed."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any, assert_never

from domain.booking.commands import BookCall, ChangeCall, Override, Placing, ReserveCall
from domain.booking.events import (
    BookingChanged,
    BookingRuleOverridden,
    CallBooked,
    CallRequestApproved,
    CallRequested,
    CallReserved,
    PlacedCall,
    ReservationReleased,
    place_of,
)
from domain.booking.rules import RULES, Broken, broken
from domain.booking.rules.case import Case
from domain.booking.state import BookingEvent, Bookings, lapsed
from domain.calendar import local_time
from domain.event import Refused
from domain.policy import Approval, Effect, Policy, in_effect
from domain.prisoner.record import earlier_records
from domain.relationship import ApprovalBasis
from domain.standby import StandbyOffered
from domain.timetable.slot import Slot, slot_on, slot_opened, template_of

OVERRIDABLE = frozenset(rule.name for rule in RULES if rule.overridable)


def place(state: Bookings, command: Placing) -> list[BookingEvent]:
    """The place, if every rule agrees or was set aside."""
    _allowed_at_all(state, command)
    case = _case(state, command)
    set_aside = _set_aside(command.override, broken(case))
    events: list[BookingEvent]
    match command:
        case ReserveCall():
            events = _reserve(case, command)
        case BookCall():
            events = _book(case, command)
        case ChangeCall():
            events = _change(case, command)
        case _:
            assert_never(command)
    aside = _overridden(command, command.override, set_aside) if command.override else ()
    return [*aside, *_given_back(case), *events]


def case_of(state: Bookings, command: Placing) -> Case:
    """What the rules look at. Raises `Refused` when what was looked up is no longer so."""
    return _case(state, command)


def _allowed_at_all(state: Bookings, command: Placing) -> None:
    """Whether this call may be given this kind of place."""
    placed = state.placed.get(command.call)
    if isinstance(command, ChangeCall):
        if placed is None or isinstance(placed, CallReserved):
            raise Refused("There is no such call.", "call_unknown")
        kept, wanted = ((of.prison, of.prisoner, of.call_type) for of in (placed, command))
        if kept != wanted:
            raise Refused(
                "A call stays with its person, its prison and its type. Please book another call.",
                "call_of_another",
            )
        opens = timedelta(seconds=_policy(state, command).waiting_room.opens_before_s)
        if command.at >= placed.starts_at - opens:
            raise Refused("This call is about to begin. It can no longer be changed.", "call_opening")
        return
    if command.call in state.gone or (placed is not None and not isinstance(placed, CallReserved)):
        raise Refused("This call was already asked for.", "call_known")
    if isinstance(command, ReserveCall) and placed is not None and not lapsed(placed, command.at):
        raise Refused("This place is kept already.", "reserved_already")
    by = command.reserved_by if isinstance(command, ReserveCall) else command.requested_by
    if isinstance(placed, CallReserved) and placed.reserved_by != by and not lapsed(placed, command.at):
        raise Refused("This place is kept for somebody else.", "reserved_by_another")


def _policy(state: Bookings, command: Placing) -> Policy:
    held = in_effect(state.policies, command.at)
    if held is None:
        raise Refused("This prison has not published its rules for calls yet.", "policy_missing")
    return Policy.model_validate(held.document)


def _case(state: Bookings, command: Placing) -> Case:
    policy = _policy(state, command)
    case = Case(state, policy, _slot(state, policy, command), command)
    merged = earlier_records(state.people.prisoners, command.prisoner)
    if (case.apart, merged) != (frozenset(command.apart), frozenset(command.merged)):
        raise Refused("What is known about this call has just changed. Please ask again.", "facts_changed")
    return case


def _slot(state: Bookings, policy: Policy, command: Placing) -> Slot:
    times, given = state.times, template_of(command.session)
    slot = None
    if times.opened is not None:
        slot = slot_opened(times.opened)
    elif times.template is not None and given is not None:
        slot = slot_on(times.template, times.retired, given[1], policy.time_zone)
    if slot is None or slot.prison != command.prison:
        raise Refused("There is no such time for calls.", "session_unknown")
    if (slot.starts_at, slot.devices, policy.time_zone) != (command.starts_at, command.devices, command.zone):
        raise Refused("This time was changed while you were asking. Please choose again.", "session_changed")
    return slot


def _set_aside(override: Override | None, said: tuple[Broken, ...]) -> tuple[str, ...]:
    """The rules that were set aside. Raises `Refused` for those that were not."""
    aside = frozenset(override.rules) & OVERRIDABLE if override else frozenset()
    left = [one for one in said if one.rule.name not in aside]
    if left:
        names = tuple(one.rule.name for one in left)
        raise Refused(left[0].sentence, names[0], also=tuple(one.sentence for one in left[1:]), rules=names)
    return tuple(one.rule.name for one in said)


def _overridden(
    command: Placing, override: Override, set_aside: tuple[str, ...]
) -> Iterator[BookingRuleOverridden]:
    if not override.reason.strip():
        raise Refused("Please say why the rules are set aside for this call.", "reason_missing")
    if override.approved_by == override.overridden_by:
        raise Refused("Rules are set aside with the consent of a second person.", "second_person")
    if set_aside:  # where no rule stood against it, nothing was set aside
        yield BookingRuleOverridden(
            at=command.at,
            call=command.call,
            prison=command.prison,
            rules=set_aside,
            overridden_by=override.overridden_by,
            approved_by=override.approved_by,
            reason=override.reason.strip(),
        )


def _given_back(case: Case) -> Iterator[ReservationReleased]:
    """Whoever kept one place and takes another gives the first one back: decisions about it must see it go."""
    kept, command = case.state.placed.get(case.command.call), case.command
    if not isinstance(kept, CallReserved) or lapsed(kept, command.at):
        return
    if kept.tags() - PlacedCall(**_place(case)).tags():
        yield ReservationReleased(**place_of(kept, command.at))


def _reserve(case: Case, command: ReserveCall) -> list[BookingEvent]:
    booking = case.policy.booking
    minutes = booking.reservation_minutes if command.standby is None else booking.standby_offer_minutes
    expires_at = min(command.at + timedelta(minutes=minutes), command.starts_at)
    reserved = CallReserved(**_place(case), reserved_by=command.reserved_by, expires_at=expires_at)
    if command.standby is None:
        return [reserved]
    offered = StandbyOffered(
        at=command.at,
        prison=command.prison,
        standby=command.standby,
        standby_session=command.session,
        call=command.call,
        expires_at=expires_at,
    )
    return [reserved, offered]


def _book(case: Case, command: BookCall) -> list[BookingEvent]:
    for_staff = checks_for_staff(case, support=bool((command.support or "").strip()))
    requested = CallRequested(
        **_place(case),
        requested_by=command.requested_by,
        method=command.method,
        asked_as=command.asked_as,
        lead=case.lead,
        for_staff=for_staff,
        decide_by=_decide_by(case) if for_staff else None,
        support=(command.support or "").strip() or None,
    )
    if for_staff:
        return [requested]
    approved = CallRequestApproved(
        at=command.at, call=command.call, prison=command.prison, basis=ApprovalBasis.AUTO, approved_by=None
    )
    return [requested, approved, CallBooked(**_place(case))]


def _change(case: Case, command: ChangeCall) -> list[BookingEvent]:
    before = case.state.placed[command.call]
    changed = tuple(_changed(before, case))
    if not changed:
        return []
    for_staff = checks_for_staff(case, support=bool((command.support or "").strip()))
    was_booked = command.call in case.state.booked
    booked = was_booked and not for_staff
    place = _place(case)
    return [
        BookingChanged(
            **place,
            changed_by=command.changed_by,
            changed=changed,
            was_at=before.starts_at,
            left=tuple(sorted(PlacedCall.tags(before) - PlacedCall(**place).tags())),
            was_booked=was_booked,
            booked=booked,
            for_staff=for_staff,
            decide_by=None if booked else _decide_by(case),
            support=(command.support or "").strip() or None,
        )
    ]


def _changed(before: PlacedCall, case: Case) -> Iterator[str]:
    command = case.command
    if (before.session, before.starts_at) != (command.session, command.starts_at):
        yield "time"
    if before.minutes != command.minutes:
        yield "length"
    if set(before.visitors) != set(command.visitors):
        yield "people"


def checks_for_staff(case: Case, *, support: bool = False) -> tuple[str, ...]:
    """The automatic checks that no rule could pass, so that a person decides. None: approved by rule."""
    by_rule = case.policy.booking.approval is Approval.AUTO or case.type_policy.approved_by_rule
    alerts = set(case.policy.booking.alerts_for_staff)
    verified = case.policy.people.identity_required and case.type_policy.identity_required
    checks = {
        "policy": not by_rule,
        "alert": any(record.alert_codes(case.command.day) & alerts for record in case.records),
        "restriction": Effect.STAFF in case.effects,
        "one_way": Effect.ONE_WAY in case.effects,
        "identity": verified and not set(case.adults) <= case.state.people.verified,
        "age_unknown": verified and any(adult not in case.command.ages for adult in case.adults),
        "support": support,
        "override": case.command.override is not None,
    }
    return tuple(name for name, asks in checks.items() if asks)


def _decide_by(case: Case) -> datetime:
    """Until when staff may decide: the set time on the last day of notice, or else the call's own start."""
    booking, command = case.policy.booking, case.command
    last_day = command.day - timedelta(days=booking.notice_days_min)
    by = local_time(last_day, time.fromisoformat(booking.auto_reject_at), command.zone)
    return by if command.at < by < command.starts_at else command.starts_at


def _place(case: Case) -> dict[str, Any]:
    command = case.command
    device = case.free_device()
    return {
        "at": command.at,
        "call": command.call,
        "prison": command.prison,
        "session": command.session,
        "starts_at": command.starts_at,
        "minutes": command.minutes,
        "prisoner": command.prisoner,
        "visitors": command.visitors,
        "prisoner_month": command.prisoner_month,
        "visitor_day": command.visitor_days,
        "call_type": command.call_type,
        "video": case.video,
        "children": case.children,
        "device": device,
        "device_day": () if device is None else (f"{device}/{command.day}",),
        "counted": case.type_policy.counted,
    }
