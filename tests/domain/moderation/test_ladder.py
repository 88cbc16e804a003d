"""What follows of what is found: the policy's ladders, what no policy may say, and what old ones still mean."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.moderation.actions import ActionsPolicy
from domain.moderation.concern import Concern, Finding, update
from domain.moderation.kind import Action, Kind, Severity
from domain.moderation.ladder import Rung, is_stricter, milder, telling
from domain.moderation.policy import ModerationPolicy
from domain.policy import Policy, loosened
from domain.timetable.events import CallType
from tests.domain.moderation.pictures import KNOWN, POLICY, STRANGE, Stream, face


def rung(after_ms: int, action: str, severity: int = 1) -> dict[str, Any]:
    return {"after_ms": after_ms, "action": action, "severity": severity}


def with_actions(**ladders: list[dict[str, Any]]) -> ModerationPolicy:
    return ModerationPolicy.model_validate({"actions": ladders})


# What the defaults are


def test_the_defaults_are_the_table_of_the_design() -> None:
    told = {kind: [str(one) for one in POLICY.actions.of(Kind(kind))] for kind in ActionsPolicy.model_fields}
    assert told == {
        "unapproved_face": ["pause after 0 ms (high)"],
        "identity_swap": ["pause after 0 ms (high)"],
        "head_count_above": ["pause after 0 ms (high)"],
        "barred_person": ["pause after 0 ms (critical)"],
        "liveness_failed": ["pause after 0 ms (high)"],
        "explicit_nudity": ["alert after 0 ms (critical)", "pause after 0 ms (critical)"],
        "face_uncertain": ["coach after 0 ms (low)"],
        "face_unclear": ["coach after 0 ms (info)"],
        "face_absent": ["coach after 10000 ms (low)", "pause after 20000 ms (low)"],
        "camera_covered": ["coach after 2000 ms (low)", "pause after 5000 ms (low)"],
        "frozen_picture": ["alert after 5000 ms (low)"],
        "replayed_picture": ["alert after 2000 ms (medium)"],
        "could_not_check": ["coach after 5000 ms (low)", "pause after 10000 ms (medium)"],
    }


# What no policy may say


@pytest.mark.parametrize(
    ("ladder", "said"),
    [
        ([rung(0, "pause"), rung(1, "alert")], "stronger than the one before"),
        ([rung(0, "alert"), rung(1, "alert")], "stronger than the one before"),
        ([rung(2, "coach"), rung(1, "pause")], "cannot come before a milder one"),
        ([rung(0, "alert", 3), rung(0, "pause", 2)], "cannot be of lower severity"),
        ([rung(-1, "alert")], "greater than or equal to 0"),
        ([rung(0, "end")], "coach"),
        ([rung(0, "alert") | {"stream": 1}], "unexpected"),
    ],
)
def test_a_ladder_that_does_not_rise_is_refused(ladder: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(ValidationError, match=f"(?i){said}"):
        with_actions(camera_covered=ladder)


@pytest.mark.parametrize("kind", ["face_uncertain", "face_unclear"])
def test_no_policy_pauses_for_a_face_that_is_only_badly_seen(kind: str) -> None:
    with pytest.raises(ValidationError, match="could_not_check"):
        with_actions(**{kind: [rung(0, "pause")]})
    with pytest.raises(ValidationError, match="could_not_check"):
        ModerationPolicy.model_validate({"by_call_type": {"social": {kind: [rung(0, "pause")]}}})


@pytest.mark.parametrize("kind", ["threat", "screen_capture", "child_at_risk"])
def test_what_the_machine_cannot_find_has_no_ladder(kind: str) -> None:
    with pytest.raises(ValidationError, match="has no ladder"):
        ModerationPolicy.model_validate({"by_call_type": {"social": {kind: [rung(0, "alert")]}}})
    with pytest.raises(ValidationError, match=kind):
        with_actions(**{kind: [rung(0, "alert")]})


RISING = st.lists(st.sampled_from(Action), unique=True, max_size=3).flatmap(
    lambda actions: st.lists(st.integers(0, 3_000), min_size=len(actions), max_size=len(actions)).map(
        lambda times: tuple(
            Rung(after_ms, action, Severity.LOW)
            for after_ms, action in zip(sorted(times), sorted(actions, key=list(Action).index), strict=True)
        )
    )
)


@given(ladder=RISING, times=st.lists(st.integers(1, 1_000), min_size=1, max_size=20))
def test_a_single_picture_never_pauses_and_each_rung_is_taken_once(
    ladder: tuple[Rung, ...], times: list[int]
) -> None:
    concerns: tuple[Concern, ...] = ()
    now, actions = 500, []
    for number, passed in enumerate(times):
        now += passed if number else 0
        finding = Finding(Kind.CAMERA_COVERED, 500, ladder)
        concerns, raised, _ = update(concerns, [finding], now, POLICY)
        if number == 0:
            assert Action.PAUSE not in [one.action for one in raised]
        actions += [one.action for one in raised]
    lasted = now - 500
    assert actions == [
        one.action for one in ladder if lasted >= one.after_ms and (lasted or one.action is not Action.PAUSE)
    ]


def test_a_policy_that_takes_one_sample_as_proof_still_needs_a_second_picture() -> None:
    hasty = ModerationPolicy.model_validate({"nudity": {"samples": 1}})
    stream = Stream(policy=hasty)
    stream.show(0, face(KNOWN))
    stream.show(250, face(KNOWN), nudity=9_000)
    assert [action for _, action, *_ in stream.raised] == ["alert"]
    stream.show(500, face(KNOWN), nudity=9_000)
    assert [action for _, action, *_ in stream.raised] == ["alert", "pause"]


# What a policy may say


def test_a_stranger_of_whom_staff_are_only_told_is_withheld_and_waits_for_staff_all_the_same() -> None:
    stream = Stream(policy=with_actions(unapproved_face=[rung(0, "alert", 3)]))
    last = stream.show_for(0, 12_000, face(STRANGE))
    assert not last.clean
    assert [(kind, action) for kind, action, *_ in stream.raised] == [
        ("unapproved_face", "alert"),
        ("could_not_check", "coach"),
        ("could_not_check", "pause"),
    ]


def test_a_kind_with_an_empty_ladder_raises_nothing() -> None:
    stream = Stream(policy=with_actions(camera_covered=[]))
    stream.show_for(0, 8_000, luma_mean=5, luma_deviation=1)
    assert "camera_covered" not in [kind for kind, *_ in stream.raised]


def test_a_type_of_call_has_ladders_of_its_own() -> None:
    policy = ModerationPolicy.model_validate(
        {"by_call_type": {"legal": {"explicit_nudity": [rung(0, "alert", 4)]}}}
    )
    assert policy.of(CallType.SOCIAL).actions == ActionsPolicy()
    legal = policy.of(CallType.LEGAL)
    assert legal.actions == ActionsPolicy(explicit_nudity=(Rung(0, Action.ALERT, Severity.CRITICAL),))
    stream = Stream(policy=legal)
    stream.show_for(0, 2_000, face(KNOWN), nudity=9_000)
    assert [action for kind, action, *_ in stream.raised if kind == "explicit_nudity"] == ["alert"]
    assert ModerationPolicy.model_validate(legal.model_dump(mode="json")) == legal


# Ladders beside each other

COACH, ALERT, PAUSE = (
    Rung(1, Action.COACH, Severity.LOW),
    Rung(2, Action.ALERT, Severity.MEDIUM),
    Rung(3, Action.PAUSE, Severity.HIGH),
)


def test_a_ladder_without_its_pause_tells_staff_instead() -> None:
    assert telling((COACH, PAUSE)) == (COACH, Rung(3, Action.ALERT, Severity.HIGH))
    assert telling((ALERT, PAUSE)) == (ALERT,)
    assert telling((COACH,)) == (COACH,)
    assert milder((COACH, ALERT, PAUSE)) == (COACH, ALERT)


@pytest.mark.parametrize(
    ("after", "stricter"),
    [
        ([rung(5, "coach"), rung(9, "pause")], True),
        ([rung(5, "coach"), rung(8, "pause", 2)], True),
        ([rung(5, "coach"), rung(7, "alert"), rung(9, "pause")], True),
        ([rung(5, "coach"), rung(10, "pause")], False),
        ([rung(5, "coach"), rung(9, "pause", 0)], False),
        ([rung(9, "pause")], False),
        ([], False),
    ],
)
def test_a_ladder_is_stricter_when_each_action_comes_no_later_and_no_milder(
    after: list[dict[str, Any]], stricter: bool
) -> None:
    assert is_stricter([rung(5, "coach"), rung(9, "pause")], after) is stricter


def test_a_governor_may_shorten_a_ladder_and_not_lengthen_it() -> None:
    before = Policy().document()
    sooner = Policy().merged(
        {"moderation": {"actions": {"face_absent": [rung(9_000, "coach"), rung(15_000, "pause")]}}}
    )
    assert loosened(before, sooner.document()) == ()
    assert loosened(sooner.document(), before) == ("moderation.actions.face_absent",)


# Policies of earlier releases


def test_times_of_an_earlier_release_are_those_of_the_ladders() -> None:
    former = {
        "cover": {"coach_ms": 1_500, "pause_ms": 7_000, "flat_max": 2},
        "absence": {"coach_ms": 12_000, "pause_ms": 30_000},
        "freeze": {"coach_ms": 4_000, "pause_ms": 9_000, "note_ms": 500, "bystander_pause_ms": 25_000},
        "frozen_picture": {"alert_ms": 6_000},
    }
    policy = ModerationPolicy.model_validate(former)
    times = {
        kind: [one.after_ms for one in policy.actions.of(Kind(kind))] for kind in ActionsPolicy.model_fields
    }
    assert times["camera_covered"] == [1_500, 7_000]
    assert times["face_absent"] == [12_000, 30_000]
    assert times["could_not_check"] == [4_000, 9_000]
    assert times["frozen_picture"] == [6_000]
    assert (policy.cover.flat_max, policy.freeze.note_ms, policy.freeze.bystander_pause_ms) == (
        2,
        500,
        25_000,
    )
    assert policy.actions.explicit_nudity == ActionsPolicy().explicit_nudity


def test_a_former_time_laid_over_todays_policy_changes_that_time_only() -> None:
    changed = Policy().merged({"moderation": {"cover": {"pause_ms": 9_000}}}).moderation
    assert changed.actions == ActionsPolicy.model_validate(
        {"camera_covered": [rung(2_000, "coach"), rung(9_000, "pause")]}
    )


def test_what_used_to_come_after_the_pause_comes_with_it() -> None:
    odd = ModerationPolicy.model_validate({"cover": {"coach_ms": 9_000, "pause_ms": 4_000}})
    assert [one.after_ms for one in odd.actions.camera_covered] == [4_000, 4_000]


def test_a_key_that_never_was_is_refused_where_a_section_used_to_be() -> None:
    with pytest.raises(ValidationError, match="absence"):
        ModerationPolicy.model_validate({"absence": {"coach_s": 3}})
