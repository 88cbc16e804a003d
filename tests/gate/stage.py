"""One call of a simulated film: the real schedule, step, clearance, direction, egress and decider, in virtual time.

What is replaced is what no test can hurry: the camera, the networks, the connection and the officer. The few
lines between the parts say what `CallSide` and `LiveCall` say in a worker, whose own machine is tested elsewhere.
"""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from domain import call as decider
from domain.call.commands import (
    CallCommand,
    EscalatePause,
    GoOn,
    ReportCleared,
    ReportViolation,
    ResumeCall,
)
from domain.call.events import CallPaused, CallResumed, WordOnFace
from domain.call.state import Call, Status
from domain.lifecycle import CallStarted
from domain.moderation.kind import Action, FaceWord
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import State, Word, anew, hear, initial, step
from domain.moderation.verdict import Raised, StreamTerms, Verdict
from domain.policy import CallPolicy
from domain.violation import ViolationCleared
from infrastructure.media.direction import Direction
from infrastructure.media.egress import Egress
from infrastructure.media.frame import EncodedFrame, EncodedSound
from infrastructure.moderation.schedule import Due, Schedule
from tests.gate.clock import VirtualTime
from tests.gate.eyes import Change, Eyes
from tests.gate.film import PICTURE_MS, TEMPLATES, Cast, Figure, Picture, Who, scenes
from tests.gate.oracle import Oracle

EPOCH = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SOUND_MS = 500
BLIND_MS = 2_000
DROPPED = 0.3  # share of covered cameras whose connection drops soon
RULES = CallPolicy()


class Screen(Egress):
    """The other side's egress; a packet is with the transport two milliseconds after it was handed over."""

    def __init__(self, request_key: Callable[[], None], time: VirtualTime, oracle: Oracle) -> None:
        super().__init__(request_key)
        self._time, self._oracle = time, oracle
        self._leaving = False

    def show(self, frame: EncodedFrame, due: float, *, measured: bool = False) -> bool:
        """Hand a picture over."""
        shown = super().show(frame, due, measured=measured)
        if shown:
            self._hand_over()
        return shown

    def sound(self, sound: EncodedSound, due: float, *, measured: bool = False) -> None:
        """Hand sound over."""
        super().sound(sound, due, measured=measured)
        self._hand_over()

    def _hand_over(self) -> None:
        if not self._leaving:
            self._leaving = True
            self._time.after_ms(2, self._leave)

    def _leave(self) -> None:
        self._leaving = False
        pictures, sounds = self._picture.track._queue, self._sound.track._queue
        while pictures:
            self._oracle.picture_left(int(pictures.popleft().data), self._time.now_ms)
        while sounds:
            sounds.popleft()
            self._oracle.sound_left(self._time.now_ms)


