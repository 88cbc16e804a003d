"""One face through time: what a sighting says, from exactly which number on, and what is held of it then."""

from dataclasses import replace
from typing import Any

import pytest

from domain.moderation import track as tracking
from domain.moderation.observation import Box, Face
from domain.moderation.track import Cast, Phase, Track, Vote, born, cast, is_stranger, nearness, well_seen
from domain.moderation.verdict import StreamTerms
from tests.domain.moderation.pictures import GOOD, KNOWN, LEFT, MATCHED, POLICY, POOR, RIGHT, STRANGE, face

TWO = replace(MATCHED, templates=2)
M, Q, E, T = POLICY.matching, POLICY.quality, POLICY.evidence, POLICY.things


# When a face is well seen

EDGES = [
    ("side", Q.side_px, -1),
    ("sharpness", Q.sharpness_min, -1),
    ("turn", Q.turn_max, 1),
    ("turn", -Q.turn_max, -1),
    ("inside", Q.inside_min, -1),
    ("edge", Q.edge_px, -1),
    ("brightness", Q.brightness_min, -1),
    ("brightness", Q.brightness_max, 1),
]


@pytest.mark.parametrize(("what", "least", "beyond"), EDGES)
def test_a_face_is_well_seen_up_to_each_limit_of_the_policy(what: str, least: int, beyond: int) -> None:
    assert well_seen(face(quality=replace(GOOD, **{what: least})), Q)
    assert not well_seen(face(quality=replace(GOOD, **{what: least + beyond})), Q)


def test_what_is_hardly_a_face_is_not_well_seen() -> None:
    assert well_seen(face(confirmed=Q.confirmer_min), Q)
    assert not well_seen(face(confirmed=Q.confirmer_min - 1), Q)


# What one sighting says


@pytest.mark.parametrize(
    ("distance", "quality", "vote"),
    [
        (M.accept, GOOD, Vote.YES),
        (M.accept + 1, GOOD, Vote.UNSURE),
        (M.reject - 1, GOOD, Vote.UNSURE),
        (M.reject, GOOD, Vote.NO),
        (M.accept_poor, POOR, Vote.YES),
        (M.accept_poor + 1, POOR, Vote.UNSURE),
        (M.reject_poor - 1, POOR, Vote.UNSURE),
        (M.reject_poor, POOR, Vote.UNLIKE),
        (M.reject_poor, replace(POOR, side=Q.side_px), Vote.UNLIKE),
        (M.reject_poor, replace(POOR, side=Q.side_px - 1), Vote.UNSURE),
    ],
)
def test_the_nearest_distance_says_who_it_is(distance: int, quality: Any, vote: Vote) -> None:
    said = cast(face(distance, quality=quality), 700, POLICY, MATCHED)
    assert said == Cast(700, vote, distance, None, 0, quality is GOOD, quality)


@pytest.mark.parametrize(
    ("confirmed", "vote"), [(Q.confirmer_min, Vote.UNLIKE), (Q.confirmer_min - 1, Vote.UNSURE)]
)
def test_what_may_be_no_face_speaks_against_nobody(confirmed: int, vote: Vote) -> None:
    assert cast(face(STRANGE, quality=POOR, confirmed=confirmed), 0, POLICY, MATCHED).vote is vote


def test_the_second_nearest_person_is_noted() -> None:
    three = replace(MATCHED, templates=3)
    said = cast(face(7_000, 3_000, 5_000), 0, POLICY, three)
    assert (said.distance, said.nearest, said.runner_up) == (3_000, 1, 5_000)
    said = cast(face(7_000, 3_000), 0, POLICY, TWO)
    assert (said.distance, said.nearest, said.runner_up) == (3_000, 1, 7_000)


def test_only_people_who_may_be_shown_are_compared() -> None:
    said = cast(face(STRANGE, KNOWN, 100), 0, POLICY, MATCHED)
    assert (said.vote, said.nearest) == (Vote.NO, 0)
    said = cast(face(STRANGE, KNOWN, 100), 0, POLICY, MATCHED.accepting(2))
    assert (said.vote, said.nearest) == (Vote.YES, 2)
    assert [index for index in range(4) if TWO.accepting(3).approves(index)] == [0, 1, 3]


