from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.moderation.kind import FaceWord, FreezeCause, Standing
from domain.moderation.policy import ModerationPolicy
from domain.moderation.step import Word, anew, hear, initial, step
from tests.domain.moderation.pictures import (
    BETWEEN,
    COUNTED,
    GOOD,
    KNOWN,
    LEFT,
    POLICY,
    POOR,
    PRISON,
    RIGHT,
    STRANGE,
    Stream,
    face,
    picture,
)


def test_a_matched_face_is_shown_from_its_first_picture_on() -> None:
    verdict = Stream().show(0, face(KNOWN))
    assert (verdict.clean, verdict.everyone_proved, verdict.next_ms) == (True, True, 250)
    assert verdict.faces[0].standing is Standing.PROVED


def test_a_picture_without_a_face_may_be_shown() -> None:
    verdict = Stream().show(0)
    assert verdict.clean
    assert not verdict.everyone_proved


def test_a_new_face_that_is_not_matched_freezes_at_once_and_is_looked_at_faster() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    verdict = stream.show(250, face(KNOWN), face(STRANGE, at=RIGHT))
    assert verdict.cause is FreezeCause.NEW_FACE
    assert verdict.next_ms == 125
    assert not verdict.everyone_proved


def test_an_unapproved_face_pauses_after_a_second_of_mismatches() -> None:
    stream = Stream()
    stream.show_for(0, 2000, face(KNOWN), every_ms=250)
    stream.show_for(2250, 4000, face(KNOWN), face(STRANGE, at=RIGHT))
    assert stream.raised == [("unapproved_face", "pause", 2250, 3250)]
    evidence = next(v for v in stream.verdicts if v.raised).raised[0].evidence
    assert (evidence.votes_for, evidence.votes, evidence.threshold) == (9, 9, POLICY.matching.reject)
    assert evidence.scores == (STRANGE,) * 9
    assert evidence.quality == GOOD


def test_three_mismatches_within_less_than_a_second_are_no_violation() -> None:
    stream = Stream()
    stream.show_for(0, 875, face(STRANGE))
    assert stream.raised == []


def test_a_badly_seen_face_never_becomes_a_stranger() -> None:
    stream = Stream()
    stream.show_for(0, 9_900, face(STRANGE, quality=POOR))
    assert {kind for kind, *_ in stream.raised} == {"face_unclear", "could_not_check"}


def test_a_freeze_nobody_can_resolve_coaches_after_five_and_pauses_after_ten_seconds() -> None:
    stream = Stream()
    stream.show_for(1_000, 11_500, face(BETWEEN))
    assert stream.raised == [
        ("could_not_check", "coach", 1_000, 6_000),
        ("could_not_check", "pause", 1_000, 11_000),
    ]


def test_of_a_picture_for_which_the_call_pauses_nobody_is_told_that_it_could_not_be_checked() -> None:
    stream = Stream()
    stream.show_for(0, 2_000, face(KNOWN), every_ms=250)
    stream.show_for(2_250, 30_000, face(KNOWN), face(STRANGE, at=RIGHT))
    assert stream.raised == [("unapproved_face", "pause", 2_250, 3_250)]


def test_what_was_said_of_it_before_goes_no_further_once_somebody_is_the_cause() -> None:
    stream = Stream()
    stream.show_for(0, 6_000, face(BETWEEN))
    stream.show_for(6_125, 30_000, face(STRANGE))
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("could_not_check", "coach"),
        ("unapproved_face", "pause"),
    ]


def test_when_the_cause_is_gone_and_the_picture_is_not_explained_that_is_told_again() -> None:
    stream = Stream()
    stream.show_for(0, 3_000, face(BETWEEN), face(STRANGE, at=RIGHT))
    stream.show_for(3_125, 20_000, face(BETWEEN))
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("unapproved_face", "pause"),
        ("could_not_check", "coach"),
        ("could_not_check", "pause"),
    ]


def test_a_pause_that_ends_by_itself_hides_no_picture_that_was_withheld_before() -> None:
    """Else the call would go on for a moment when the lens is free again, and pause once more."""
    covered: dict[str, Any] = {"luma_mean": 12, "luma_deviation": 2}
    stream = Stream()
    stream.show_for(0, 2_000, face(BETWEEN))
    stream.show_for(2_125, 11_000, face(BETWEEN), **covered)
    paused = [(kind, at) for kind, action, _, at in stream.raised if action == "pause"]
    assert paused == [("camera_covered", 7_125), ("could_not_check", 10_000)]


