"""What follows from what is asked of an appeal."""

from collections.abc import Iterator
from datetime import timedelta
from typing import assert_never

from domain.appeal.commands import AppealCommand, AssignAppeal, DecideAppeal, LodgeAppeal
from domain.appeal.events import AppealAgainst, AppealAssigned, AppealDecided, AppealLodged, AppealOutcome
from domain.appeal.state import AppealEvent, Appeals
from domain.booking.events import BookingChanged, CallBooked
from domain.calendar import local_day, local_month
from domain.call.events import CallPaused, CallResumed
from domain.conduct.events import LiftedBecause, SanctionImposed, SanctionLifted, WarningIssued
from domain.decider import Boundary, about
from domain.event import Refused
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallTerminated
from domain.policy import PolicyPublished
from domain.violation import ViolationReviewed

Follows = AppealEvent | SanctionLifted | CallMinutesCredited


def boundary(command: AppealCommand) -> Boundary:
    """The call with everything that staff decided about it, its appeals, and the prison's times for them."""
    call = about(
        f"call:{command.call}",
        CallBooked,
        BookingChanged,
        CallPaused,
        CallResumed,
        ViolationReviewed,
        CallCompleted,
        CallTerminated,
        CallMissed,
        CallMinutesCredited,
        WarningIssued,
        SanctionImposed,
        SanctionLifted,
        AppealLodged,
        AppealAssigned,
        AppealDecided,
    )
    if isinstance(command, AssignAppeal):
        return (call,)
    return (call, about(f"policy:{command.prison}", PolicyPublished))


def decide(state: Appeals, command: AppealCommand) -> list[Follows]:
    """The appeal, its reviewer, or the answer with everything that it undoes."""
    match command:
        case LodgeAppeal():
            return _lodge(state, command)
        case AssignAppeal():
            return _assign(state, command)
        case DecideAppeal():
            return _decide(state, command)
        case _:
            assert_never(command)


def _lodge(state: Appeals, command: LodgeAppeal) -> list[Follows]:
    if command.appeal in state.lodged:
        return []
    if state.place is None or state.place.prison != command.prison:
        raise Refused("There is no such call.", "call_unknown")
    if not command.words.strip():
        raise Refused("Please say what was not right, in your own words.", "words_missing")
    wanted = (command.against, command.sanction)
    if wanted in {(m.against, m.sanction) for m in _asked_by(state, command.lodged_by)}:
        raise Refused("You have asked for this already. You find the answer on this page.", "appeal_known")
    if wanted not in {(m.against, m.sanction) for m in state.matters(command.lodged_by)}:
        raise Refused("There is nothing of this kind on this call to look at again.", "nothing_to_appeal")
    rules = state.policy(command.at)
    if wanted not in {(m.against, m.sanction) for m in state.open_matters(command.lodged_by, command.at)}:
        raise Refused(
            f"This can be asked for within {rules.appeals.lodge_days} days. Please write to the prison.",
            "appeal_late",
        )
    decide_by = local_day(command.at, rules.time_zone) + timedelta(days=rules.appeals.decide_days)
    return [
        AppealLodged(
            at=command.at,
            call=command.call,
            prison=command.prison,
            appeal=command.appeal,
            lodged_by=command.lodged_by,
            against=command.against,
            sanction=command.sanction,
            decide_by=decide_by,
            words=command.words.strip(),
        )
    ]


def _asked_by(state: Appeals, person: str) -> Iterator[AppealLodged]:
    return (one for one in state.lodged.values() if one.lodged_by == person)


def _assign(state: Appeals, command: AssignAppeal) -> list[Follows]:
    lodged = _open(state, command.appeal)
    if state.reviewers.get(command.appeal) == command.reviewer:
        return []
    _independent(state, command.reviewer)
    return [AppealAssigned(**command.model_dump(), prison=lodged.prison)]


