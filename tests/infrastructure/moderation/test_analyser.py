import pytest

from domain.clearance import ClearanceMode
from domain.moderation.policy import ModerationPolicy
from infrastructure.moderation.analyser import StreamAnalyser
from infrastructure.moderation.engines.scripted import EXPOSED_HUE, ScriptedSetup
from infrastructure.moderation.enrol import PhotographRefused, distance, enrolled, template
from tests.infrastructure.moderation.films import PERSON, STRANGER, analyse, photograph, png, scene

SETUP = ScriptedSetup()
POLICY = ModerationPolicy.full()


def _analyser(mode: ClearanceMode = ClearanceMode.MATCH) -> StreamAnalyser:
    return StreamAnalyser(SETUP, POLICY, mode, [template(photograph(PERSON), SETUP)])


def test_every_face_is_compared_with_every_template_at_every_sample() -> None:
    analyser = _analyser()
    for n in range(4):
        seen = analyse(analyser, 250 * n, scene((PERSON, 100), (STRANGER, 400), noise=n + 1))
        near, far = (face.distances[0] for face in seen.faces)
        assert near < POLICY.matching.accept
        assert far > POLICY.matching.reject
    assert analyser.embeddings == 8


def test_where_faces_are_counted_no_vector_is_computed() -> None:
    analyser = _analyser(ClearanceMode.COUNT)
    seen = analyse(analyser, 0, scene((PERSON, 100), (STRANGER, 400)))
    assert [face.distances for face in seen.faces] == [(), ()]
    assert all(face.confirmed >= 0 for face in seen.faces)
    assert analyser.embeddings == 0


def test_a_calm_unchanged_picture_repeats_the_last_observation_until_the_heartbeat() -> None:
    analyser = _analyser()
    analyse(analyser, 0, scene((PERSON, 100)))
    repeated = [
        analyse(analyser, ms, scene((PERSON, 100), noise=ms), calm=True).repeated for ms in (500, 1500, 2000)
    ]
    assert repeated == [True, True, False]
    assert analyser.analysed == 2


def test_a_picture_is_looked_at_when_something_changed_or_is_open() -> None:
    analyser = _analyser()
    analyse(analyser, 0, scene((PERSON, 100)))
    assert not analyse(analyser, 250, scene((PERSON, 100)), calm=False).repeated
    assert not analyse(analyser, 500, scene((PERSON, 100), (STRANGER, 400)), calm=True).repeated


def test_slow_drift_is_compared_with_the_last_analysed_picture() -> None:
    analyser = _analyser()
    analyse(analyser, 0, scene((PERSON, 100)))
    drifting = (scene((PERSON, 100 + step)) for step in range(1, 8))
    seen = [analyse(analyser, 200 * n, picture, calm=True) for n, picture in enumerate(drifting, 1)]
    assert not all(observation.repeated for observation in seen)


def test_the_same_picture_twice_is_noticed_through_what_encoding_does_to_it() -> None:
    analyser = _analyser()
    assert not analyse(analyser, 0, scene((PERSON, 100))).identical
    assert not analyse(analyser, 250, scene((PERSON, 102))).identical
    again = scene((PERSON, 102))
    again[:100] += 1  # as a refined wall
    assert analyse(analyser, 500, again).identical


def test_an_accepted_face_is_compared_with_its_own_vector_from_then_on() -> None:
    analyser = _analyser()
    seen = analyse(analyser, 0, scene((STRANGER, 400)))
    assert analyser.accept(seen.faces[0].box) == 1
    again = analyse(analyser, 250, scene((STRANGER, 100), noise=3))
    assert again.faces[0].distances[1] < POLICY.matching.accept


def test_nobody_can_be_accepted_where_nobody_was_seen() -> None:
    analyser = _analyser()
    analyse(analyser, 0, scene((PERSON, 100)))
    with pytest.raises(LookupError):
        analyser.accept((500, 20, 60, 60))


def test_an_exposed_part_is_scored_and_is_no_face() -> None:
    seen = analyse(_analyser(), 0, scene((EXPOSED_HUE, 100)))
    assert seen.faces == ()
    assert seen.nudity == 9_000


def test_pictures_of_any_even_shape_are_understood() -> None:
    analyser = _analyser()
    for n, shape in enumerate([(480, 640), (482, 354), (720, 1280)]):
        seen = analyse(analyser, 250 * n, scene((PERSON, 100), shape=shape))
        assert seen.faces[0].distances[0] < POLICY.matching.accept


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "no photograph we can read"),
        (b"not a picture", "no photograph we can read"),
        (png(scene()), "There is no face"),
        (png(scene((PERSON, 100), (STRANGER, 400))), "There are 2 faces"),
    ],
)
def test_a_photograph_that_cannot_stand_for_a_person_is_refused_with_a_sentence(
    content: bytes, sentence: str
) -> None:
    with pytest.raises(PhotographRefused, match=sentence):
        template(content, SETUP)


def test_the_side_of_an_enrolled_face_is_told_in_pixels_of_the_photograph() -> None:
    assert enrolled(photograph(PERSON), SETUP).side_px == pytest.approx(120, abs=2)


def test_an_enrolled_face_has_a_quality_and_a_distance_to_others() -> None:
    one, same, other = (enrolled(photograph(who), SETUP) for who in (PERSON, PERSON, STRANGER))
    assert one.quality.brightness > 0
    assert distance(one.vector, same.vector, SETUP) == 0
    assert distance(one.vector, other.vector, SETUP) > POLICY.matching.accept
