"""The step from picture to verdict, in what a page, the analyser and the officer's word rest on."""

from dataclasses import replace

import pytest

from domain.clearance import ClearanceMode
from domain.moderation.causes import Exposure, Timers
from domain.moderation.concern import Concern, Finding, update
from domain.moderation.kind import Action, FaceWord, FreezeCause, Kind, Severity, Standing
from domain.moderation.ladder import Rung
from domain.moderation.policy import ReleaseMode, ReleasePolicy
from domain.moderation.release import Opening, Release, Span
from domain.moderation.step import State, Word, hear
from domain.moderation.track import Phase, born, cast
from domain.moderation.verdict import Cleared, Raised, ShownFace
from tests.domain.moderation.pictures import (
    BETWEEN,
    COUNTED,
    KNOWN,
    LEFT,
    MATCHED,
    POLICY,
    RIGHT,
    STRANGE,
    Stream,
    face,
)

TWO = replace(MATCHED, admitted=2, templates=2)


# What is shown of each face


def test_a_face_is_told_with_its_place_its_standing_and_whom_it_is_nearest_to() -> None:
    stream = Stream(TWO)
    verdict = stream.show(0, face(STRANGE, KNOWN), face(7_000, 7_500, at=RIGHT))
    number = {track.box: track.id for track in stream.state.tracks}
    assert {shown.box: shown for shown in verdict.faces} == {
        LEFT: ShownFace(number[LEFT], LEFT, Standing.PROVED, KNOWN, 1),
        RIGHT: ShownFace(number[RIGHT], RIGHT, Standing.UNPROVED, 7_000, 0),
    }


def test_a_counted_face_has_no_distance() -> None:
    (shown,) = Stream(COUNTED).show(0, face()).faces
    assert shown == ShownFace(0, LEFT, Standing.COUNTED, None, None)


def test_each_new_face_has_a_number_of_its_own() -> None:
    stream = Stream(COUNTED)
    stream.show(0, face())
    stream.show_for(125, 2_000)
    assert stream.show(2_125, face()).faces[0].track == 1


# Who is there


@pytest.mark.parametrize(
    ("people", "everyone"),
    [([face()], False), ([face(), face(at=RIGHT)], True), ([face(), face(at=RIGHT, confirmed=-1)], False)],
    ids=["one of two", "both", "one is perhaps no face"],
)
def test_where_faces_are_counted_everyone_is_there_when_as_many_are(
    people: list[object], everyone: bool
) -> None:
    assert Stream(COUNTED).show(0, *people).everyone_proved is everyone  # type: ignore[arg-type]


def test_where_faces_are_matched_everyone_is_there_when_each_template_is() -> None:
    assert not Stream(TWO).show(0, face(KNOWN, STRANGE)).everyone_proved
    assert Stream(TWO).show(0, face(KNOWN, STRANGE), face(STRANGE, KNOWN, at=RIGHT)).everyone_proved
    assert not Stream(replace(MATCHED, templates=0)).show(0).everyone_proved


# When the analyser may rest


def test_a_picture_in_which_nothing_pends_is_calm() -> None:
    assert Stream().show(0, face(KNOWN)).calm


@pytest.mark.parametrize(
    ("faces", "changes"),
    [
        ([face(BETWEEN)], {}),
        ([], {}),
        ([face(KNOWN)], {"luma_mean": 12, "luma_deviation": 2}),
        ([face(KNOWN)], {"nudity": POLICY.nudity.alert_score}),
    ],
    ids=["a face that is not proved", "nobody", "covered", "perhaps exposed"],
)
def test_while_anything_pends_the_analyser_does_not_rest(
    faces: list[object], changes: dict[str, object]
) -> None:
    assert not Stream().show(0, *faces, **changes).calm  # type: ignore[arg-type]


def test_while_a_proved_face_is_uncertain_the_analyser_does_not_rest() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    verdict = stream.show(250, face(BETWEEN))
    assert verdict.clean
    assert not verdict.calm
    assert stream.show(500, face(KNOWN)).calm


def test_while_a_concern_is_open_the_analyser_does_not_rest() -> None:
    stream = Stream()
    stream.show_for(0, 5_000, face(KNOWN), every_ms=250, identical=True)
    verdict = stream.show(5_250, face(KNOWN))
    assert stream.state.concerns
    assert not verdict.calm


# Faces that have just gone