@pytest.mark.parametrize("quality", [GOOD, POOR])
def test_where_nobody_may_be_shown_nothing_is_said(quality: Any) -> None:
    nobody = replace(MATCHED, templates=0)
    said = cast(face(KNOWN, quality=quality), 700, POLICY, nobody)
    assert said == Cast(700, Vote.UNSURE, None, None, None, quality is GOOD, quality)


# Following a face


def sight(track: Track, media_ms: int, seen: Face, terms: StreamTerms = MATCHED) -> Track:
    return tracking.seen(track, seen, media_ms, POLICY, terms)


def test_a_new_track_knows_where_and_when_it_began() -> None:
    assert born(7, face(at=RIGHT), 300) == Track(7, RIGHT, RIGHT, 300, 300, 300)


def test_a_sighting_is_taken_in() -> None:
    first = sight(born(7, face(), 300), 300, face(KNOWN, score=4_000, quality=replace(GOOD, stir=900)))
    assert (first.sightings, first.confirmed, first.best_score, first.stir) == (1, True, 4_000, 0)
    moved: Box = (110, 150, 120, 120)
    second = sight(first, 425, face(KNOWN, at=moved, score=3_000, quality=replace(GOOD, stir=800)))
    assert (second.sightings, second.best_score, second.stir) == (2, 4_000, 800)
    assert (second.box, second.first_box, second.born_ms, second.seen_ms) == (moved, LEFT, 300, 425)
    third = sight(second, 550, face(KNOWN, score=5_000, quality=replace(GOOD, stir=100)))
    assert (third.best_score, third.stir) == (5_000, 800)


@pytest.mark.parametrize(("confirmed", "known"), [(-1, False), (0, True)])
def test_a_face_is_confirmed_once_and_for_good(confirmed: int, known: bool) -> None:
    first = sight(born(7, face(), 0), 0, face(KNOWN, confirmed=confirmed))
    assert first.confirmed is known
    assert sight(first, 125, face(KNOWN, confirmed=-1)).confirmed is known


def test_votes_are_kept_for_the_window() -> None:
    track = sight(born(7, face(), 0), 0, face(KNOWN))
    assert len(sight(track, E.window_ms, face(KNOWN)).votes) == 2
    assert len(sight(track, E.window_ms + 1, face(KNOWN)).votes) == 1


def test_whom_it_was_last_proved_to_be_is_kept_through_doubt() -> None:
    track = sight(born(7, face(), 0), 0, face(STRANGE, KNOWN), TWO)
    assert track.nearest == 1
    assert sight(track, 125, face(7_000, 7_500), TWO).nearest == 1


def test_a_picture_that_changed_nothing_only_keeps_the_face() -> None:
    track = sight(born(7, face(), 0), 0, face(KNOWN))
    assert tracking.seen_again(track, 250) == replace(track, seen_ms=250)


@pytest.mark.parametrize(("gap_ms", "phase"), [(300, Phase.PROVED), (301, Phase.RETURNED)])
def test_a_loss_up_to_the_gap_keeps_the_proof(gap_ms: int, phase: Phase) -> None:
    track = sight(born(7, face(), 0), 0, face(KNOWN))
    assert sight(track, gap_ms, face(5_500)).phase is phase


# Another approved person, strangers, pardon


@pytest.mark.parametrize(
    ("distance", "phase"),
    [(M.accept - M.change_margin, Phase.PROVED), (M.accept - M.change_margin - 1, Phase.DOUBTED)],
)
def test_a_proved_face_that_becomes_another_approved_person_is_proved_again(
    distance: int, phase: Phase
) -> None:
    strict = replace_evidence(proofs=3)
    track = replace(born(7, face(), 0), phase=Phase.PROVED, nearest=0, ever_proved=True)
    after = tracking.seen(track, face(STRANGE, distance), 125, strict, TWO)
    assert after.phase is phase
    same = tracking.seen(track, face(distance, STRANGE), 125, strict, TWO)
    assert same.phase is Phase.PROVED


def replace_evidence(**changes: int) -> Any:
    return POLICY.model_copy(update={"evidence": E.model_copy(update=changes)})


def votes(*said: tuple[int, Vote]) -> tuple[Cast, ...]:
    return tuple(Cast(media_ms, vote, 7_000, None, 0, True, GOOD) for media_ms, vote in said)


