from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest

from domain.moderation.observation import Box
from domain.moderation.policy import ModerationPolicy
from domain.moderation.verdict import Verdict
from infrastructure.moderation.change import cut_cells, stir, unexplained_cells
from infrastructure.moderation.schedule import Due, Schedule
from infrastructure.moderation.steady import View

POLICY = ModerationPolicy.full()
SHAPE = (480, 640)
EMPTY = np.full((60, 80), 100, np.uint8)


def _view(grid: npt.NDArray[np.uint8]) -> View:
    """A picture whose cells are these."""
    return View(np.kron(grid, np.ones((8, 8), np.uint8)))


STILL = _view(EMPTY)


def _changed(cells: int, row: int = 0) -> View:
    grid = EMPTY.copy()
    grid[row, :cells] = 200
    return _view(grid)


def _verdict(media_ms: int, next_ms: int = 250) -> Verdict:
    return Verdict(media_ms, True, True, None, next_ms, True, True)


def _run(
    schedule: Schedule[int], views: dict[int, View], until_ms: int, people: tuple[Box, ...] = ()
) -> list[Due[int]]:
    """Offers a picture every 40 ms and gives each verdict at once."""
    judged = []
    for media_ms in range(0, until_ms, 40):
        due = schedule.offer(media_ms, media_ms, views.get(media_ms, STILL), SHAPE)
        while due is not None:
            judged.append(due)
            due = schedule.judged(_verdict(due.media_ms), people)
    return judged


def test_the_first_picture_is_judged_and_then_about_four_a_second() -> None:
    judged = _run(Schedule(POLICY, 1), {}, 20_000)
    assert judged[0].media_ms == 0
    gaps = [b.media_ms - a.media_ms for a, b in pairwise(judged)]
    assert 3.7 <= len(judged) / 20 <= 4.5
    assert max(gaps) <= POLICY.tracking.gap_ms, "a longer gap would count as a loss of every face"