def test_on_the_prisons_side_an_unknown_face_only_freezes_and_pauses_after_twenty_seconds() -> None:
    stream = Stream(PRISON)
    stream.show(0, face(KNOWN))
    last = stream.show_for(250, 20_500, face(KNOWN), face(STRANGE, at=RIGHT))
    assert last.cause is FreezeCause.STRANGER
    assert stream.raised == [
        ("could_not_check", "coach", 250, 5_250),
        ("could_not_check", "pause", 250, 20_250),
    ]


def test_the_first_well_seen_mismatch_on_a_proved_face_freezes() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    assert stream.show(250, face(STRANGE)).cause is FreezeCause.MISMATCH


def test_a_poorly_seen_doubt_about_a_proved_face_does_not_freeze() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    for distance in (BETWEEN, POLICY.matching.reject, POLICY.matching.reject_poor - 1):
        assert stream.show(stream.verdicts[-1].media_ms + 250, face(distance, quality=POOR)).clean


def test_a_poorly_seen_face_that_is_clearly_somebody_elses_freezes_and_accuses_nobody() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    assert stream.show(250, face(STRANGE, quality=POOR)).cause is FreezeCause.MISMATCH
    stream.show_for(375, 4_500, face(STRANGE, quality=POOR))
    assert not any(action == "pause" for _, action, *_ in stream.raised)
    assert stream.show(4_625, face(KNOWN, quality=POOR)).clean


@pytest.mark.parametrize("unsure", [{"confirmed": 2_000}, {"quality": replace(POOR, side=40)}], ids=str)
def test_what_may_be_no_face_or_is_too_small_takes_no_proof_away(unsure: dict[str, Any]) -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    assert stream.show(250, face(STRANGE, **{"quality": POOR, **unsure})).clean


def test_a_person_swapped_in_place_is_an_identity_swap() -> None:
    stream = Stream()
    stream.show_for(0, 1000, face(KNOWN), every_ms=250)
    stream.show_for(1250, 4000, face(STRANGE))
    assert stream.raised[0][:3] == ("identity_swap", "pause", 1250)


def test_one_approved_person_in_the_place_of_another_is_no_violation() -> None:
    stream = Stream(replace(PRISON, templates=2, admitted=2))
    stream.show(0, face(KNOWN, STRANGE))
    assert stream.show_for(250, 3_000, face(STRANGE, KNOWN)).clean
    assert stream.raised == []


def test_a_proved_face_that_was_lost_for_a_moment_keeps_its_proof() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    assert stream.show(280, face(BETWEEN)).clean


def test_a_proved_face_that_was_lost_for_longer_must_be_proved_again() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    stream.show(250)
    assert stream.show(500, face(BETWEEN)).cause is FreezeCause.RETURNED_FACE
    assert stream.show(625, face(KNOWN)).clean


def test_an_unproved_face_that_vanishes_withholds_the_picture_for_a_second() -> None:
    stream = Stream()
    stream.show(0, face(STRANGE))
    assert not stream.show(1_000).clean
    assert stream.show(1_125).clean


def test_a_short_stall_is_explained_when_its_face_is_proved() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    stream.show(250)
    stream.show(500, face(BETWEEN))
    assert stream.show(625, face(KNOWN)).explained


def test_a_stranger_who_was_well_seen_is_not_explained_by_who_sits_there_next() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    stream.show(250, face(STRANGE))
    verdict = stream.show(375, face(KNOWN))
    assert verdict.clean
    assert not verdict.explained


def test_only_people_in_the_newest_picture_explain_change() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN), face(KNOWN, at=RIGHT))
    assert set(stream.state.people) == {LEFT, RIGHT}
    stream.show(250, face(KNOWN))
    assert stream.state.people == (LEFT,)


def test_after_a_new_connection_faces_have_new_numbers_and_what_was_raised_can_clear() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN), face(STRANGE, at=RIGHT))
    stream.show_for(250, 6_000, luma_mean=10, luma_deviation=2)
    stream.state = anew(stream.state)
    shown = [stream.show(at, face(STRANGE)) for at in range(6_500, 9_000, 250)]
    assert shown[0].faces[0].track == 2
    assert "camera_covered" in {cleared.kind for verdict in shown for cleared in verdict.cleared}