NO, YES, UNSURE = Vote.NO, Vote.YES, Vote.UNSURE


@pytest.mark.parametrize(
    ("said", "stranger"),
    [
        (((0, NO), (500, NO), (1_000, NO)), True),
        (((0, NO), (500, NO), (999, NO)), False),
        (((0, NO), (1_000, NO)), False),
        (((0, NO), (300, YES), (500, NO), (1_000, NO)), True),
        (((0, NO), (300, YES), (400, YES), (500, NO), (1_000, NO)), False),
        (((0, NO), (300, UNSURE), (400, Vote.UNLIKE), (500, NO), (1_000, NO)), True),
        ((), False),
    ],
    ids=[
        "enough",
        "too close",
        "too few",
        "three of four",
        "three of five",
        "unsure does not count",
        "nothing",
    ],
)
def test_a_stranger_is_told_by_enough_mismatches_far_enough_apart(
    said: tuple[tuple[int, Vote], ...], stranger: bool
) -> None:
    assert is_stranger(replace(born(7, face(), 0), votes=votes(*said)), E) is stranger


def test_a_stranger_is_pardoned_by_enough_matches_in_a_row() -> None:
    stranger = replace(born(7, face(), 0), phase=Phase.STRANGER, confirmed=True)
    for number in range(1, E.pardon_proofs + 1):
        stranger = sight(stranger, number * 125, face(KNOWN))
        assert stranger.phase is (Phase.PROVED if number == E.pardon_proofs else Phase.STRANGER)


def test_matches_are_counted_since_the_last_mismatch() -> None:
    policy = replace_evidence(proofs=2)
    track = born(7, face(), 0)
    for media_ms, distance, phase in [
        (0, KNOWN, Phase.NEW),
        (125, STRANGE, Phase.NEW),
        (250, KNOWN, Phase.NEW),
        (375, 5_500, Phase.NEW),
        (500, KNOWN, Phase.PROVED),
    ]:
        track = tracking.seen(track, face(distance), media_ms, policy, MATCHED)
        assert track.phase is phase


# Things that are no face

THING: dict[str, Any] = {
    "confirmed": -8_000,
    "score": T.score_max - 1,
    "quality": replace(POOR, stir=T.stir_max),
}


def after_sightings(times: list[int], **changes: Any) -> Phase:
    poster: dict[str, Any] = {**THING, **changes}
    track = born(7, face(STRANGE, **poster), times[0])
    for media_ms in times:
        track = sight(track, media_ms, face(STRANGE, **poster))
    return track.phase


FOUR = [0, 250, 500, 1_000]


def test_what_never_moves_nor_changes_nor_is_confirmed_is_a_thing() -> None:
    assert after_sightings(FOUR) is Phase.THING
    counted = born(7, face(**THING), 0)
    for media_ms in FOUR:
        counted = tracking.counted(counted, face(**THING), media_ms, POLICY)
    assert counted.phase is Phase.THING
    assert tracking.counted(born(7, face(), 0), face(), 0, POLICY).phase is Phase.COUNTED


@pytest.mark.parametrize(
    "changes",
    [
        {"confirmed": 0},
        {"score": T.score_max},
        {"quality": replace(POOR, stir=T.stir_max + 1)},
    ],
    ids=["confirmed", "likely", "stirring"],
)
def test_whatever_may_be_a_face_is_no_thing(changes: dict[str, Any]) -> None:
    assert after_sightings(FOUR, **changes) is not Phase.THING


@pytest.mark.parametrize("times", [[0, 500, 1_000], [0, 250, 500, 999], [5_000, 5_250, 5_500, 5_999]])
def test_a_thing_was_seen_often_and_long_enough(times: list[int]) -> None:
    assert after_sightings(times) is Phase.NEW


@pytest.mark.parametrize(("way", "phase"), [(17, Phase.THING), (18, Phase.THING), (22, Phase.NEW)])
def test_a_thing_stays_where_it_was(way: int, phase: Phase) -> None:
    track = born(7, face(STRANGE, **THING), 0)
    for media_ms in FOUR:
        track = sight(track, media_ms, face(STRANGE, at=(100 + way, 150, 120, 120), **THING))
    assert track.phase is phase


# The same face in the next picture


