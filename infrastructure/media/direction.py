"""What one side sends, on its way to the other: held until it was judged, then paced, or withheld.

Picture and sound share one constant delay, so that judging does not show and lips stay in step. Sound is not
judged: it goes on while a picture is frozen, and is silent while the call is not live.
"""

import asyncio
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Protocol

from domain.clearance import ClearanceMode
from domain.moderation.policy import ReleaseMode, ReleasePolicy
from domain.moderation.verdict import Verdict
from domain.mute import MediaKind
from domain.takeover import BY_EYE
from infrastructure.media.clearance import Clearance, Leaving
from infrastructure.media.egress import Egress
from infrastructure.media.frame import EncodedFrame, EncodedSound

_ON_TIME_S = 0.005  # a picture so little behind is on time: the stall is over
_SETTLING_MS = 500  # at a start a face may need a second look before anything has left
SOUNDS_MAX = 512  # that wait, many times the constant delay; beyond, the oldest is dropped
PICTURES_MAX = 320  # that were let go and wait for their moment; beyond, all start again with a key frame
_EARLY_S = 0.0005  # timers may fire so early


class Flow(StrEnum):
    """What the other side sees of this one."""

    CLOSED = "closed"  # the call is not live, or the side not admitted
    OPEN = "open"  # it may flow, and nothing has yet
    RELEASED = "released"
    FROZEN = "frozen"


class DirectionEvents(Protocol):
    """What is told of a direction. Times are media time of the call."""

    def released(self, media_ms: int) -> None:
        """Pictures reach the other side from this one on."""

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None:
        """Pictures stopped because of this verdict; the last that leaves, or left, is `last_ms`."""


class Recorded(Protocol):
    """What is kept of a direction: all that leaves, and nothing else."""

    def picture(self, frame: EncodedFrame) -> None:
        """A picture left."""

    def sound(self, sound: EncodedSound) -> None:
        """Sound left."""


class Handle(Protocol):
    """Something that will be called."""

    def cancel(self) -> None:
        """Do not call it."""


class Timer(Protocol):
    """Time as a direction needs it."""

    def now(self) -> float:
        """Monotonic seconds."""

    def call_at(self, when: float, call: Callable[[], None]) -> Handle:
        """Call it at that moment."""


class LoopTimer:
    """The time of the running event loop."""

    def now(self) -> float:
        return monotonic()

    def call_at(self, when: float, call: Callable[[], None]) -> Handle:
        return asyncio.get_running_loop().call_at(when, call)


@dataclass(frozen=True, slots=True)
class _Paced:
    frame: EncodedFrame
    leave: float  # monotonic seconds
    after_gap: bool
    measured: bool
    stall: int  # how many stalls there were when it was let go