def test_a_stall_is_not_explained_while_another_face_of_it_is_missing() -> None:
    stream = Stream()
    stream.show(0, face(BETWEEN), face(STRANGE, at=RIGHT))
    stream.show(500, face(KNOWN))
    verdict = stream.show(1_500, face(KNOWN))
    assert verdict.clean
    assert not verdict.explained


def test_a_box_around_a_confirmed_face_is_no_face() -> None:
    stream = Stream()
    around = face(STRANGE, at=(40, 90, 260, 260), confirmed=-5_000)
    assert stream.show(0, face(KNOWN), around).clean


def test_a_thing_that_never_moves_and_was_never_confirmed_is_dismissed_after_a_second() -> None:
    poster = face(STRANGE, at=RIGHT, score=3_000, confirmed=-8_000, quality=replace(POOR, stir=0))
    stream = Stream()
    assert not stream.show(0, face(KNOWN), poster).clean
    verdict = stream.show_for(125, 1_125, face(KNOWN), poster)
    assert verdict.clean
    assert {seen.standing for seen in verdict.faces} == {Standing.PROVED, Standing.THING}


def test_more_heads_than_admitted_freeze_at_once_and_pause_after_a_second() -> None:
    stream = Stream(COUNTED)
    third: tuple[int, int, int, int] = (280, 300, 120, 120)
    stream.show_for(0, 3_000, face(), face(at=RIGHT), every_ms=250)
    assert all(v.clean for v in stream.verdicts)
    first = stream.show(3_125, face(), face(at=RIGHT), face(at=third))
    assert first.cause is FreezeCause.HEAD_COUNT
    stream.show_for(3_250, 6_000, face(), face(at=RIGHT), face(at=third))
    assert [raised[:3] for raised in stream.raised] == [("head_count_above", "pause", 3_125)]


def test_a_stall_for_too_many_heads_is_never_explained() -> None:
    stream = Stream(replace(COUNTED, admitted=1))
    stream.show(0, face())
    stream.show(250, face(), face(at=RIGHT))
    verdict = stream.show(1_300, face())
    assert verdict.clean
    assert not verdict.explained


def test_a_covered_camera_coaches_pauses_and_clears_by_itself() -> None:
    stream = Stream()
    stream.show_for(0, 6_000, every_ms=250, luma_mean=12, luma_deviation=2)
    stream.show_for(6_250, 9_000, face(KNOWN), every_ms=250)
    assert stream.raised == [("camera_covered", "coach", 0, 2_000), ("camera_covered", "pause", 0, 5_000)]
    assert stream.cleared == [("camera_covered", 8_000)]
    assert all(r.self_clearing for v in stream.verdicts for r in v.raised)


def test_nobody_before_the_camera_coaches_after_ten_and_pauses_after_twenty_seconds() -> None:
    stream = Stream()
    stream.show_for(0, 20_000, every_ms=250)
    assert stream.raised == [("face_absent", "coach", 0, 10_000), ("face_absent", "pause", 0, 20_000)]


def test_explicit_nudity_freezes_at_the_first_and_pauses_at_the_second_sample() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    assert stream.show(250, face(KNOWN), nudity=7_000).cause is FreezeCause.NUDITY
    stream.show(375, face(KNOWN), nudity=6_500)
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("explicit_nudity", "alert"),
        ("explicit_nudity", "pause"),
    ]
    assert not stream.show(1_300, face(KNOWN)).clean
    verdict = stream.show(1_500, face(KNOWN))
    assert verdict.clean
    assert not verdict.explained


def test_a_kind_no_engine_can_tell_is_not_raised() -> None:
    stream = Stream()
    stream.show_for(0, 30_000, every_ms=250, assessed=())
    assert stream.raised == []


def test_a_picture_that_does_not_even_flicker_is_told_to_staff() -> None:
    stream = Stream()
    stream.show_for(0, 6_000, face(KNOWN), every_ms=250, identical=True)
    assert stream.raised == [("frozen_picture", "alert", 0, 5_000)]