def _open(state: Appeals, appeal: str) -> AppealLodged:
    lodged = state.lodged.get(appeal)
    if lodged is None:
        raise Refused("There is no such appeal about this call.", "appeal_unknown")
    if appeal in state.decided:
        raise Refused("This appeal was decided already.", "appeal_decided")
    return lodged


def _independent(state: Appeals, reviewer: str) -> None:
    if reviewer in state.involved:
        raise Refused(
            "Whoever had a part in what was decided on this call does not review it.", "not_independent"
        )


def _decide(state: Appeals, command: DecideAppeal) -> list[Follows]:
    lodged = _open(state, command.appeal)
    if state.reviewers.get(command.appeal) != command.decided_by:
        raise Refused("Please take this appeal first: its reviewer decides on it.", "not_reviewer")
    _independent(state, command.decided_by)
    if not command.reasons.strip():
        raise Refused("Please give your reasons, in words for whoever asked.", "reason_missing")
    upheld = command.outcome is AppealOutcome.UPHELD
    overturned = _overturned(state, lodged) if upheld else frozenset()
    decided = AppealDecided(
        at=command.at,
        call=command.call,
        prison=lodged.prison,
        appeal=command.appeal,
        lodged_by=lodged.lodged_by,
        against=lodged.against,
        outcome=command.outcome,
        decided_by=command.decided_by,
        overturned=tuple(sorted(overturned)),
        reasons=command.reasons.strip(),
    )
    if command.outcome is AppealOutcome.REJECTED:
        return [decided]
    return [decided, *_lifted(state, command, lodged, overturned), *_given_back(state, command, lodged)]


def _overturned(state: Appeals, lodged: AppealLodged) -> frozenset[str]:
    """The confirmed violations on which it rested."""
    if lodged.sanction is not None:
        return frozenset({state.taken[lodged.sanction].violation}) & state.confirmed
    if lodged.against is AppealAgainst.PAUSE:
        return frozenset(pause.violation for pause in state.pauses if pause.violation) & state.confirmed
    return frozenset()


def _lifted(
    state: Appeals, command: DecideAppeal, lodged: AppealLodged, overturned: frozenset[str]
) -> Iterator[SanctionLifted]:
    """The sanction in question, and every other that rests on what no longer counts."""
    for sanction, taken in state.taken.items():
        falls = sanction == lodged.sanction or taken.violation in overturned
        if falls and sanction not in state.lifted:
            yield SanctionLifted(
                at=command.at,
                call=command.call,
                prison=lodged.prison,
                sanction=sanction,
                person=taken.person,
                because=LiftedBecause.APPEAL_UPHELD,
                lifted_by=command.decided_by,
            )


def _given_back(state: Appeals, command: DecideAppeal, lodged: AppealLodged) -> Iterator[CallMinutesCredited]:
    """What the call lost by it and was not given back before, to the month of the decision: it can be used then."""
    place = state.place
    seconds = max(0, _lost_s(state, lodged.against) - state.credited_s)
    if place is None or not place.counted or seconds == 0:
        return
    month = local_month(command.at, state.policy(command.at).time_zone)
    yield CallMinutesCredited(
        at=command.at,
        call=command.call,
        prison=lodged.prison,
        prisoner_month=f"{place.prisoner}/{month}",
        seconds=seconds,
        cause=f"appeal_{lodged.against.value}",
    )


def _lost_s(state: Appeals, against: AppealAgainst) -> int:
    """Seconds of the booked time that were lost: all of a missed call, the rest of one that was ended, the pauses."""
    booked = 0 if state.place is None else state.place.minutes * 60
    match state.over, against:
        case CallMissed(), _:
            return booked
        case CallTerminated(talk_ms=talk_ms), AppealAgainst.TERMINATION:
            return max(0, booked - talk_ms // 1000)
        case CallCompleted(paused_ms=paused_ms) | CallTerminated(paused_ms=paused_ms), _:
            return min(booked, paused_ms // 1000)
        case _:
            return 0