class Stage:
    """The stream of one side through one film."""

    def __init__(self, seed: int, minutes: float, cast: Cast, policy: ModerationPolicy) -> None:
        self._chance = random.Random(seed + 1)
        self._length_ms = round(minutes * 60_000)
        self._cast, self._policy = cast, policy
        self._scenes = scenes(seed, self._length_ms, cast)
        self._scene = 0
        self.time = VirtualTime()
        self.oracle = Oracle(cast, policy)
        self._eyes = Eyes(seed + 2, policy, cast.mode)
        self._direction = Direction(policy.release, self, self._request_key, self.time)
        self._screen = Screen(self._request_key, self.time, self.oracle)
        self._direction.show_to(self._screen)
        self._number, self._key_due_ms, self._awaits_key = 0, 0, True
        self._round, self._seed = 0, seed
        self._schedule = self._new_schedule()
        self._state: State = initial
        self._terms = StreamTerms(cast.side, cast.mode, admitted=2, templates=TEMPLATES)
        self._calm = False
        self._live = False
        self._away_until_ms = -1
        self._unjudged_ms: int | None = None
        self._blind = False
        self._newest = 0
        self.call = self._started()

    def run(self) -> Oracle:
        """The whole film. What was broken stands in the oracle."""
        self._direction.admit(self._cast.mode)
        self._open()
        self._take()
        self._hear()
        self._trouble()
        self.time.run_until(self._length_ms / 1000)
        return self.oracle

    # The camera

    def _take(self) -> None:
        now = self.time.now_ms
        while self._scene + 1 < len(self._scenes) and self._scenes[self._scene + 1].from_ms <= now:
            self._scene += 1
            if self._scenes[self._scene].covered and self._chance.random() < DROPPED:
                self.time.after_ms(self._chance.randint(500, 9_000), self._restart)
        key = self._number == 0 or 0 < self._key_due_ms <= now
        if key:
            self._key_due_ms = 0
        picture = Picture(self._number, now, self._scenes[self._scene])
        frame = EncodedFrame(b"%d" % self._number, now * 90, now, key, self.time.now())
        self._number += 1
        self.oracle.arrived(picture, key=key)
        self.time.after_ms(PICTURE_MS, self._take)
        self._unjudged_ms = now if self._unjudged_ms is None else self._unjudged_ms
        self._direction.picture(frame)
        self._offer(picture, key=key)
        self._look_for_blindness()

    def _hear(self) -> None:
        now = self.time.now()
        self._direction.sound(EncodedSound(b"0", round(now * 48_000), now))
        self.time.after_ms(SOUND_MS, self._hear)

    def _request_key(self) -> None:
        self._awaits_key = True
        if not self._key_due_ms:
            self._key_due_ms = self.time.now_ms + self._chance.randint(40, 160)

    # The judge

    def _new_schedule(self) -> Schedule[Picture]:
        return Schedule(self._policy, self._seed + self._round, Change())

    def _offer(self, picture: Picture, *, key: bool) -> None:
        awaited = self._awaits_key and key
        if awaited:
            self._awaits_key = False
        grid: Any = picture.scene
        due = self._schedule.offer(picture, picture.media_ms, grid, (480, 640), awaited=awaited)
        if due is not None:
            self._judge(due)

    def _judge(self, due: Due[Picture]) -> None:
        this_round, away = self._round, self.time.now_ms < self._away_until_ms
        took_ms = 100 if away else self._chance.randint(25, 110)
        self.time.after_ms(took_ms, lambda: self._answered(due, this_round, away=away))

    def _answered(self, due: Due[Picture], asked_in: int, *, away: bool) -> None:
        if asked_in != self._round:
            return
        if away:
            self._schedule.failed()
            return
        observation = self._eyes.look(due.picture, due.unexplained, calm=self._calm)
        self._state, verdict = step(self._state, observation, self._policy, self._terms)
        self._calm = verdict.calm
        following = self._schedule.judged(verdict, self._state.people)
        self._unjudged_ms = None
        self._newest = verdict.media_ms
        self.oracle.judged(verdict, self.time.now_ms)
        self._see_again()
        self._act(verdict)
        wide = due.unexplained >= self._policy.sampling.change_cells
        self._direction.judged(verdict, unexplained_change=wide)
        if following is not None:
            self._judge(following)

    def _restart(self) -> None:
        """A new connection: whoever is seen must be proved again."""
        self._round += 1
        self._state, self._calm, self._awaits_key, self._unjudged_ms = anew(self._state), False, True, None
        self._schedule = self._new_schedule()
        self._direction.reconnected()
        self.oracle.began_anew(self.time.now_ms)

    # The call

    def _act(self, verdict: Verdict) -> None:
        for raised in verdict.raised:
            if raised.action is Action.PAUSE and self._live:
                self._live = False
                self._direction.close()
                self.oracle.closed(self.time.now_ms)
            self._report(self._violation(raised))
        for cleared in verdict.cleared:
            self._report(
                ReportCleared(
                    at=self._now(),
                    call="c",
                    side=self._cast.side,
                    kind=cleared.kind,
                    media_ms=cleared.media_ms,
                )
            )

    def _violation(self, raised: Raised) -> ReportViolation:
        return ReportViolation(
            at=self._now(),
            call="c",
            violation=f"v{self.oracle.raised_count}",
            side=self._cast.side,
            kind=raised.kind,
            severity=raised.severity,
            action=raised.action,
            since_ms=raised.since_ms,
            media_ms=raised.media_ms,
            track=raised.evidence.track,
            evidence={},
        )

    def _report(self, command: CallCommand) -> None:
        """Decide, put on record, and let what was recorded have its effect a little later."""
        for event in decider.decide(self.call, command):
            self.call = decider.evolve(self.call, event)
            self.oracle.recorded(event, self.time.now_ms)
            match event:
                case CallPaused(for_staff=True):
                    self.time.after_ms(self._chance.randint(1_500, 20_000), self._officer_decides)
                case CallPaused(at=at):
                    limit_ms = RULES.auto_pause_limit_s * 1000
                    escalate = EscalatePause(at=at + timedelta(milliseconds=limit_ms), call="c", paused_at=at)
                    self.time.after_ms(limit_ms, partial(self._report, escalate))
                case ViolationCleared():
                    go_on = GoOn(
                        at=self._now(), call="c", cause="cleared"
                    )  # as the reaction of this name does
                    self.time.after_ms(self._chance.randint(1, 30), partial(self._report, go_on))
                case CallResumed(words=words):
                    self.time.after_ms(self._chance.randint(2, 40), partial(self._resume, words))
                case _:
                    pass

    def _officer_decides(self) -> None:
        pause = self.call.pause
        if self.call.status is not Status.PAUSED or pause is None or not pause.for_staff:
            return
        words = [self._word(v.track) for v in self.call.open_violations if v.track is not None]
        self._report(ResumeCall(at=self._now(), call="c", officer="o", reason="seen to", words=tuple(words)))

    def _word(self, track: int) -> WordOnFace:
        stays = self._chance.random() < 0.3 and self._figure(track) is not None
        word = FaceWord.PERMITTED if stays else FaceWord.GONE
        return WordOnFace(side=self._cast.side, track=track, word=word)

    def _figure(self, track: int) -> Figure | None:
        box = next((t.box for t in self._state.tracks if t.id == track), None)
        now = self._scenes[self._scene].figures
        return next((f for f in now if f.box == box and f.who is Who.STRANGER), None)

    def _hear_word(self, said: WordOnFace) -> None:
        template = None
        figure = self._figure(said.track)
        if said.word is not FaceWord.GONE and figure is not None:
            template = TEMPLATES + len(self._eyes.accepted)
            self._eyes.accepted.append(figure.person)
            self.oracle.accepted(figure.person)
        word = Word(self._newest, said.track, said.word, template)
        self._state, self._terms = hear(self._state, self._terms, word)

    def _resume(self, words: Sequence[WordOnFace]) -> None:
        for word in words:
            self._hear_word(word)
        if self.call.status is Status.LIVE and not self._live:
            self._open()

    def _open(self) -> None:
        self._live = True
        self.oracle.opened(self.time.now_ms)
        self._direction.open()

    # Trouble

    def _trouble(self) -> None:
        """Now and then moderation is away, or the side comes back with a new connection."""

        def strike() -> None:
            if self._chance.random() < 0.7:
                now = self.time.now_ms
                self._away_until_ms = now + self._chance.choice((200, 300, 600, 3_000, 8_000))
                self.oracle.moderation_away(now, self._away_until_ms)
            else:
                self._restart()
            self._trouble()

        self.time.after_ms(self._chance.randint(15_000, 90_000), strike)

    def _look_for_blindness(self) -> None:
        waited = 0 if self._unjudged_ms is None else self.time.now_ms - self._unjudged_ms
        if waited >= BLIND_MS and not self._blind and self._live:
            self._blind = True
            self._direction.withhold()
            self.oracle.withheld(self.time.now_ms)

    def _see_again(self) -> None:
        if self._blind:
            self._blind = False
            self.oracle.restored(self.time.now_ms)
            self._direction.restore()

    # What the direction tells

    def released(self, media_ms: int) -> None:
        """See `DirectionEvents`."""
        self.oracle.released(media_ms)

    def frozen(self, verdict: Verdict, last_ms: int | None) -> None:
        """See `DirectionEvents`."""
        self.oracle.frozen(verdict, last_ms)

    def _now(self) -> datetime:
        return EPOCH + timedelta(milliseconds=self.time.now_ms)

    def _started(self) -> Call:
        started = CallStarted(
            at=EPOCH,
            call="c",
            prison="HEI",
            policy_version="1",
            rules=RULES,
            ends_at=EPOCH + timedelta(days=1),
        )
        return decider.evolve(Call(id="c", prison="HEI", prisoner_month="p/2026-11"), started)
