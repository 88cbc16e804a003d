import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.moderation.policy import ReleaseMode, ReleasePolicy
from domain.moderation.release import Opening, Release, Span

HOLD = ReleasePolicy()


def _judge(release: Release, *verdicts: tuple[int, bool]) -> tuple[Release, list[Opening]]:
    openings = []
    for media_ms, clean in verdicts:
        release, opening = release.judged(media_ms, clean=clean, explained=False, unexplained_change=False)
        openings.append(opening)
    return release, openings


def test_pictures_leave_between_two_clean_judgements() -> None:
    _, openings = _judge(Release(HOLD), (0, True), (250, True))
    assert openings[1] == Opening((Span(0, 250),))


def test_the_first_clean_judgement_opens_only_its_own_picture() -> None:
    _, openings = _judge(Release(HOLD), (1_000, True))
    assert openings[0] == Opening((Span(999, 1_000),), cut=True)


def test_pictures_around_an_unclean_one_never_leave_once_the_next_is_clean() -> None:
    _, openings = _judge(Release(HOLD), (0, True), (250, False), (500, True), (750, True))
    assert openings[1].frozen
    assert openings[2] == Opening((Span(499, 500),), cut=True)
    assert openings[3] == Opening((Span(500, 750),))


def test_a_short_explained_stall_flows_on() -> None:
    release, _ = _judge(Release(HOLD), (0, True), (250, False))
    _, opening = release.judged(600, clean=True, explained=True, unexplained_change=False)
    assert opening == Opening((Span(0, 600),), catch_up=True)


def test_a_long_stall_is_cut_off_although_it_was_explained() -> None:
    release, _ = _judge(Release(HOLD), (0, True), (250, False), (500, False))
    _, opening = release.judged(601, clean=True, explained=True, unexplained_change=False)
    assert opening.cut
    assert not opening.catch_up


def test_unexplained_change_awaits_one_more_clean_judgement() -> None:
    release, _ = _judge(Release(HOLD), (0, True))
    release, waits = release.judged(250, clean=True, explained=True, unexplained_change=True)
    assert waits.spans == ()
    _, opens = release.judged(500, clean=True, explained=True, unexplained_change=False)
    assert opens.spans == (Span(0, 250), Span(250, 500))


def test_what_waits_for_one_more_clean_judgement_is_dropped_by_an_unclean_one() -> None:
    release, _ = _judge(Release(HOLD), (0, True))
    release, _ = release.judged(250, clean=True, explained=True, unexplained_change=True)
    _, openings = _judge(release, (375, False), (500, True))
    assert openings[1] == Opening((Span(499, 500),), cut=True)


def test_strict_is_always_one_judgement_late() -> None:
    _, openings = _judge(Release(ReleasePolicy(strict=True)), (0, True), (125, True), (250, True))
    assert [opening.spans for opening in openings] == [(), (Span(-1, 0),), (Span(0, 125),)]


def test_a_lease_runs_out_after_the_last_clean_judgement_and_ends_at_an_unclean_one() -> None:
    lease = ReleasePolicy(mode=ReleaseMode.LEASE, lease_ms=1_500)
    _, openings = _judge(Release(lease), (0, True), (250, False), (500, True))
    assert openings[0].spans == (Span(-1, 1_500),)
    assert openings[1] == Opening(frozen=True)
    assert openings[2] == Opening((Span(499, 2_000),), cut=True)


def test_verdicts_that_run_backwards_are_an_error() -> None:
    release, _ = _judge(Release(HOLD), (250, True))
    with pytest.raises(ValueError, match="order"):
        release.judged(250, clean=True, explained=False, unexplained_change=False)


_verdicts = st.lists(st.tuples(st.integers(1, 700), st.booleans(), st.booleans()), max_size=40)


@settings(max_examples=300, deadline=None)
@given(verdicts=_verdicts, strict=st.booleans())
def test_nothing_unclean_and_nothing_newer_than_the_last_clean_verdict_ever_leaves(
    verdicts: list[tuple[int, bool, bool]], strict: bool
) -> None:
    release, media_ms, last_clean = Release(ReleasePolicy(strict=strict)), 0, -1
    unclean: set[int] = set()
    left: list[Span] = []
    for gap_ms, clean, change in verdicts:
        media_ms += gap_ms
        release, opening = release.judged(media_ms, clean=clean, explained=False, unexplained_change=change)
        unclean |= set() if clean else {media_ms}
        last_clean = media_ms if clean else last_clean
        for span in opening.spans:
            assert clean
            assert span.until_ms <= last_clean
            assert not any(judged in span for judged in unclean)
            assert not left or left[-1].until_ms <= span.after_ms, "spans never overlap and rise"
            left.append(span)


@settings(max_examples=300, deadline=None)
@given(verdicts=_verdicts)
def test_an_explained_stall_never_lets_pictures_leave_that_are_older_than_the_catch_up(
    verdicts: list[tuple[int, bool, bool]],
) -> None:
    release, media_ms = Release(HOLD), 0
    unclean: list[int] = []
    for gap_ms, clean, explained in verdicts:
        media_ms += gap_ms
        release, opening = release.judged(
            media_ms, clean=clean, explained=explained, unexplained_change=False
        )
        unclean += [] if clean else [media_ms]
        for span in opening.spans:
            inside = [judged for judged in unclean if judged in span]
            assert not inside or (explained and opening.catch_up)
            assert not inside or span.until_ms - span.after_ms <= HOLD.catch_up_ms
