"""What every engine owes its ports, whoever made its networks: the same tests for all of them."""

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

from application.moderation import Eyes, Found, Picture, Setup, Vector
from domain.clearance import ClearanceMode
from domain.moderation.kind import Kind
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import packs, setups
from infrastructure.moderation.analyser import StreamAnalyser
from infrastructure.moderation.engines.quality import to_units
from infrastructure.moderation.engines.scripted import ScriptedSetup
from infrastructure.moderation.models import ModelStore
from tests.infrastructure.moderation import films, generated_pack, generated_yunet

pytestmark = pytest.mark.models

HEIGHT, WIDTH = 480, 640
PORTRAIT = slice(0, 320)  # the columns that make a portrait picture of a landscape one
LEFT, RIGHT = 0, 1
Scene = Callable[[Sequence[tuple[int, int]]], Picture]
"""Draws people into a landscape picture: who (0 or 1) and where (LEFT or RIGHT) of each."""


@dataclass(frozen=True)
class Subject:
    """One engine, and pictures it can read."""

    setup: Setup
    scene: Scene
    middles: tuple[tuple[float, float], tuple[float, float]]  # of a face on the left and on the right
    side: float  # of a face

    def show(self, *people: tuple[int, int]) -> Picture:
        return self.scene(people)


def _photographed(people: Sequence[tuple[int, int]]) -> Picture:
    actors = [
        clips.appears(("astronaut", "group-2")[who], 0, size=120, x=(160, 480)[where], y=230)
        for who, where in people
    ]
    return next(clips.pictures(Clip(tuple(actors), 0.04)))


def _generated(people: Sequence[tuple[int, int]]) -> Picture:
    return generated_pack.scene(*(((2, 5)[who], (112, 432)[where], 176) for who, where in people))


def _scripted(people: Sequence[tuple[int, int]]) -> Picture:
    hues = films.PERSON, films.STRANGER
    return films.scene(*((hues[who], (100, 420)[where]) for who, where in people))


@pytest.fixture(scope="session", params=["full", "permissive", "insightface", "yunet_sface", "scripted"])
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Subject:
    if request.param == "scripted":
        return Subject(ScriptedSetup(), _scripted, ((160, 210), (480, 210)), 120)
    if request.param in ("full", "permissive"):
        store = ModelStore(tmp_path_factory.getbasetemp() / "networks")
        return Subject(setups.load(request.param, store), _photographed, ((160, 230), (480, 230)), 120)
    folder = tmp_path_factory.mktemp("packs") / request.param
    if request.param == "insightface":
        lock = generated_pack.add_liveness(folder, generated_pack.make(folder))
    else:
        lock = generated_yunet.make(folder)
    setup = packs.load(folder, lock, operational=False)
    return Subject(setup, _generated, ((160, 224), (480, 224)), 96)


def _sure(eyes: Eyes, picture: Picture) -> list[Found]:
    """The faces, from left to right, where both looks together see them."""
    confirmed = (eyes.confirmer.confirm(picture, found) for found in eyes.detector.detect(picture))
    return sorted((c.found for c in confirmed if c.score >= 0), key=lambda found: found.box)


def _vector(eyes: Eyes, picture: Picture) -> Vector:
    (face,) = _sure(eyes, picture)
    return eyes.embedder.embed(eyes.embedder.chip(picture, face))


def _blank(height: int = HEIGHT, width: int = WIDTH) -> Picture:
    return np.full((height, width, 3), 128, np.uint8)


def test_each_face_is_found_once_where_it_is(subject: Subject) -> None:
    faces = _sure(subject.setup.eyes(), subject.show((0, LEFT), (1, RIGHT)))
    assert len(faces) == 2
    for face, (across, down) in zip(faces, subject.middles, strict=True):
        x, y, width, height = face.box
        assert abs(x + width / 2 - across) < 0.35 * subject.side
        assert abs(y + height / 2 - down) < 0.35 * subject.side
        assert 0.6 < (width * height) ** 0.5 / subject.side < 1.7


def test_whatever_is_proposed_is_a_box_near_the_picture_with_a_finite_score(subject: Subject) -> None:
    found = subject.setup.eyes().detector.detect(subject.show((0, LEFT), (1, RIGHT)))
    assert found
    for each in found:
        x, y, width, height = each.box
        assert all(isinstance(number, float) for number in (*each.box, each.score))
        assert width > 0 < height
        assert -width < x < WIDTH
        assert -height < y < HEIGHT
        assert np.isfinite(each.score)
        assert all(np.isfinite(point).all() for point in each.points)


