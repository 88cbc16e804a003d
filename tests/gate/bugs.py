"""Bugs put into the gate on purpose: the simulation must notice each of them.

Each is a change that somebody could make to the real code in good faith. It is laid over the code for the length of
one run; nothing of the simulation itself is changed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from unittest.mock import patch

from domain.call import decisions, going_on
from domain.call.commands import GoOn, ReportViolation
from domain.call.events import CallPaused
from domain.moderation import causes, concern, step, track
from domain.moderation.concern import Finding
from domain.moderation.kind import Action, Kind, Severity
from domain.moderation.ladder import Rung
from domain.moderation.policy import ModerationPolicy
from domain.moderation.release import Opening, Release, Span
from domain.moderation.track import Phase, Vote
from domain.moderation.verdict import StreamTerms
from infrastructure.media import egress
from infrastructure.media.clearance import Clearance
from infrastructure.media.direction import Direction
from infrastructure.moderation.schedule import Schedule
from tests.gate import stage

Change = tuple[Any, str, Any]  # where, the name, what stands there instead


@dataclass(frozen=True)
class Bug:
    """One mistake: what it would be in words, and how it is made."""

    name: str
    sentence: str
    changes: Callable[[], list[Change]]
    policy: Callable[[ModerationPolicy], ModerationPolicy] = lambda policy: policy

    @contextmanager
    def made(self) -> Iterator[None]:
        """The code with the mistake in it."""
        patches = [patch.object(where, name, instead) for where, name, instead in self.changes()]
        for one in patches:
            one.start()
        try:
            yield
        finally:
            for one in patches:
                one.stop()


BUGS: list[Bug] = []


def _bug(sentence: str) -> Callable[[Callable[[], list[Change]]], Callable[[], list[Change]]]:
    def keep(changes: Callable[[], list[Change]]) -> Callable[[], list[Change]]:
        BUGS.append(Bug(changes.__name__.strip("_"), sentence, changes))
        return changes

    return keep


# ------------------------------------------------------------------------------------------- release


@_bug("A clean verdict opens everything before it: a high-water mark in place of intervals.")
def high_water_mark() -> list[Change]:
    def start(self: Release, media_ms: int, *, explained: bool) -> tuple[int, bool]:
        return (self.stalled_from_ms if self.stalled_from_ms is not None else self.judged_ms or 0), False

    return [(Release, "_start", start)]


@_bug("A verdict that is not clean is taken in and closes nothing.")
def unclean_opens() -> list[Change]:
    def judged(
        self: Release, media_ms: int, *, clean: bool, explained: bool, unexplained_change: bool
    ) -> Any:
        return self._opened(media_ms, explained=explained, wait=unexplained_change)

    return [(Release, "judged", judged)]


@_bug("A stall flows on however long it was.")
def endless_catch_up() -> list[Change]:
    def start(self: Release, media_ms: int, *, explained: bool) -> tuple[int, bool]:
        if self.clean and self.judged_ms is not None:
            return self.judged_ms, False
        if self.stalled_from_ms is not None and explained:
            return self.stalled_from_ms, False
        return media_ms - 1, True

    return [(Release, "_start", start)]


@_bug("Unexplained change awaits no further judgement, and the greatest change is not judged either.")
def change_is_ignored() -> list[Change]:
    original = Schedule._unexplained

    def none(self: Schedule[Any], grid: Any, shape: Any) -> int:
        original(self, grid, shape)
        return 0

    return [(Schedule, "_unexplained", none)]


@_bug("The picture with the greatest change is not kept to be judged.")
def peak_is_forgotten() -> list[Change]:
    original = Schedule.offer

    def offer(self: Schedule[Any], *args: Any, **options: Any) -> Any:
        due = original(self, *args, **options)
        self._peak = None
        return due

    return [(Schedule, "offer", offer), (Release, "_opened", _without_waiting)]


def _without_waiting(self: Release, media_ms: int, *, explained: bool, wait: bool) -> Any:
    after_ms, cut = self._start(media_ms, explained=explained)
    opened = Release(self.policy, judged_ms=media_ms, clean=True)
    return opened, Opening((Span(after_ms, media_ms),), cut=cut, catch_up=not self.clean and not cut)


@_bug("What changed before a judgement that failed is forgotten with it.")
def failed_judgement_forgets() -> list[Change]:
    def failed(self: Schedule[Any]) -> None:
        self._judging, self._due_ms = None, None

    return [(Schedule, "failed", failed)]


@_bug("A pause leaves the release as it was: the next clean verdict opens back to before it.")
def release_survives_a_pause() -> list[Change]:
    def restart(self: Clearance) -> None:
        self._gap = True

    return [(Clearance, "restart", restart)]


@_bug("Pictures leave as they come and are judged afterwards.")
def shown_before_judged() -> list[Change]:
    original = Clearance.arrived

    def arrived(self: Clearance, frame: Any) -> Any:
        original(self, frame)
        self._spans.append(Span(frame.media_ms - 1, frame.media_ms))
        return self._leaving(catching_up=False)

    return [(Clearance, "arrived", arrived)]


@_bug("A clean verdict opens a moment into the future too: a lease.")
def a_lease_by_mistake() -> list[Change]:
    original = Release._opened

    def opened(self: Release, media_ms: int, *, explained: bool, wait: bool) -> Any:
        release, opening = original(self, media_ms, explained=explained, wait=wait)
        spans = tuple(replace(span, until_ms=span.until_ms + 400) for span in opening.spans)
        return release, replace(opening, spans=spans)

    return [(Release, "_opened", opened)]


# ------------------------------------------------------------------------------- direction and egress


@_bug("What was handed to the transport before a pause still leaves.")
def pause_does_not_purge() -> list[Change]:
    return [(egress.Egress, "purge", lambda self: None)]


@_bug("Pictures that were paced before a pause still leave.")
def paced_pictures_survive() -> list[Change]:
    def close(self: Direction) -> None:
        self._live = False
        self._clearance.restart()

    return [(Direction, "close", close)]


@_bug("Sound goes on in a pause.")
def sound_goes_on() -> list[Change]:
    def sound(self: Direction, sound: Any) -> None:
        self._sounds.append(sound)
        self._pump()

    return [(Direction, "sound", sound)]


@_bug("After a gap pictures go on without a key frame.")
def no_key_after_a_gap() -> list[Change]:
    return [(egress.Egress, "cut", lambda self: None)]


@_bug("Nobody asks for a key frame, so nothing begins again.")
def no_key_is_asked_for() -> list[Change]:
    def reopen(self: Direction) -> None:
        self._clearance.restart()
        self._pictures.clear()
        if self._viewer is not None:
            self._viewer.cut()

    def show(self: egress.Egress, frame: Any, due: float, *, measured: bool = False) -> bool:
        if self._needs_key and not frame.key:
            return False
        self._needs_key = not self._picture.push(frame.data, frame.ticks, due, None)
        return not self._needs_key

    return [(Direction, "_reopen", reopen), (egress.Egress, "show", show)]


@_bug("A freeze is not reported.")
def freeze_is_not_reported() -> list[Change]:
    return [(Direction, "_note_unclean", lambda self, verdict: None)]


# ---------------------------------------------------------------------------------------------- step


@_bug("Whatever is clean explains the stall before it.")
def everything_explains() -> list[Change]:
    return [(step, "_is_explained", lambda state, seen: True)]


@_bug("A stranger who was well seen is explained by whoever sits there next.")
def mismatch_is_explained() -> list[Change]:
    def stalled(state: Any, seen: Any, cause: Any) -> Any:
        if cause is None:
            return replace(state, stalled_by=frozenset(), inexplicable=False)
        unproved = frozenset(t.id for t in state.tracks if t.phase in track.UNPROVED)
        return replace(state, stalled_by=state.stalled_by | unproved)

    return [(step, "_stalled", stalled)]


@_bug("A face that vanishes unproved withholds nothing any more, and neither does one that is lost.")
def no_linger() -> list[Change]:
    def cause(state: Any, seen: Any, lost: Any, now: int, policy: Any) -> Any:
        withheld = {t.phase for t in seen}
        return next((c for phase, c in step._CAUSES.items() if phase in withheld), None)

    return [(step, "_freeze_cause", cause), (step, "_is_explained", lambda state, seen: True)]


@_bug("Where somebody was a moment ago, change counts as explained.")
def the_gone_explain_change() -> list[Change]:
    def people(self: Any) -> Any:
        return tuple(t.box for t in self.tracks if t.phase in (Phase.PROVED, Phase.COUNTED))

    return [(step.State, "people", property(people))]


@_bug("A new face is shown until it is proved to be a stranger's.")
def new_faces_are_shown() -> list[Change]:
    causes_of = {phase: cause for phase, cause in step._CAUSES.items() if phase is not Phase.NEW}
    return [(step, "_CAUSES", causes_of)]


@_bug("The first well seen mismatch of a proved face does not freeze.")
def first_mismatch_passes() -> list[Change]:
    original = track._phase

    def phase(one: Any, new: Any, policy: Any) -> Any:
        found = original(one, new, policy)
        return Phase.PROVED if found is Phase.DOUBTED else found

    return [(track, "_phase", phase)]


@_bug("A proved face is not compared again.")
def proved_once_for_all() -> list[Change]:
    original = track.cast

    def cast(face: Any, media_ms: int, policy: Any, terms: Any) -> Any:
        said = original(face, media_ms, policy, terms)
        return replace(said, vote=Vote.UNSURE) if said.vote is Vote.NO else said

    return [(track, "cast", cast)]


@_bug("Evidence is counted without a look at how far apart it lies, within a window too short for it.")
def evidence_never_suffices() -> list[Change]:
    return [(track, "is_stranger", lambda one, policy: len(one.votes) > 40)]


@_bug("One mismatch makes a stranger.")
def one_mismatch_is_enough() -> list[Change]:
    return [(track, "is_stranger", lambda one, policy: one.last is not None and one.last.vote is Vote.NO)]


@_bug("Any template counts, also of faces that were not accepted in this call.")
def anybody_approves() -> list[Change]:
    return [(track, "_vote", lambda face, distance, policy, good: Vote.YES)]


@_bug("An accepted face is forgotten when the call goes on.")
def accepted_is_forgotten() -> list[Change]:
    return [(StreamTerms, "approves", lambda self, index: index < self.templates)]


@_bug("One person more than admitted is let pass.")
def one_more_is_let_pass() -> list[Change]:
    original = step._counts

    def counts(state: Any, seen: Any, now: int, policy: Any, terms: Any) -> Any:
        return original(state, seen, now, policy, replace(terms, admitted=terms.admitted + 1))

    return [(step, "_counts", counts)]


@_bug("Somebody who passes on the prison's side is a violation.")
def passing_is_a_violation() -> list[Change]:
    def strangers(tracks: Any, policy: Any, terms: Any) -> Any:
        for one in tracks:
            if one.phase is Phase.STRANGER:
                kind = Kind.UNAPPROVED_FACE
                rungs = (Rung(0, Action.PAUSE, Severity.HIGH),)
                yield Finding(kind, one.unproved_ms, rungs)

    return [(causes, "strangers", strangers)]


@_bug("A cause clears in the first picture without it.")
def clears_at_once() -> list[Change]:
    original = concern.update

    def update(concerns: Any, findings: Any, media_ms: int, policy: Any) -> Any:
        return original(concerns, findings, media_ms, policy.model_copy(update={"clear_after_ms": 0}))

    return [(step, "update", update)]


@_bug("With a new connection what was raised is forgotten: it never clears.")
def new_connection_forgets() -> list[Change]:
    return [(stage, "anew", lambda state: step.initial)]


@_bug("A cause never clears.")
def never_clears() -> list[Change]:
    original = concern.update

    def update(concerns: Any, findings: Any, media_ms: int, policy: Any) -> Any:
        return original(concerns, findings, media_ms, policy.model_copy(update={"clear_after_ms": 1 << 40}))

    return [(step, "update", update)]


# --------------------------------------------------------------------------------------------- call


@_bug("A violation is recorded and the pause is not.")
def pause_is_not_recorded() -> list[Change]:
    original = decisions._report_violation

    def report(call: Any, command: Any) -> Any:
        return [event for event in original(call, command) if not isinstance(event, CallPaused)]

    return [(decisions, "_DECISIONS", {**decisions._DECISIONS, ReportViolation: report})]


@_bug("Every pause goes on as soon as any cause has cleared.")
def any_clearing_resumes() -> list[Change]:
    def cleared(call: Any, command: Any) -> Any:
        if call.pause is None:
            return []
        waits_for_nobody = call.pause.model_copy(update={"for_staff": False})
        return going_on.go_on(replace(call, pause=waits_for_nobody, open_violations=()), command)

    return [(decisions, "_DECISIONS", {**decisions._DECISIONS, GoOn: cleared})]


@_bug("A pause that cleared waits for staff all the same.")
def clearing_resumes_nothing() -> list[Change]:
    return [(decisions, "_DECISIONS", {**decisions._DECISIONS, GoOn: lambda c, m: []})]
