"""Checking is lost: a monitor who looks judges a side's pictures by eye, until he gives that back.

It fails to a person and never open: pictures flow only while the raw picture of that side flows to the officer who
answers for it. The record comes first and then the pictures; whatever ends it is done first and recorded after.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, assert_never

from domain import call as calls
from domain.access import StreamLookedAt
from domain.call.commands import CompleteCall
from domain.call.events import CallFact, CallInterrupted
from domain.call.state import Call, Status
from domain.clearance import ClearanceMode, Side, taps_of
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.lifecycle import Written
from domain.stream import ModerationLost, ModerationRestored
from domain.waiting_room.events import TOOK_OVER, ClearanceModeSet, MonitorJoined, MonitorLeft

BY_EYE = frozenset({ClearanceMode.MATCH, ClearanceMode.COUNT})
"""How a side is checked of which a person may be the judge: never a legal call, watched or not."""

MODERATION_LOST, WORKER_LOST = "moderation_lost", "worker_lost"


class GivenBack(StrEnum):
    """Why an officer no longer judges a side by eye."""

    CHECKING_BACK = "checking_back"  # verdicts come again
    OFFICER_GONE = "officer_gone"  # his picture of the side no longer flows
    OFFICER = "officer"  # he gave it back, or watches over the call no longer
    OUT_OF_REACH = "out_of_reach"  # he could not have stopped the call, or nothing of it goes on record
    CALL_OVER = "call_over"


TAKEOVER_CAUSES = frozenset({TOOK_OVER, *GivenBack})
"""Causes of a mode that says who judges; what a side was admitted as stays as it is."""


class JudgingTakenOver(CallEvent):
    """Nobody checks this side's pictures: this officer, who sees them, lets the other side see them too."""

    side: Side
    takeover: str
    officer: str
    viewer: str  # whose look it is: the pictures flow while it is there
    reason: Written = None


class JudgingGivenBack(CallEvent):
    """The officer no longer judges this side: its pictures are withheld until they are judged again."""

    side: Side
    takeover: str
    officer: str  # who had it
    cause: GivenBack


class TakeOverJudging(Command):
    """An officer wants to judge a side by eye. `look_open`: the media plane sends him its raw picture now."""

    call: str
    side: Side
    takeover: str
    officer: str
    viewer: str
    look_open: bool
    reason: str


class GiveBackJudging(Command):
    """Judging by eye is over: of this takeover, of whatever this officer took over, or all of it."""

    call: str
    cause: GivenBack
    takeover: str | None = None
    officer: str | None = None


Happened = JudgingTakenOver | JudgingGivenBack | ClearanceModeSet
Fact = (
    Happened | CallFact | MonitorJoined | MonitorLeft | StreamLookedAt | ModerationLost | ModerationRestored
)


@dataclass(frozen=True)
class Judging:
    """The call, what is checked in it, who watches and looks, and who judges by eye."""

    call: Call = field(default_factory=Call)
    modes: Mapping[Side, ClearanceModeSet] = field(default_factory=dict)  # as admitted
    lost: frozenset[Side] = frozenset()  # nobody judges their pictures
    monitors: frozenset[str] = frozenset()
    looks: frozenset[tuple[Side, str, str]] = frozenset()  # side, officer, viewer
    taken: Mapping[Side, JudgingTakenOver] = field(default_factory=dict)


initial = Judging()


def boundary(command: TakeOverJudging | GiveBackJudging) -> Boundary:
    """The call, its checking, its monitors, and who looked."""
    kinds = (
        ClearanceModeSet,
        MonitorJoined,
        MonitorLeft,
        StreamLookedAt,
        ModerationLost,
        ModerationRestored,
        JudgingTakenOver,
        JudgingGivenBack,
    )
    of_call = calls.boundary(CompleteCall(at=command.at, call=command.call))
    return (*of_call, about(f"call:{command.call}", *kinds))


def evolve(state: Judging, event: Fact) -> Judging:
    """Who judges now."""
    match event:
        case ClearanceModeSet(side=side, cause=cause):
            kept = cause in TAKEOVER_CAUSES
            return state if kept else replace(state, modes={**state.modes, side: event})
        case MonitorJoined(officer=officer):
            return replace(state, monitors=state.monitors | {officer})
        case MonitorLeft(officer=officer):
            return replace(state, monitors=state.monitors - {officer})
        case StreamLookedAt(side=side, officer=officer, viewer=viewer):
            return replace(state, looks=state.looks | {(side, officer, viewer)})
        case ModerationLost(side=side):
            return replace(state, lost=state.lost | {side})
        case ModerationRestored(side=side):
            return replace(state, lost=state.lost - {side})
        case JudgingTakenOver(side=side):
            return replace(state, taken={**state.taken, side: event})
        case JudgingGivenBack(side=side):
            return replace(state, taken={one: held for one, held in state.taken.items() if one is not side})
        case _:
            return _lived(state, event)