def test_scores_are_on_the_scale_of_the_engines_own_policy(subject: Subject) -> None:
    picture, eyes = subject.show((0, LEFT)), subject.setup.eyes()
    policy = subject.setup.policy
    (best,) = (f for f in eyes.detector.detect(picture) if eyes.confirmer.confirm(picture, f).score >= 0)
    assert to_units(best.score) >= policy.detection.new_face_score
    assert to_units(eyes.confirmer.confirm(picture, best).score) >= policy.quality.confirmer_min


def test_a_wall_is_not_confirmed_as_a_face(subject: Subject) -> None:
    eyes = subject.setup.eyes()
    (face,) = _sure(eyes, subject.show((0, LEFT)))
    weak = Found(face.box, 0.11, face.proposer, face.points)
    assert eyes.confirmer.confirm(_blank(), weak).score < 0


def test_nothing_is_seen_where_nothing_is(subject: Subject) -> None:
    eyes, wall = subject.setup.eyes(), _blank()
    assert _sure(eyes, wall) == []
    if eyes.nudity is not None:
        assert to_units(eyes.nudity.exposed(wall)) < subject.setup.policy.nudity.alert_score


@pytest.mark.parametrize("shape", [(2, 2), (16, 16), (2, 640), (640, 2), (2, 4096), (4096, 2)])
def test_a_picture_too_small_or_too_narrow_to_show_anybody_is_no_accident(
    subject: Subject, shape: tuple[int, int]
) -> None:
    eyes = subject.setup.eyes()
    assert _sure(eyes, _blank(*shape)) == []
    if eyes.nudity is not None:
        assert 0 <= eyes.nudity.exposed(_blank(*shape)) <= 1


def test_a_face_at_the_edge_can_be_cut_out_and_compared(subject: Subject) -> None:
    eyes, whole = subject.setup.eyes(), subject.show((0, LEFT))
    (face,) = _sure(eyes, whole)
    x, y, width, height = face.box
    cut = round(x + width / 3)
    moved = Found((x - cut, y, width, height), face.score, face.proposer, _moved(face, cut))
    chip = eyes.embedder.chip(np.ascontiguousarray(whole[:, cut:]), moved)
    assert np.isfinite(eyes.embedder.embed(chip)).all()


def _moved(face: Found, across: int) -> tuple[tuple[float, float], ...]:
    return tuple((x - across, y) for x, y in face.points)


def test_a_chip_is_a_square_picture_and_its_turn_a_number(subject: Subject) -> None:
    eyes, picture = subject.setup.eyes(), subject.show((0, LEFT))
    (face,) = _sure(eyes, picture)
    chip = eyes.embedder.chip(picture, face)
    height, width, colours = chip.picture.shape
    assert chip.picture.dtype == np.uint8
    assert (colours, height) == (3, width)
    assert abs(chip.turn) < 0.5


def test_a_vector_is_a_row_of_floats_and_the_same_for_everybody(subject: Subject) -> None:
    eyes = subject.setup.eyes()
    one, other = (_vector(eyes, subject.show((who, LEFT))) for who in (0, 1))
    for vector in (one, other):
        assert vector.dtype == np.float32
        assert vector.ndim == 1
        assert np.isfinite(vector).all()
    assert one.shape == other.shape


def test_the_same_picture_gives_the_same_answer_to_the_bit(subject: Subject) -> None:
    picture = subject.show((0, LEFT), (1, RIGHT))
    first, second = subject.setup.eyes(), subject.setup.eyes()
    for eyes in (first, second, first):
        assert eyes.detector.detect(picture) == first.detector.detect(picture.copy())
    vectors = [_vector(eyes, subject.show((0, LEFT))).tobytes() for eyes in (first, second, first)]
    assert len(set(vectors)) == 1


def test_distances_tell_people_apart_on_the_scale_of_the_engines_own_policy(subject: Subject) -> None:
    eyes, matching = subject.setup.eyes(), subject.setup.policy.matching
    person = _vector(eyes, subject.show((0, LEFT)))
    elsewhere = _vector(eyes, subject.show((0, RIGHT)))
    other = _vector(eyes, subject.show((1, LEFT)))
    itself, moved, apart = (to_units(d) for d in eyes.embedder.distances(person, [person, elsewhere, other]))
    assert abs(itself) <= 1
    assert moved <= matching.accept
    assert apart >= matching.reject
    assert eyes.embedder.distances(other, [person]) == pytest.approx([apart / 10_000], abs=1e-4)
    assert list(eyes.embedder.distances(person, [])) == []


