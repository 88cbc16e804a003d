"""What every event, command and refusal is."""

from datetime import timedelta

import pytest

from domain.access import RecordViewed
from domain.booking.events import BookingRuleOverridden, CallBooked
from domain.event import Purpose, Refused, milliseconds
from domain.person import PersonRegistered
from domain.prisoner.events import PrisonerMerged
from domain.texts import OTHER_SIDE, coach_text, pause_text
from tests.facts import NOON, fact


def test_an_event_is_found_by_each_of_its_tags() -> None:
    assert fact(CallBooked).tags() == {
        "call:call-1",
        "session:session-1",
        "prisoner_month:prisoner-1/2026-11",
        "visitor_day:visitor-1/2026-11-23",
    }
    assert fact(PrisonerMerged).tags() == {"person:prisoner-1", "person:prisoner-9"}
    assert fact(RecordViewed).tags() == {"viewed:call:call-1"}


def test_what_is_personal_is_told_with_whose_key_and_why() -> None:
    names = PersonRegistered.personal_fields()
    assert set(names) == {"name", "prisoner_number", "date_of_birth"}
    assert {(mark.of, mark.purpose) for mark in names.values()} == {("person", Purpose.IDENTITY)}
    assert set(BookingRuleOverridden.personal_fields()) == {"reason"}
    assert CallBooked.personal_fields() == {}


def test_a_refusal_carries_its_sentence_its_rule_and_all_others() -> None:
    one = Refused("No.", "first")
    assert (str(one), one.rule, one.also, one.rules) == ("No.", "first", (), ("first",))
    two = Refused("No.", "first", also=("Nor this.",), rules=("first", "second"))
    assert (two.also, two.rules) == (("Nor this.",), ("first", "second"))
    assert Refused("No.").rule == ""


@pytest.mark.parametrize(
    ("microseconds", "whole"), [(1_499, 1), (1_501, 2), (-2_000, -2), (86_400_000_000, 86_400_000)]
)
def test_time_between_moments_is_counted_in_whole_milliseconds(microseconds: int, whole: int) -> None:
    assert milliseconds(NOON + timedelta(microseconds=microseconds), NOON) == whole


def test_the_person_concerned_is_told_why_and_the_other_side_is_not() -> None:
    assert pause_text("camera_covered", concerned=True) == "slate.camera_covered"
    assert pause_text("camera_covered", concerned=False) == OTHER_SIDE
    for grave in ("barred_person", "child_at_risk", "explicit_nudity"):
        assert pause_text(grave, concerned=True) == OTHER_SIDE
    assert coach_text("face_absent") == "coach.face_absent"
