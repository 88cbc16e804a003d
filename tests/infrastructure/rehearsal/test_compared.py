"""A call of the set is as expected only when everything is: pauses, freezes, alerts, and no stranger's face."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from infrastructure import clips, props
from infrastructure.rehearsal.compared import Outcome, Summary
from infrastructure.rehearsal.leaks import NONE, Leaks
from infrastructure.rehearsal.repertoire import SCENES, chosen, with_more_of_the_approved

LATENCY = {"video": {"p50": 270, "p95": 274}, "audio": {"p50": 271, "p95": 272}}
PAUSE = {"kind": "unapproved_face", "side": "visitor", "media_s": 6.6, "since_s": 5.2, "seconds": 1.4}
FREEZE = {"side": "visitor", "cause": "new_face", "media_s": 5.2, "seconds": 1.4}


def _outcome(name: str, leaks: Leaks = NONE, **more: Any) -> Outcome:
    document = {"pauses": [], "freezes": [], "timeline": [], "added_latency_ms": LATENCY} | more
    return Outcome(SCENES[name], document, leaks)


def _raised(kind: str) -> list[dict[str, Any]]:
    return [{"type": "ViolationRaised", "data": {"kind": kind, "side": "visitor"}}]


def test_a_stranger_who_freezes_and_pauses_and_is_not_received_is_as_expected() -> None:
    outcome = _outcome("stranger-behind", pauses=[PAUSE], freezes=[FREEZE])
    assert outcome.differs() == []
    assert (outcome.row()["freeze_after_s"], outcome.row()["pause_after_s"]) == (0.2, 1.6)


@pytest.mark.parametrize(
    ("name", "more", "sentence"),
    [
        ("stranger-behind", {"freezes": [FREEZE]}, "no pause for unapproved_face"),
        ("stranger-behind", {"pauses": [PAUSE]}, "no freeze"),
        (
            "stranger-behind",
            {"pauses": [PAUSE, PAUSE | {"kind": "nudity"}], "freezes": [FREEZE]},
            "1 false pauses",
        ),
        (
            "stranger-behind",
            {"pauses": [PAUSE | {"side": "prisoner"}], "freezes": [FREEZE]},
            "1 false pauses",
        ),
        ("sits", {"pauses": [PAUSE]}, "1 false pauses"),
        ("sits", {"freezes": [FREEZE]}, "a freeze of 1.40 s"),
        ("second-joins", {"freezes": [FREEZE]}, "a freeze of 1.40 s"),
        ("stuck", {}, "no alert for frozen_picture"),
        ("officer-passes", {"freezes": [FREEZE]}, "no freeze"),
    ],
)
def test_what_is_otherwise_is_told_in_words(name: str, more: dict[str, Any], sentence: str) -> None:
    assert sentence in _outcome(name, **more).differs()


def test_one_face_of_a_stranger_is_enough_to_differ() -> None:
    outcome = _outcome("flash", Leaks(50, 60, 1, 0.4), freezes=[FREEZE])
    assert outcome.differs() == ["1 faces of a stranger received"]
    assert Summary([outcome]).differs()


def test_an_alert_that_was_expected_is_no_difference() -> None:
    assert _outcome("stuck", timeline=_raised("frozen_picture")).differs() == []


def test_the_set_holds_only_when_its_goals_hold_as_well() -> None:
    assert not Summary([_outcome("sits")]).differs()
    short = FREEZE | {"seconds": 0.3}
    assert not Summary([_outcome("sits", freezes=[short])]).differs(), "one is allowed"
    assert Summary([_outcome("sits", freezes=[short, short])]).differs()
    late = {"video": {"p50": 270, "p95": 300}, "audio": {"p50": 270, "p95": 300}}
    assert Summary([_outcome("sits", added_latency_ms=late)]).differs()
    in_hand = Summary([_outcome("handheld", added_latency_ms=late)])
    assert not in_hand.differs(), "there stalls count, not the delay"
    assert Summary([_outcome("handheld", freezes=[FREEZE | {"seconds": 0.8}])]).differs()
    apart = {"video": {"p50": 270, "p95": 270}, "audio": {"p50": 220, "p95": 270}}
    assert Summary([_outcome("sits", added_latency_ms=apart)]).differs()


def test_clips_are_chosen_by_name_and_an_unknown_name_is_refused() -> None:
    assert [scene.name for scene in chosen("flash,sits")] == ["flash", "sits"]
    assert len(chosen("all")) == len(SCENES)
    with pytest.raises(ValueError, match="no clip nobody"):
        chosen("sits,nobody")


def test_calls_of_approved_people_can_last_longer_and_none_becomes_shorter() -> None:
    scenes = with_more_of_the_approved(chosen("sits,handheld,flash"), 1)
    assert [scene.film.seconds for scene in scenes] == [30, 30, SCENES["flash"].film.seconds]
    assert with_more_of_the_approved(chosen("all"), 0) == chosen("all")
    assert with_more_of_the_approved(chosen("flash"), 10) == chosen("flash"), "there is nobody approved alone"


@pytest.mark.models
def test_a_camera_that_is_stuck_shows_the_very_same_picture_and_one_in_a_hand_never_does() -> None:
    stuck = replace(SCENES["stuck"].film, stuck=(0.2, 2.0), seconds=0.6)
    first, *others = list(clips.pictures(stuck))[5:]
    assert all(np.array_equal(first, other) for other in others)
    moved = [props.hand(2, t / clips.FPS) for t in range(50)]
    assert len(set(moved)) == 50
    assert max(abs(x) + abs(y) for x, y, _ in moved) < 40
