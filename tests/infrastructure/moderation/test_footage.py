from itertools import pairwise
from pathlib import Path

import pytest

from application.moderation import Setup
from domain.clearance import ClearanceMode, Side
from domain.moderation.block import Block, judge_again
from domain.moderation.observation import Observation
from domain.moderation.step import initial, step
from domain.moderation.verdict import StreamTerms, Verdict
from infrastructure import clips
from infrastructure.clips import Clip
from infrastructure.moderation import footage
from infrastructure.moderation.analyser import Planes, Sample, StreamAnalyser
from infrastructure.moderation.footage import FootageRefused, Report
from infrastructure.moderation.schedule import Schedule
from infrastructure.moderation.steady import View
from tests.infrastructure.moderation.conftest import APPROVED, STRANGER, Films

pytestmark = pytest.mark.models

Templates = list[tuple[float, ...]]


def _approved(**where: float) -> clips.Actor:
    return clips.sitter(APPROVED, 1, size=130, **where)  # type: ignore[arg-type]


def _judged(films: Films, name: str, clip: Clip, setup: Setup, templates: Templates) -> Report:
    return footage.judge(films.of(name, clip), templates, setup, setup.policy)


def test_a_stranger_who_appears_freezes_at_once_and_pauses_within_two_seconds(
    films: Films, setup: Setup, templates: Templates
) -> None:
    stranger = clips.appears(STRANGER, 2, size=125, x=510)
    report = _judged(films, "stranger", Clip((_approved(x=200), stranger), 4.5), setup, templates)
    (violation,) = report.violations
    assert (violation.kind, violation.action) == ("unapproved_face", "pause")
    assert 2_000 <= violation.since_ms <= 2_500
    assert violation.media_ms - violation.since_ms <= 1_800
    assert report.freezes[-1].from_ms == violation.since_ms
    verdicts = {seen.standing: seen.photo for seen in report.tracks.values()}
    assert verdicts == {"proved": 0, "stranger": None}


def test_an_approved_person_who_moves_is_never_paused(
    films: Films, setup: Setup, templates: Templates
) -> None:
    report = _judged(films, "approved", Clip((_approved(),), 6), setup, templates)
    assert report.violations == []
    assert sum(f.to_ms - f.from_ms for f in report.freezes) <= 700
    assert report.judged + report.skipped == 6 * clips.FPS


def test_an_approved_person_in_a_dim_room_is_recognised(
    films: Films, setup: Setup, templates: Templates
) -> None:
    report = _judged(films, "dim", Clip((_approved(),), 3, light=0.4), setup, templates)
    assert report.violations == []
    assert [seen.standing for seen in report.tracks.values()] == ["proved"]


def test_a_flash_of_eighty_milliseconds_is_seen(films: Films, setup: Setup, templates: Templates) -> None:
    flash = clips.flashes(STRANGER, [2.08], size=130, x=500)
    report = _judged(films, "flash", Clip((_approved(x=200), flash), 4), setup, templates)
    assert [f.cause for f in report.freezes if 2_080 <= f.from_ms <= 2_120] == ["new_face"]


def test_another_person_in_the_same_place_is_an_identity_swap(
    films: Films, setup: Setup, templates: Templates
) -> None:
    swapped = clips.swapped(_approved(), STRANGER, 2)
    report = _judged(films, "swap", Clip((swapped,), 4.5), setup, templates)
    assert [v.kind for v in report.violations] == ["identity_swap"]
    assert 2_000 <= report.violations[0].since_ms <= 2_600


def test_where_people_are_counted_no_vector_is_computed_and_one_too_many_pauses(
    films: Films, setup: Setup
) -> None:
    stranger = clips.appears(STRANGER, 2, size=125, x=510)
    film = films.of("stranger", Clip((_approved(x=200), stranger), 4.5))
    terms = StreamTerms(Side.VISITOR, ClearanceMode.COUNT, admitted=1)
    analyser, _, verdicts = _run(film, setup, terms, [])
    assert analyser.embeddings == 0
    assert [r.kind for v in verdicts for r in v.raised] == ["head_count_above"]
    assert next(v.media_ms for v in verdicts if not v.clean) <= 2_500


def test_a_recorded_film_replays_to_the_same_verdicts_byte_for_byte(
    films: Films, setup: Setup, templates: Templates
) -> None:
    stranger = clips.appears(STRANGER, 2, size=125, x=510)
    film = films.of("stranger", Clip((_approved(x=200), stranger), 4.5))
    terms = StreamTerms(Side.VISITOR, ClearanceMode.MATCH, admitted=1, templates=1)
    _, observations, verdicts = _run(film, setup, terms, templates)
    content = Block("call-1", terms, tuple(observations)).to_bytes()
    again = judge_again([Block.from_bytes(content)], setup.policy)
    assert [judgement.verdict for judgement in again] == verdicts
    assert Block.from_bytes(content).to_bytes() == content


def test_the_same_film_is_judged_the_same_way_twice(films: Films, setup: Setup, templates: Templates) -> None:
    flash = clips.flashes(STRANGER, [2.08], size=130, x=500)
    first, second = (
        _judged(films, "flash", Clip((_approved(x=200), flash), 4), setup, templates).document()
        for _ in range(2)
    )
    first.pop("speed"), second.pop("speed")
    assert first == second


def test_media_times_count_from_the_first_picture(films: Films) -> None:
    times = [ms for ms, _, _ in footage.decoded(films.of("approved", Clip((_approved(),), 6)))]
    assert times[0] == 0
    assert {b - a for a, b in pairwise(times)} <= {39, 40, 41}


def test_a_file_that_is_no_film_is_refused_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.webm"
    broken.write_bytes(b"no film")
    for path, sentence in (
        (tmp_path / "none.webm", "There is no video"),
        (broken, "is no video we can read"),
    ):
        with pytest.raises(FootageRefused, match=sentence):
            footage.check(path)


def _run(
    film: Path, setup: Setup, terms: StreamTerms, templates: Templates
) -> tuple[StreamAnalyser, list[Observation], list[Verdict]]:
    """The loop of a live stream over a film."""
    policy = setup.policy
    analyser = StreamAnalyser(setup, policy, terms.mode, templates)
    schedule: Schedule[Planes] = Schedule(policy, 5)
    state = initial
    observations: list[Observation] = []
    verdicts: list[Verdict] = []
    for media_ms, planes, _ in footage.decoded(film):
        due = schedule.offer(planes, media_ms, View(planes.y), planes.shape)
        while due is not None:
            calm = bool(verdicts) and verdicts[-1].calm
            sample = Sample(due.media_ms, due.picture, state.boxes, calm, due.unexplained)
            observations.append(analyser.analyse(sample))
            state, verdict = step(state, observations[-1], policy, terms)
            verdicts.append(verdict)
            due = schedule.judged(verdict, state.people)
    return analyser, observations, verdicts