def _lived(state: Judging, event: CallFact) -> Judging:
    """A worker that died lost nothing but itself: the next one says anew what is not judged."""
    anew = isinstance(event, CallInterrupted) and event.cause == WORKER_LOST
    lost = frozenset[Side]() if anew else state.lost
    return replace(state, call=calls.evolve(state.call, event), lost=lost)


def decide(state: Judging, command: TakeOverJudging | GiveBackJudging) -> list[Happened]:
    """The takeover with the mode that holds while it lasts; or its end, with the mode as it was before."""
    match command:
        case TakeOverJudging():
            return _take_over(state, command)
        case GiveBackJudging():
            given_back = [taken for taken in state.taken.values() if _is_meant(taken, command)]
            return [event for taken in given_back for event in _give_back(state, taken, command)]
        case _:
            assert_never(command)


def _take_over(state: Judging, command: TakeOverJudging) -> list[Happened]:
    _require_leave(state, command)
    mode = _require_mode(state, command)
    _require_eyes(state, command)
    taken = JudgingTakenOver(
        **_of(state, command),
        side=command.side,
        takeover=command.takeover,
        officer=command.officer,
        viewer=command.viewer,
        reason=command.reason.strip(),
    )
    return [taken, _mode(state, command, mode, ClearanceMode.COUNT, TOOK_OVER)]


def _require_leave(state: Judging, command: TakeOverJudging) -> None:
    """That the prison wants it, of a call that goes on or stopped because of this."""
    call = state.call
    if call.status is Status.NOT_STARTED or call.status is Status.ENDED:
        raise Refused("This call is not on.", "takeover_not_now")
    if not call.rules.monitor_may_take_over:
        raise Refused(
            "In this prison no officer judges a call in place of the checks.", "takeover_not_allowed"
        )
    if not command.reason.strip():
        raise Refused("Please say why you take over.", "reason_missing")
    if call.status is not Status.LIVE and not _stopped_for_this(call):
        raise Refused("This call is stopped for another cause.", "takeover_not_now")


def _stopped_for_this(call: Call) -> bool:
    for_this = call.interruption is not None and call.interruption.cause == MODERATION_LOST
    return call.status is Status.INTERRUPTED and for_this and not call.lost


def _require_mode(state: Judging, command: TakeOverJudging) -> ClearanceModeSet:
    """That it is a stream which staff may see, which nobody judges at the moment, and no other officer does."""
    mode = state.modes.get(command.side)
    if mode is None or mode.mode not in BY_EYE:
        raise Refused("The law allows nobody to judge this stream by eye.", "no_tap")
    if command.side not in state.lost:
        raise Refused("This side is being checked. There is nothing to take over.", "checking_not_lost")
    if command.side in state.taken:
        raise Refused("An officer judges this side already.", "taken_over")
    return mode


def _require_eyes(state: Judging, command: TakeOverJudging) -> None:
    if command.officer not in state.monitors:
        raise Refused("Please watch over this call first.", "not_monitor")
    looked = (command.side, command.officer, command.viewer) in state.looks
    if not looked or not command.look_open:
        raise Refused("Please open the picture of this side first.", "look_not_open")


def _is_meant(taken: JudgingTakenOver, command: GiveBackJudging) -> bool:
    mine = command.officer in (None, taken.officer)
    return mine and command.takeover in (None, taken.takeover)


def _give_back(state: Judging, taken: JudgingTakenOver, command: GiveBackJudging) -> list[Happened]:
    given_back = JudgingGivenBack(
        **_of(state, command),
        side=taken.side,
        takeover=taken.takeover,
        officer=taken.officer,
        cause=command.cause,
    )
    if state.call.status is Status.ENDED:
        return [given_back]
    before = state.modes[taken.side]
    return [given_back, _mode(state, command, before, before.mode, command.cause.value)]


def _mode(
    state: Judging, command: Command, admitted: ClearanceModeSet, mode: ClearanceMode, cause: str
) -> ClearanceModeSet:
    return ClearanceModeSet(
        **_of(state, command),
        side=admitted.side,
        mode=mode,
        people=admitted.people,
        cause=cause,
        taps=admitted.taps or taps_of(mode),  # who may read it is the same in both modes
    )


def _of(state: Judging, command: Command) -> dict[str, Any]:
    return {"at": command.at, "call": state.call.id, "prison": state.call.prison}