def test_a_film_in_place_of_the_camera_is_told_to_staff_when_it_lasts() -> None:
    stream = Stream()
    stream.show_for(0, 1_500, face(KNOWN), every_ms=250, repeats_ms=6_000)
    assert stream.raised == []
    stream.show_for(1_750, 3_000, face(KNOWN), every_ms=250, repeats_ms=6_000)
    assert stream.raised == [("replayed_picture", "alert", 0, 2_000)]
    assert all(verdict.clean for verdict in stream.verdicts), "it is shown: only staff can tell what it is"
    stream.show_for(3_250, 6_000, face(KNOWN), every_ms=250)
    assert stream.cleared == [("replayed_picture", 5_000)]


def test_a_repeated_picture_is_no_new_evidence() -> None:
    stream = Stream()
    stream.show(0, face(KNOWN))
    stream.show(250, face(KNOWN), repeated=True)
    assert len(stream.state.tracks[0].votes) == 1


def _paused_for_a_stranger() -> Stream:
    stream = Stream()
    stream.show_for(0, 2_000, face(STRANGE))
    assert stream.raised
    return stream


@pytest.mark.parametrize("word", [FaceWord.IS, FaceWord.PERMITTED])
def test_a_face_the_officer_accepted_is_shown_and_known_again(word: FaceWord) -> None:
    stream = _paused_for_a_stranger()
    said = Word(2_100, stream.state.tracks[0].id, word, template=1)
    stream.state, stream.terms = hear(stream.state, stream.terms, said)
    assert stream.show(2_125, face(STRANGE, 500)).clean
    stream.show_for(2_250, 5_000)
    assert stream.show(5_125, face(STRANGE, 500, at=RIGHT)).clean, "proved by the vector kept in memory"


def test_a_face_the_officer_called_gone_and_that_is_still_there_pauses_again() -> None:
    stream = _paused_for_a_stranger()
    before = len(stream.raised)
    said = Word(2_100, stream.state.tracks[0].id, FaceWord.GONE)
    stream.state, stream.terms = hear(stream.state, stream.terms, said)
    assert stream.show(2_125).clean
    stream.show_for(2_250, 4_000, face(STRANGE))
    assert [raised[0] for raised in stream.raised[before:]] == ["unapproved_face"]


def test_a_permitted_head_is_counted_from_then_on() -> None:
    stream = Stream(replace(COUNTED, admitted=1))
    stream.show_for(0, 2_000, face(), face(at=RIGHT))
    assert stream.raised
    said = Word(2_100, stream.state.tracks[1].id, FaceWord.PERMITTED)
    stream.state, stream.terms = hear(stream.state, stream.terms, said)
    assert stream.terms.admitted == 2
    assert stream.show(2_125, face(), face(at=RIGHT)).clean


def test_the_permissive_policy_lets_a_face_be_seen_twice_a_second_without_losing_it() -> None:
    stream = Stream(policy=ModerationPolicy.permissive())
    stream.show(0, face(KNOWN))
    assert stream.show_for(500, 3_000, face(BETWEEN), every_ms=500).clean


_faces = st.lists(
    st.builds(
        face,
        st.integers(0, 12_000),
        at=st.tuples(st.integers(0, 500), st.integers(0, 350), st.integers(20, 200), st.integers(20, 200)),
        quality=st.sampled_from([GOOD, POOR]),
        score=st.integers(1_200, 9_000),
        confirmed=st.integers(-10_000, 10_000),
    ),
    max_size=3,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(40, 900), _faces), max_size=25))
def test_no_clean_picture_shows_a_face_that_is_not_proved(scenes: list[tuple[int, list[object]]]) -> None:
    state, media_ms = initial, 0
    for gap_ms, faces in scenes:
        media_ms += gap_ms
        state, verdict = step(state, picture(media_ms, *faces), POLICY, Stream().terms)  # type: ignore[arg-type]
        assert verdict.clean == (verdict.cause is None)
        if verdict.clean:
            assert {f.standing for f in verdict.faces} <= {Standing.PROVED, Standing.THING}
        for raised in verdict.raised:
            assert raised.since_ms <= raised.media_ms == media_ms


def test_an_empty_room_in_which_nothing_moves_is_no_stuck_camera() -> None:
    stream = Stream()
    stream.show_for(0, 6_000, every_ms=250, identical=True)
    assert "frozen_picture" not in {raised[0] for raised in stream.raised}