def test_a_stranger_that_vanishes_withholds_the_picture_until_it_is_forgotten() -> None:
    stream = Stream()
    stream.show_for(0, 1_250, face(STRANGE))
    assert stream.show(2_700).cause is FreezeCause.STRANGER
    assert stream.show(2_751).clean


@pytest.mark.parametrize(
    ("score", "confirmed", "lingers"),
    [(POLICY.things.score_max, -1, True), (POLICY.things.score_max - 1, -1, False), (2_000, 0, True)],
    ids=["likely", "unlikely", "confirmed"],
)
def test_only_what_was_likely_a_face_lingers(score: int, confirmed: int, lingers: bool) -> None:
    stream = Stream()
    stream.show(5_000, face(BETWEEN, score=score, confirmed=confirmed))
    assert stream.show(5_125).clean is not lingers
    assert stream.show(6_001).clean


# The officer's word


def concern(kind: Kind, track: int | None, *, pausing: bool = False) -> Concern:
    return Concern(kind, track, 0, 1_000, climbed=1, pausing=pausing)


vote = cast(face(STRANGE), 0, POLICY, MATCHED)


def paused() -> State:
    tracks = (
        replace(born(1, face(), 0), phase=Phase.STRANGER, nearest=0, votes=(vote,), unsure_ms=50),
        replace(born(2, face(at=RIGHT), 0), phase=Phase.NEW),
    )
    concerns = (
        concern(Kind.UNAPPROVED_FACE, 1),
        concern(Kind.FACE_UNCLEAR, 2),
        concern(Kind.COULD_NOT_CHECK, None, pausing=True),
    )
    return State(tracks=tracks, concerns=concerns, timers=Timers(frozen_ms=100, absent_ms=200))


@pytest.mark.parametrize("word", list(FaceWord))
def test_a_word_ends_what_was_said_of_its_face_and_what_paused_the_call(word: FaceWord) -> None:
    after, _ = hear(paused(), MATCHED, Word(2_000, 1, word))
    assert after.concerns == (concern(Kind.FACE_UNCLEAR, 2),)
    assert after.timers == Timers(absent_ms=200)
    assert after.counts == ()


def test_a_face_that_is_gone_is_forgotten_and_the_other_stays() -> None:
    after, terms = hear(paused(), MATCHED, Word(2_000, 1, FaceWord.GONE))
    assert [track.id for track in after.tracks] == [2]
    assert terms == MATCHED


@pytest.mark.parametrize(
    ("template", "nearest", "accepted"), [(None, 0, frozenset()), (3, 3, frozenset({3}))]
)
def test_an_accepted_face_is_proved_and_no_other(
    template: int | None, nearest: int, accepted: frozenset[int]
) -> None:
    before = paused()
    after, terms = hear(before, MATCHED, Word(2_000, 1, FaceWord.PERMITTED, template))
    assert after.tracks == (
        replace(
            before.tracks[0],
            phase=Phase.PROVED,
            ever_proved=True,
            nearest=nearest,
            seen_ms=2_000,
            votes=(),
            vouched=True,
            unsure_ms=None,
        ),
        before.tracks[1],
    )
    assert terms.accepted == accepted


def test_where_faces_are_counted_one_more_is_let_in() -> None:
    after, terms = hear(paused(), COUNTED, Word(2_000, 1, FaceWord.IS))
    assert terms == replace(COUNTED, admitted=3)
    assert after.tracks == paused().tracks
    assert terms.mode is ClearanceMode.COUNT


# Concerns climb their steps once


def test_each_step_is_taken_once_and_a_pause_is_remembered() -> None:
    rungs = (Rung(0, Action.COACH, Severity.LOW), Rung(500, Action.PAUSE, Severity.MEDIUM))
    finding = Finding(Kind.COULD_NOT_CHECK, 100, rungs)
    concerns, raised, _ = update((), [finding], 599, POLICY)
    assert raised == (Raised(Kind.COULD_NOT_CHECK, Severity.LOW, Action.COACH, 100, 599),)
    assert concerns == (Concern(Kind.COULD_NOT_CHECK, None, 100, 599, climbed=1, pausing=False),)
    concerns, raised, _ = update(concerns, [finding], 600, POLICY)
    assert raised == (Raised(Kind.COULD_NOT_CHECK, Severity.MEDIUM, Action.PAUSE, 100, 600),)
    assert concerns == (Concern(Kind.COULD_NOT_CHECK, None, 100, 600, climbed=2, pausing=True),)
    only_coached = Finding(Kind.COULD_NOT_CHECK, 100, rungs[:1])
    concerns, raised, _ = update(concerns, [only_coached], 700, POLICY)
    assert raised == ()
    assert concerns == (Concern(Kind.COULD_NOT_CHECK, None, 100, 700, climbed=2, pausing=True),)