class Direction:
    """The way from one side to the other."""

    def __init__(
        self,
        policy: ReleasePolicy,
        events: DirectionEvents,
        request_key: Callable[[], None],
        timer: Timer | None = None,
        *,
        shown: bool = True,
    ) -> None:
        self._shown = shown  # False: one-way video, no picture ever leaves
        self._policy, self._events, self._request_key = policy, events, request_key
        self._timer = timer or LoopTimer()
        self._clearance = Clearance(policy)
        self._mode: ClearanceMode | None = None  # None: not admitted, nothing leaves
        self._delay_s = 0.0
        self._live = False
        self._withheld = False
        self._audio_only = False
        self.by_eye = False  # an officer judges in place of the checks, which are lost
        self._muted: set[MediaKind] = set()  # by an officer
        self._viewer: Egress | None = None
        self._recorded: Recorded | None = None
        self._pictures: deque[_Paced] = deque()  # at most PICTURES_MAX
        self._sounds: deque[EncodedSound] = deque()  # at most SOUNDS_MAX
        self._previous: _Paced | None = None  # the picture paced last
        self._catching_up = False
        self._stalls = 0
        self._next: tuple[float, Handle] | None = None  # when the next picture or sound is due
        self._unclean_from: Verdict | None = None  # the first since the last clean one
        self.flow = Flow.CLOSED
        self.last_ms: int | None = None  # media time of the last picture that left

    @property
    def is_open(self) -> bool:
        """May anything leave at all?"""
        return self._live and self._mode is not None

    @property
    def blanked(self) -> bool:
        """Are its pictures muted?"""
        return MediaKind.PICTURE in self._muted

    @property
    def _shows(self) -> bool:
        """May pictures leave?"""
        withheld = self._withheld and not self.by_eye
        left_out = withheld or self._audio_only or self.blanked
        return self.is_open and self._shown and not left_out

    @property
    def viewer(self) -> Egress | None:
        """The other side's egress."""
        return self._viewer

    def show_to(self, viewer: Egress | None) -> None:
        """The other side has a (new) connection, or none."""
        self._viewer = viewer

    def record(self, recorded: Recorded) -> None:
        """What leaves from now on is recorded."""
        self._recorded = recorded

    def admit(self, mode: ClearanceMode) -> None:
        """The side's clearance mode is on record."""
        self._mode = mode
        held = mode is not ClearanceMode.OPEN and self._policy.mode is ReleaseMode.HOLD
        self._delay_s = self._policy.paced_delay_ms / 1000 if held else 0.0
        self._reopen()

    def open(self) -> None:
        """The call is live."""
        self._live, self._withheld = True, False
        self._reopen()

    def close(self) -> None:
        """Nothing more leaves: what waited is dropped here and at the viewer, and cannot be sent again."""
        self._live = False
        self._drop()
        self.flow = Flow.CLOSED

    def withhold(self) -> None:
        """Checking is interrupted: pictures stop and what waited is dropped; sound goes on."""
        self._withheld, self.by_eye = True, False
        self._leave_out()

    def judge_by_eye(self) -> None:
        """An officer judges, as is on record: pictures leave after the constant delay, without verdicts.

        Until `withhold` or `restore`, whatever else happens to the call. Never for a stream of a legal call.
        """
        if self._mode not in BY_EYE:
            raise ValueError(f"A stream in mode {self._mode} is never judged by eye.")
        self.by_eye = True
        self._reopen()

    def sound_alone(self, on: bool) -> None:
        """Leave pictures out while sound goes on; or go on with a judged key frame."""
        self._audio_only = on
        if on:
            self._leave_out()
        else:
            self._reopen()

    def restore(self) -> None:
        """Verdicts come again: go on with a judged key frame."""
        self._withheld = self.by_eye = False
        self._reopen()

    def restart(self) -> None:
        """Something may not be shown: what waits is dropped, and a key frame begins anew."""
        self._reopen()

    def mute(self, kind: MediaKind) -> bool:
        """An officer takes it from the other side: what waited is dropped. Whether it flowed before."""
        if kind in self._muted:
            return False
        self._muted.add(kind)
        if kind is MediaKind.SOUND:
            self._sounds.clear()
        else:
            self._clearance.restart()
            self._pictures.clear()
            self._stalls += 1
            self.flow = Flow.OPEN if self.is_open else Flow.CLOSED
        if self._viewer is not None:
            self._viewer.purge(kind)
        return True

    def unmute(self, kind: MediaKind) -> None:
        """It flows again; pictures from a judged key frame on."""
        if kind in self._muted:
            self._muted.discard(kind)
            if kind is MediaKind.PICTURE:
                self._reopen()

    def reconnected(self) -> None:
        """The side has a new connection: its pictures begin anew."""
        self._drop()
        if self._viewer is not None:
            self._viewer.rebase()
        self._reopen()

    def picture(self, frame: EncodedFrame) -> None:
        """Take a picture as it arrived."""
        if not self._shows:
            return
        if self._mode is ClearanceMode.OPEN or self.by_eye:
            self._pace([Leaving(frame, after_gap=False, catching_up=False)])
        else:
            self._pace(self._clearance.arrived(frame))

    def sound(self, sound: EncodedSound) -> None:
        """Take sound as it arrived."""
        if self.is_open and MediaKind.SOUND not in self._muted:
            if len(self._sounds) >= SOUNDS_MAX:
                self._sounds.popleft()
            self._sounds.append(sound)
            self._pump()

    def judged(self, verdict: Verdict, *, unexplained_change: bool) -> None:
        """Take a verdict on a picture of this side."""
        if not self._shows or self._mode is ClearanceMode.OPEN or self.by_eye:
            return
        leaving = self._clearance.judged(verdict, unexplained_change=unexplained_change)
        if verdict.clean:
            self._unclean_from = None
        else:
            self._note_unclean(verdict)
        self._pace(leaving)

    def _note_unclean(self, verdict: Verdict) -> None:
        """Tell that pictures stopped. Before the first has left, only when that lasts."""
        first = self._unclean_from = self._unclean_from or verdict
        lasts = verdict.media_ms - first.media_ms >= _SETTLING_MS
        if self.flow is Flow.RELEASED or (self.flow is Flow.OPEN and lasts):
            self._stalls += 1
            self.flow = Flow.FROZEN
            waiting = self._pictures[-1].frame.media_ms if self._pictures else self.last_ms
            self._events.frozen(first, waiting)

    def _pace(self, leaving: list[Leaving]) -> None:
        """Say when each picture leaves: after the constant delay, or at twice real speed while behind."""
        for one in leaving:
            on_time = one.frame.arrived + self._delay_s
            leave = on_time
            if self._previous is not None and not one.after_gap:
                apart = (one.frame.media_ms - self._previous.frame.media_ms) / 2000
                leave = max(on_time, self._previous.leave + apart)
            leave = max(leave, self._timer.now()) if self._delay_s else leave
            self._catching_up = one.catching_up or one.after_gap or self._catching_up
            if leave <= on_time + _ON_TIME_S:
                self._catching_up = False
            paced = _Paced(one.frame, leave, one.after_gap, not self._catching_up, self._stalls)
            self._previous = paced
            self._pictures.append(paced)
        if len(self._pictures) > PICTURES_MAX:
            self._reopen()
        self._pump()

    def _pump(self) -> None:
        """Send what is due, and come back when the next is."""
        horizon = self._timer.now() + _EARLY_S
        while self._sounds and self._sounds[0].arrived + self._delay_s <= horizon:
            self._send_sound(self._sounds.popleft())
        while self._pictures and self._pictures[0].leave <= horizon:
            self._send(self._pictures.popleft())
        self._come_back()

    def _come_back(self) -> None:
        """Be called when the next picture or sound is due; not again where that is arranged already."""
        due = self._pictures[0].leave if self._pictures else math.inf
        if self._sounds:
            due = min(due, self._sounds[0].arrived + self._delay_s)
        if self._next is not None:
            when, handle = self._next
            if when == due:
                return
            handle.cancel()
        self._next = (due, self._timer.call_at(due, self._due)) if due < math.inf else None

    def _due(self) -> None:
        self._next = None
        self._pump()

    def _send_sound(self, sound: EncodedSound) -> None:
        if self._viewer is not None:
            self._viewer.sound(sound, sound.arrived + self._delay_s, measured=True)
            if self._recorded is not None:
                self._recorded.sound(sound)

    def _send(self, paced: _Paced) -> None:
        if self._viewer is None:
            return
        if paced.after_gap:
            self._viewer.cut()
        due = paced.frame.arrived + self._delay_s
        if not self._viewer.show(paced.frame, due, measured=paced.measured):
            return
        if self._recorded is not None:
            self._recorded.picture(paced.frame)
        self.last_ms = paced.frame.media_ms
        if self.flow is not Flow.RELEASED and paced.stall == self._stalls:
            self.flow = Flow.RELEASED
            self._events.released(paced.frame.media_ms)

    def _reopen(self) -> None:
        self._clearance.restart()
        self._pictures.clear()
        self._unclean_from = None
        self._stalls += 1
        if self._viewer is not None:
            self._viewer.cut()
        if self.is_open:
            self.flow = Flow.OPEN
            self._request_key()

    def _leave_out(self) -> None:
        self._clearance.restart()
        self._pictures.clear()
        self._unclean_from = None
        self._stalls += 1
        if self._viewer is not None:
            self._viewer.cut()
        self.flow = Flow.OPEN if self.is_open else Flow.CLOSED

    def _drop(self) -> None:
        self._clearance.restart()
        self._pictures.clear()
        self._sounds.clear()
        self._previous = None
        self._come_back()
        if self._viewer is not None:
            self._viewer.purge()