def test_a_portrait_picture_after_a_landscape_one_keeps_nothing_of_it(subject: Subject) -> None:
    """A buffer that outlives a change of shape would show the face on the right beside the portrait."""
    landscape, portrait = subject.show((0, LEFT), (1, RIGHT)), subject.show((0, LEFT))[:, PORTRAIT]
    used, fresh = subject.setup.eyes(), subject.setup.eyes()
    assert len(_sure(used, landscape)) == 2
    assert used.detector.detect(portrait) == fresh.detector.detect(portrait)
    if used.nudity is not None and fresh.nudity is not None:
        assert used.nudity.exposed(portrait) == fresh.nudity.exposed(portrait)
    assert len(_sure(used, landscape)) == 2


def test_two_streams_share_nothing_they_see(subject: Subject) -> None:
    people, wall = subject.show((0, LEFT), (1, RIGHT)), _blank()
    here, there = subject.setup.eyes(), subject.setup.eyes()
    alone = here.detector.detect(people)
    assert _sure(there, wall) == []
    assert here.detector.detect(people) == alone
    assert _sure(there, wall) == []


def test_pictures_are_looked_at_and_not_written_to(subject: Subject) -> None:
    picture, eyes = subject.show((0, LEFT)), subject.setup.eyes()
    picture.setflags(write=False)
    before = picture.tobytes()
    _vector(eyes, picture)
    assert picture.tobytes() == before


def test_two_threads_get_what_one_gets(subject: Subject) -> None:
    """Sessions are shared by the threads, and each stream is with one thread at a time."""
    pictures = [subject.show((who, LEFT)) for who in (0, 1)]
    alone = [_vector(subject.setup.eyes(), picture).tobytes() for picture in pictures]

    def watch(number: int) -> set[bytes]:
        eyes = subject.setup.eyes()
        return {_vector(eyes, pictures[number]).tobytes() for _ in range(6)}

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(watch, (0, 1))) == [{vector} for vector in alone]


def test_liveness_where_a_network_tells_it_is_a_probability_and_the_same_to_the_bit(subject: Subject) -> None:
    eyes, picture = subject.setup.eyes(), subject.show((0, LEFT))
    if eyes.liveness is None:
        return
    (face,) = _sure(eyes, picture)
    live = eyes.liveness.live(picture, face)
    assert live is not None
    assert 0 <= live <= 1
    assert eyes.liveness.live(picture, face) == live


def test_of_a_face_that_is_hardly_in_the_picture_nobody_says_whether_it_is_alive(subject: Subject) -> None:
    eyes, picture = subject.setup.eyes(), subject.show((0, LEFT))
    if eyes.liveness is None:
        return
    (face,) = _sure(eyes, picture)
    cut = np.ascontiguousarray(picture[:, round(face.box[0] + face.box[2] / 2) :])
    moved = Found(face.box, face.score, face.proposer, _moved(face, WIDTH - cut.shape[1]))
    assert eyes.liveness.live(cut, moved) is None
    assert eyes.liveness.live(picture, Found(face.box, face.score, face.proposer)) is None


def test_what_is_assessed_is_what_there_are_networks_for(subject: Subject) -> None:
    eyes, assessed = subject.setup.eyes(), subject.setup.assessed
    assert (eyes.nudity is not None) == (Kind.EXPLICIT_NUDITY in assessed)
    assert (eyes.liveness is not None) == (Kind.LIVENESS_FAILED in assessed)
    assert Kind.UNAPPROVED_FACE in assessed


def test_the_engine_on_record_names_set_up_precision_and_digests(subject: Subject) -> None:
    name, _, rest = subject.setup.engine.partition(":")
    assert name == subject.setup.name
    if name != "scripted":  # which has no networks
        assert re.fullmatch(r"(generated:)?[0-9a-f]{12}(\+[0-9a-f]{12})*@fp32", rest)


def test_a_stream_under_the_engine_is_observed_in_whole_numbers(subject: Subject) -> None:
    picture = subject.show((0, LEFT), (1, RIGHT))
    template = _vector(subject.setup.eyes(), subject.show((0, LEFT)))
    analyser = StreamAnalyser(
        subject.setup, subject.setup.policy, ClearanceMode.MATCH, [[float(v) for v in template]]
    )
    seen = films.analyse(analyser, 0, picture)
    assert _whole(seen.to_record())
    known, strange = sorted(f.distances[0] for f in seen.faces if f.confirmed >= 0)
    assert known <= subject.setup.policy.matching.accept
    assert strange >= subject.setup.policy.matching.reject


def _whole(record: object) -> bool:
    if isinstance(record, list):
        return all(_whole(each) for each in record)
    return record is None or isinstance(record, int)
