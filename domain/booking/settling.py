"""What becomes of a call that has a place: approved, rejected, withdrawn, cancelled, given back."""

from typing import assert_never

from domain.booking.commands import (
    ApproveCall,
    AutoRejectCall,
    CancelCall,
    Deciding,
    RejectCall,
    ReleaseReservation,
    WithdrawCall,
)
from domain.booking.events import (
    AutoRejectedBecause,
    BookingCancelled,
    BookingChanged,
    CallBooked,
    CallRequestApproved,
    CallRequestAutoRejected,
    CallRequestRejected,
    CallRequestWithdrawn,
    CallReserved,
    PlacedCall,
    ReservationReleased,
    place_of,
)
from domain.booking.rules.people import BARRED, NOT_APPROVED
from domain.booking.state import BookingEvent, Bookings
from domain.calendar import local_day
from domain.event import Refused
from domain.flag.events import STOPS
from domain.policy import Effect, Policy, in_effect
from domain.prisoner.record import earlier_records
from domain.relationship import ApprovalBasis


def settle(state: Bookings, command: Deciding) -> list[BookingEvent]:
    """The decision on one call that has a place."""
    match command:
        case ReleaseReservation():
            return _release(state, command)
        case ApproveCall():
            return _approve(state, command)
        case RejectCall():
            return _reject(state, command)
        case AutoRejectCall():
            return _auto_reject(state, command)
        case WithdrawCall():
            return _withdraw(state, command)
        case CancelCall():
            return _cancel(state, command)
        case _:
            assert_never(command)


def _release(state: Bookings, command: ReleaseReservation) -> list[BookingEvent]:
    reserved = state.placed.get(command.call)
    if not isinstance(reserved, CallReserved):
        return []
    if reserved.reserved_by != command.released_by:
        raise Refused("This place is kept for somebody else.", "reserved_by_another")
    return [ReservationReleased(**place_of(reserved, command.at))]


def _approve(state: Bookings, command: ApproveCall) -> list[BookingEvent]:
    placed = _placed(state, command.call)
    if command.call in state.booked:
        return []
    asked_by = _asked_by(state, placed)
    if command.approved_by in asked_by:
        raise Refused("Nobody may approve their own request.", "second_person")
    if placed.starts_at <= command.at:
        raise Refused("This time has passed.", "session_over")
    if STOPS & set(state.flags.values()):
        raise Refused(
            "Something changed since this call was asked for. Please look at its flags first.", "flagged"
        )
    _may_be_held(state, command, placed)
    approved = CallRequestApproved(
        at=command.at,
        call=command.call,
        prison=placed.prison,
        basis=ApprovalBasis.STAFF,
        approved_by=command.approved_by,
    )
    return [approved, CallBooked(**place_of(placed, command.at))]


def _may_be_held(state: Bookings, command: ApproveCall, placed: PlacedCall) -> None:
    """What nobody may approve since the call was asked for, whether or not a flag says so yet. Raises `Refused`."""
    merged = earlier_records(state.people.prisoners, placed.prisoner)
    looked_up = (command.prison, command.prisoner, command.visitors, frozenset(command.merged))
    if looked_up != (placed.prison, placed.prisoner, placed.visitors, merged):
        raise Refused("What is known about this call has just changed. Please ask again.", "facts_changed")
    held = in_effect(state.policies, command.at)
    policy = Policy() if held is None else Policy.model_validate(held.document)
    against = []
    if not state.people.may_call(command.records, placed.visitors):
        against.append(("relationship_missing", NOT_APPROVED))
    day = local_day(placed.starts_at, policy.time_zone)
    if Effect.REFUSE in state.people.effects(policy, day, placed.call_type):
        against.append(("barred", BARRED))
    if against:
        names, sentences = zip(*against, strict=True)
        raise Refused(sentences[0], names[0], also=sentences[1:], rules=names)


def _reject(state: Bookings, command: RejectCall) -> list[BookingEvent]:
    if command.call in state.gone:
        return []
    placed = _requested(state, command.call)
    if not command.reason.strip():
        raise Refused("Please say why, in words for the person who asked.", "reason_missing")
    return [
        CallRequestRejected(
            **place_of(placed, command.at),
            because=command.because,
            rejected_by=command.rejected_by,
            reason=command.reason.strip(),
        )
    ]


def _auto_reject(state: Bookings, command: AutoRejectCall) -> list[BookingEvent]:
    """Never before its time; and what was decided meanwhile stays decided."""
    placed = state.placed.get(command.call)
    if placed is None or command.call in state.booked or isinstance(placed, CallReserved):
        return []
    if command.because is AutoRejectedBecause.MINIMUM_NOTICE:
        asked = placed if isinstance(placed, BookingChanged) else state.requests[command.call]
        if asked.decide_by is None or command.at < asked.decide_by:
            return []
    return [CallRequestAutoRejected(**place_of(placed, command.at), because=command.because)]


def _withdraw(state: Bookings, command: WithdrawCall) -> list[BookingEvent]:
    if command.call in state.gone:
        return []
    placed = _requested(state, command.call)
    return [CallRequestWithdrawn(**place_of(placed, command.at), withdrawn_by=command.withdrawn_by)]


def _cancel(state: Bookings, command: CancelCall) -> list[BookingEvent]:
    if command.call in state.gone:
        return []
    placed = _placed(state, command.call)
    if command.call in state.started:
        raise Refused("This call has started. It can be ended, and no longer cancelled.", "call_started")
    if command.call in state.missed:
        raise Refused("This call was missed. There is nothing left to cancel.", "call_missed")
    return [
        BookingCancelled(
            **place_of(placed, command.at), outcome=command.outcome, cancelled_by=command.cancelled_by
        )
    ]


def _placed(state: Bookings, call: str) -> PlacedCall:
    """The place of a call that was asked for or booked. Raises `Refused`."""
    placed = state.placed.get(call)
    if placed is None or isinstance(placed, CallReserved):
        raise Refused("There is no such call.", "call_unknown")
    return placed


def _requested(state: Bookings, call: str) -> PlacedCall:
    placed = _placed(state, call)
    if call in state.booked:
        raise Refused("This call is booked already. It can be cancelled instead.", "call_booked")
    return placed


def _asked_by(state: Bookings, placed: PlacedCall) -> set[str]:
    """Whoever asked for the call, or for its change: none of them approves it."""
    asked = {state.requests[placed.call].requested_by} if placed.call in state.requests else set()
    return asked | ({placed.changed_by} if isinstance(placed, BookingChanged) else set())