@pytest.mark.parametrize(
    ("box", "near"),
    [
        (LEFT, 20_000),
        ((160, 150, 120, 120), 10_000 + 3_333),
        ((165, 150, 120, 120), 10_000 - 65 * 10_000 // 120),
        ((172, 150, 120, 120), 4_000),
        ((173, 150, 120, 120), 0),
        ((430, 150, 120, 120), 0),
    ],
    ids=["same place", "overlapping", "beside", "at arm's length", "too far", "elsewhere"],
)
def test_the_nearer_the_likelier_it_is_the_same_face(box: Box, near: int) -> None:
    assert nearness(LEFT, box, POLICY.tracking) == near


def test_a_face_of_quite_another_size_is_another_face() -> None:
    small: Box = (0, 0, 100, 100)
    assert nearness(small, (0, 60, 170, 170), POLICY.tracking) > 0
    assert nearness(small, (0, 0, 400, 400), POLICY.tracking) == 0


def test_a_way_of_more_than_its_side_is_still_near_where_the_policy_says_so() -> None:
    wide = POLICY.tracking.model_copy(update={"reach": 30_000})
    assert nearness(LEFT, (340, 150, 120, 120), wide) == 1


# Boxes around a face


@pytest.mark.parametrize(
    ("box", "kept"),
    [
        ((0, 0, 300, 400), False),
        ((100, 150, 120, 360), False),
        ((100, 150, 120, 359), True),
        ((124, 150, 360, 120), False),
        ((125, 150, 360, 120), True),
    ],
    ids=["around", "three times as large", "not three times", "most of it inside", "less of it inside"],
)
def test_an_unconfirmed_box_around_a_confirmed_face_is_dropped(box: Box, kept: bool) -> None:
    sure, around = face(), face(at=box, confirmed=-1)
    left = tracking.plausible([sure, around], POLICY.detection)
    assert left == ([sure, around] if kept else [sure])


def test_a_confirmed_box_is_kept_whatever_it_holds() -> None:
    both = [face(), face(at=(0, 0, 400, 400), confirmed=0)]
    assert tracking.plausible(both, POLICY.detection) == both


# Which face is which


def test_of_two_near_faces_each_is_paired_with_its_nearest() -> None:
    first, second = born(1, face(at=(100, 150, 120, 120)), 0), born(2, face(at=(160, 150, 120, 120)), 0)
    left, right = face(at=(105, 150, 120, 120)), face(at=(155, 150, 120, 120))
    for faces in ([left, right], [right, left]):
        found, unseen = tracking.associate([first, second], faces, POLICY)
        assert {seen.box: known.id for seen, known in found if known} == {left.box: 1, right.box: 2}
        assert unseen == []


def test_one_face_is_taken_for_one_track_only_and_the_other_is_lost() -> None:
    first, second = born(1, face(at=(100, 150, 120, 120)), 0), born(2, face(at=(130, 150, 120, 120)), 0)
    only = face(at=(125, 150, 120, 120))
    assert tracking.associate([first, second], [only], POLICY) == ([(only, second)], [first])


def test_of_two_tracks_at_one_place_the_one_seen_last_goes_on() -> None:
    older, newer = born(1, face(at=(100, 150, 120, 120)), 0), born(2, face(at=(110, 150, 120, 120)), 250)
    only = face(at=(100, 150, 120, 120))
    for tracks in ([older, newer], [newer, older]):
        assert tracking.associate(tracks, [only], POLICY) == ([(only, newer)], [older])


def test_two_faces_are_not_taken_for_one_track() -> None:
    track = born(1, face(at=(100, 150, 120, 120)), 0)
    near, nearer = face(at=(130, 150, 120, 120)), face(at=(105, 150, 120, 120))
    assert tracking.associate([track], [near, nearer], POLICY) == ([(nearer, track), (near, None)], [])


@pytest.mark.parametrize(
    ("score", "counts"),
    [(POLICY.detection.new_face_score, True), (POLICY.detection.new_face_score - 1, False)],
)
def test_a_new_face_counts_from_its_score_on_and_a_known_one_below(score: int, counts: bool) -> None:
    unlikely = face(score=score)
    assert tracking.associate([], [unlikely], POLICY) == ([(unlikely, None)] if counts else [], [])
    known = born(1, face(), 0)
    assert tracking.associate([known], [unlikely], POLICY) == ([(unlikely, known)], [])