@pytest.mark.parametrize(
    ("after_ms", "cause"), [(POLICY.nudity.hold_ms, FreezeCause.NUDITY), (POLICY.nudity.hold_ms + 1, None)]
)
def test_a_grave_picture_withholds_what_follows_for_a_while(after_ms: int, cause: FreezeCause | None) -> None:
    stream = Stream()
    stream.show(0, face(KNOWN), nudity=POLICY.nudity.score)
    assert stream.show(after_ms, face(KNOWN)).cause is cause


@pytest.mark.parametrize(
    ("after_ms", "cause"),
    [(POLICY.count.linger_ms, FreezeCause.HEAD_COUNT), (POLICY.count.linger_ms + 1, None)],
)
def test_too_many_heads_withhold_what_follows_for_a_while(after_ms: int, cause: FreezeCause | None) -> None:
    stream = Stream(replace(COUNTED, admitted=1))
    stream.show(0, face(), face(at=RIGHT))
    assert [(count.people, count.above) for count in stream.state.counts] == [(2, True)]
    assert stream.show(after_ms, face()).cause is cause


def test_only_confirmed_people_are_counted_and_for_the_window() -> None:
    stream = Stream(replace(COUNTED, admitted=1))
    stream.show(0, face(), face(at=RIGHT, confirmed=-1))
    stream.show(POLICY.count.window_ms, face())
    assert [(count.media_ms, count.people, count.above) for count in stream.state.counts] == [
        (0, 1, False),
        (POLICY.count.window_ms, 1, False),
    ]
    stream.show(POLICY.count.window_ms + 1, face())
    assert [count.media_ms for count in stream.state.counts] == [
        POLICY.count.window_ms,
        POLICY.count.window_ms + 1,
    ]


def test_a_stall_that_is_over_explains_nothing_of_the_next() -> None:
    stream = Stream()
    stream.show(0, face(BETWEEN), face(BETWEEN, at=RIGHT))
    assert stream.state.stalled_by == {0, 1}
    stream.show(125, face(KNOWN), face(KNOWN, at=RIGHT))
    assert (stream.state.stalled_by, stream.state.inexplicable) == (frozenset(), False)
    stream.show(250, face(KNOWN), nudity=POLICY.nudity.score)
    assert stream.state.inexplicable
    stream.show_for(375, 1_500, face(KNOWN))
    assert not stream.state.inexplicable


def test_a_picture_that_repeats_the_last_only_keeps_its_faces() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    before = stream.state.tracks
    stream.show(250, face(KNOWN), repeated=True)
    assert stream.state.tracks == tuple(replace(track, seen_ms=250) for track in before)


def test_what_is_gone_is_cleared_after_a_while_with_its_times_and_the_rest_stays() -> None:
    gone = Concern(Kind.FACE_ABSENT, None, 100, 1_000, climbed=1)
    never_raised = Concern(Kind.CAMERA_COVERED, None, 200, 900)
    still = Concern(Kind.FROZEN_PICTURE, None, 300, 1_001, climbed=1)
    now = 1_000 + POLICY.clear_after_ms
    concerns, raised, cleared = update((never_raised, gone, still), (), now, POLICY)
    assert concerns == (still,)
    assert raised == ()
    assert cleared == (Cleared(Kind.FACE_ABSENT, None, 100, 1_000, now),)


def test_a_new_concern_is_seen_now() -> None:
    rungs = (Rung(5_000, Action.COACH, Severity.LOW),)
    concerns, _, _ = update((), [Finding(Kind.FACE_ABSENT, 100, rungs)], 700, POLICY)
    assert concerns == (Concern(Kind.FACE_ABSENT, None, 100, 700),)


def test_while_something_else_pauses_a_freeze_that_begins_then_is_not_told_of_besides() -> None:
    covered: dict[str, object] = {"luma_mean": 12, "luma_deviation": 2}
    stream = Stream()
    stream.show_for(0, 6_000, face(KNOWN), every_ms=250, **covered)
    stream.show_for(6_250, 20_000, face(KNOWN), face(BETWEEN, at=RIGHT), every_ms=250, **covered)
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("camera_covered", "coach"),
        ("camera_covered", "pause"),
    ]