def test_the_same_seed_judges_the_same_pictures_and_another_seed_others() -> None:
    first, again, other = (
        [due.media_ms for due in _run(Schedule(POLICY, seed), {}, 10_000)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("at_ms", range(2_000, 2_250, 40))
def test_a_flash_of_two_pictures_is_judged_at_whatever_time_it_comes(at_ms: int) -> None:
    flash = {at_ms: _changed(60), at_ms + 40: _changed(60)}
    assert {due.media_ms for due in _run(Schedule(POLICY, 3), flash, 4_000)} & set(flash)


def test_while_one_picture_is_being_judged_the_one_with_the_greatest_change_is_kept() -> None:
    schedule: Schedule[str] = Schedule(POLICY, 1)
    due = schedule.offer("first", 0, STILL, SHAPE)
    assert due is not None
    schedule.judged(_verdict(0), ())
    due = schedule.offer("due", 280, STILL, SHAPE)
    assert due is not None
    for media_ms, cells in ((320, 20), (360, 70), (400, 30), (440, 0)):
        assert schedule.offer(f"+{cells}", media_ms, _changed(cells), SHAPE) is None
    kept = schedule.judged(_verdict(280), ())
    assert kept is not None
    assert (kept.picture, kept.unexplained) == ("+70", 70)
    after = schedule.judged(_verdict(360), ())
    assert after is None, "what came after is compared with the picture judged last"


def test_the_greatest_change_since_the_last_judgement_travels_with_the_sample() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    schedule.offer(0, 0, STILL, SHAPE)
    schedule.judged(_verdict(0), ())
    due = schedule.offer(40, 40, _changed(30), SHAPE)
    assert due is None, "change asks for no sample so soon after the last"
    due = schedule.offer(80, 80, _changed(5), SHAPE)
    assert due is not None
    assert (due.media_ms, due.unexplained) == (40, 30)


def test_change_of_a_known_person_is_explained() -> None:
    moved = EMPTY.copy()
    moved[20:40, 10:30] = 200
    around: Box = (100, 180, 120, 120)
    assert unexplained_cells(_view(moved), STILL, [], SHAPE, 14, 3) == 400
    assert unexplained_cells(_view(moved), STILL, [around], SHAPE, 14, 3) == 0


def test_stir_is_the_share_of_a_box_that_changed() -> None:
    moved = EMPTY.copy()
    moved[0:30] = 200
    assert stir(moved, EMPTY, (0, 0, 640, 480), SHAPE, 8) == pytest.approx(0.5, abs=0.02)
    assert stir(moved, None, (0, 0, 640, 480), SHAPE, 8) == 0


def test_an_awaited_key_frame_is_judged_before_its_time() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    schedule.offer(0, 0, STILL, SHAPE)
    schedule.judged(_verdict(0), ())
    assert schedule.offer(40, 40, STILL, SHAPE) is None
    assert schedule.offer(80, 80, STILL, SHAPE, awaited=True) is not None


def test_after_a_judgement_without_verdict_the_next_picture_is_due() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    assert schedule.offer(0, 0, STILL, SHAPE) is not None
    schedule.failed()
    assert schedule.offer(40, 40, STILL, SHAPE) is not None


def test_what_changed_before_a_judgement_without_verdict_is_judged_later() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    schedule.offer(0, 0, STILL, SHAPE)
    schedule.judged(_verdict(0), ())
    assert schedule.offer(200, 200, _changed(60), SHAPE) is not None
    schedule.failed()
    due = schedule.offer(240, 240, STILL, SHAPE)
    assert due is not None
    assert (due.media_ms, due.unexplained) == (200, 60)


def test_what_changed_as_much_meanwhile_does_not_displace_a_picture_whose_judgement_failed() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    schedule.offer(0, 0, STILL, SHAPE)
    schedule.judged(_verdict(0), ())
    assert schedule.offer(200, 200, _changed(60), SHAPE) is not None
    assert schedule.offer(240, 240, _changed(60, row=30), SHAPE) is None
    schedule.failed()
    again = schedule.offer(280, 280, STILL, SHAPE)
    assert again is not None
    assert again.media_ms == 200
    following = schedule.judged(_verdict(200), ()) or schedule.offer(360, 360, STILL, SHAPE)
    assert following is not None
    assert following.media_ms == 240


def test_a_flash_while_the_very_first_picture_is_judged_is_judged_too() -> None:
    schedule: Schedule[int] = Schedule(POLICY, 1)
    assert schedule.offer(0, 0, STILL, SHAPE) is not None
    for media_ms, view in ((40, _changed(60)), (80, STILL), (120, STILL)):
        assert schedule.offer(media_ms, media_ms, view, SHAPE) is None
    judged = [schedule.judged(_verdict(0), ()) or schedule.offer(160, 160, STILL, SHAPE)]
    assert [due and due.media_ms for due in judged] == [40]


def test_another_face_in_the_place_of_one_that_is_just_being_proved_is_judged_too() -> None:
    place: Box = (80, 80, 160, 160)
    another = EMPTY.copy()
    another[10:30, 10:30] = 160
    schedule: Schedule[int] = Schedule(POLICY, 3)
    assert schedule.offer(0, 0, STILL, SHAPE) is not None
    assert schedule.offer(40, 40, _view(another), SHAPE) is None
    assert schedule.offer(80, 80, STILL, SHAPE) is None
    following = schedule.judged(_verdict(0), (place,)) or schedule.offer(120, 120, STILL, SHAPE)
    assert following is not None
    assert following.media_ms == 40


@pytest.mark.parametrize("at_ms", range(2_000, 2_250, 40))
def test_another_face_in_the_place_of_a_proved_one_is_judged_however_short_it_is(at_ms: int) -> None:
    place: Box = (80, 80, 160, 160)
    another = EMPTY.copy()
    another[10:30, 10:30] = 160
    judged = _run(Schedule(POLICY, 3), {at_ms: _view(another)}, 4_000, (place,))
    assert at_ms in {due.media_ms for due in judged}


def test_a_face_that_moves_changes_less_than_another_face() -> None:
    place: Box = (80, 80, 160, 160)
    moved = EMPTY.copy()
    moved[10:30, 10:18] = 160
    assert cut_cells(_view(moved), STILL, [place], SHAPE, 14, 0.5, 3) == 0
    assert cut_cells(STILL, STILL, [], SHAPE, 14, 0.5, 3) == 0


def test_a_verdict_nobody_asked_for_is_an_error() -> None:
    with pytest.raises(ValueError, match="No picture"):
        Schedule[int](POLICY, 1).judged(_verdict(0), ())