def test_an_exposed_picture_is_remembered_for_its_window() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN), nudity=POLICY.nudity.alert_score)
    stream.show(POLICY.nudity.window_ms, face(KNOWN), nudity=POLICY.nudity.alert_score - 1)
    assert list(stream.state.exposures) == [Exposure(0, POLICY.nudity.alert_score)]
    stream.show(POLICY.nudity.window_ms + 1, face(KNOWN))
    assert list(stream.state.exposures) == []


# Release


def judged(
    release: Release, media_ms: int, *, clean: bool, explained: bool = False
) -> tuple[Release, Opening]:
    return release.judged(media_ms, clean=clean, explained=explained, unexplained_change=False)


def test_a_span_ends_with_its_last_picture() -> None:
    assert [media_ms in Span(100, 200) for media_ms in (100, 101, 200, 201)] == [False, True, True, False]


def test_a_freeze_remembers_where_the_stall_began() -> None:
    release, _ = judged(Release(ReleasePolicy()), 1_000, clean=True)
    release, opening = judged(release, 1_125, clean=False)
    assert opening == Opening(frozen=True)
    assert release == Release(ReleasePolicy(), judged_ms=1_125, clean=False, stalled_from_ms=1_000)
    release, _ = judged(release, 1_250, clean=False)
    assert release == Release(ReleasePolicy(), judged_ms=1_250, clean=False, stalled_from_ms=1_000)
    _, opening = judged(release, 1_600, clean=True, explained=True)
    assert opening == Opening((Span(1_000, 1_600),), catch_up=True)
    _, opening = judged(release, 1_601, clean=True, explained=True)
    assert opening == Opening((Span(1_600, 1_601),), cut=True)


def test_what_waited_when_the_picture_froze_waits_with_the_stall() -> None:
    release, _ = judged(Release(ReleasePolicy(strict=True)), 1_000, clean=True)
    release, opening = judged(release, 1_125, clean=True)
    assert opening.spans == (Span(999, 1_000),)
    release, _ = judged(release, 1_250, clean=False)
    assert release.stalled_from_ms == 1_000


def test_after_a_pause_nothing_older_leaves() -> None:
    release, _ = judged(Release(ReleasePolicy()), 1_000, clean=True)
    assert release.restarted() == Release(ReleasePolicy())


def test_under_a_lease_pictures_leave_for_a_while_after_a_clean_one() -> None:
    lease = ReleasePolicy(mode=ReleaseMode.LEASE)
    release, opening = judged(Release(lease), 1_000, clean=True)
    assert opening == Opening((Span(999, 1_000 + lease.lease_ms),), cut=True)
    assert release == Release(lease, judged_ms=1_000, clean=True)
    release, opening = judged(release, 1_250, clean=True)
    assert opening == Opening((Span(1_000, 1_250 + lease.lease_ms),))
    release, opening = judged(release, 1_500, clean=False)
    assert opening == Opening(frozen=True)
    assert release == Release(lease, judged_ms=1_500, clean=False)
    _, opening = judged(release, 1_625, clean=True)
    assert opening == Opening((Span(1_624, 1_625 + lease.lease_ms),), cut=True)


def test_a_cause_that_comes_back_after_the_call_went_on_pauses_once_more_and_coaches_no_more() -> None:
    rungs = (Rung(100, Action.COACH, Severity.LOW), Rung(300, Action.PAUSE, Severity.LOW))
    known: tuple[Concern, ...] = (Concern(Kind.COULD_NOT_CHECK, None, 0, 1_000, climbed=2, pausing=True),)
    said = list[Action]()
    for media_ms in range(1_500, 2_000, 100):
        findings = [Finding(Kind.COULD_NOT_CHECK, 1_500, rungs)]
        known, raised, cleared = update(known, findings, media_ms, POLICY)
        said += [one.action for one in raised]
        assert cleared == ()
    assert said == [Action.PAUSE]


def test_a_cause_that_paused_and_came_back_for_a_picture_still_clears() -> None:
    rungs = (Rung(500, Action.PAUSE, Severity.LOW),)
    known: tuple[Concern, ...] = (Concern(Kind.EXPLICIT_NUDITY, None, 0, 1_000, climbed=1, pausing=True),)
    known, _, _ = update(known, [Finding(Kind.EXPLICIT_NUDITY, 1_500, rungs)], 1_500, POLICY)
    gone_ms = 1_500 + POLICY.clear_after_ms
    assert update(known, [], gone_ms - 1, POLICY)[2] == ()
    assert [one.kind for one in update(known, [], gone_ms, POLICY)[2]] == [Kind.EXPLICIT_NUDITY]
