"""The device check: what is good enough, the score, and that it goes on record without end or detail."""

from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import device_check
from domain.booking.events import BookingCancelled, CallBooked
from domain.device_check import (
    NEEDED,
    SCORE_WITHOUT,
    WEIGHTS,
    CheckDevice,
    DeviceChecked,
    DeviceGrade,
    DeviceItem,
    Measured,
    graded,
    score_of,
)
from domain.policy import Policy, PolicyPublished
from tests.asked import USUAL, ask
from tests.facts import fact
from tests.scenario import given

GOOD, FAIR, BAD, UNKNOWN = DeviceGrade
booked = fact(CallBooked, -86_400)
usual: Measured = USUAL[CheckDevice]["measured"]
measurements = st.builds(
    Measured,
    camera_lines=st.none() | st.integers(0, 10_000),
    microphone_level=st.none() | st.integers(0, 100),
    light=st.none() | st.integers(0, 255),
    up_kbps=st.none() | st.integers(0, 10_000_000),
    round_trip_ms=st.none() | st.integers(0, 60_000),
    heard=st.none() | st.booleans(),
    codecs=st.none() | st.booleans(),
)


def grade(item: DeviceItem, **changes: Any) -> DeviceGrade:
    """How good one thing is, in an otherwise good device."""
    items = graded(usual.model_copy(update=changes), Policy())
    return next(one.grade for one in items if one.item is item)


def test_a_device_in_which_everything_is_good_has_the_whole_score() -> None:
    (checked,) = given(device_check, booked).when(ask(CheckDevice)).outcome()
    assert isinstance(checked, DeviceChecked)
    assert (checked.score, sum(WEIGHTS.values())) == (100, 100)


@pytest.mark.parametrize(
    ("item", "changes", "expected"),
    [
        (DeviceItem.CAMERA, {"camera_lines": 0}, BAD),
        (DeviceItem.CAMERA, {"camera_lines": 240}, FAIR),
        (DeviceItem.MICROPHONE, {"microphone_level": 1}, BAD),
        (DeviceItem.MICROPHONE, {"microphone_level": 9}, FAIR),
        (DeviceItem.LIGHT, {"light": 39}, BAD),
        (DeviceItem.LIGHT, {"light": 69}, FAIR),
        (DeviceItem.LIGHT, {"light": 226}, FAIR),
        (DeviceItem.LINE, {"up_kbps": 379}, BAD),
        (DeviceItem.LINE, {"up_kbps": 380}, FAIR),
        (DeviceItem.LINE, {"round_trip_ms": 301}, FAIR),
        (DeviceItem.LINE, {"up_kbps": 100, "round_trip_ms": 301}, BAD),
        (DeviceItem.LOUDSPEAKER, {"heard": False}, BAD),
        (DeviceItem.LOUDSPEAKER, {"heard": None}, UNKNOWN),
        (DeviceItem.BROWSER, {"codecs": False}, BAD),
    ],
)
def test_each_thing_is_as_good_as_the_policy_says(
    item: DeviceItem, changes: dict[str, Any], expected: DeviceGrade
) -> None:
    assert grade(item, **changes) is expected


def test_a_prison_may_ask_for_more_light() -> None:
    document = Policy().merged({"device": {"light": 150}}).document()
    published = fact(PolicyPublished, -99_000, document=document)
    (checked,) = given(device_check, published, booked).when(ask(CheckDevice)).outcome()
    assert isinstance(checked, DeviceChecked)
    assert checked.score == 90


def test_without_a_camera_the_score_is_low_however_good_the_rest_is() -> None:
    assert score_of(graded(usual.model_copy(update={"camera_lines": 0}), Policy())) == SCORE_WITHOUT


@for_all(measurements)
def test_the_score_lies_between_0_and_100_and_a_call_that_cannot_be_held_scores_low(found: Measured) -> None:
    items = graded(found, Policy())
    score = score_of(items)
    assert 0 <= score <= 100
    assert [one.item for one in items] == list(DeviceItem)
    if any(one.grade is BAD and one.item in NEEDED for one in items):
        assert score <= SCORE_WITHOUT


@for_all(measurements)
def test_what_goes_on_record_is_rounded(found: Measured) -> None:
    steps = {"camera": 120, "microphone": 5, "light": 16, "line": 100}
    for one in graded(found, Policy()):
        assert (one.value or 0) % steps.get(one.item, 1) == 0


def test_the_same_result_is_not_put_on_record_again() -> None:
    (checked,) = given(device_check, booked).when(ask(CheckDevice)).outcome()
    louder = ask(CheckDevice, 9, measured=usual.model_copy(update={"microphone_level": 34}))
    given(device_check, booked, checked).when(louder).then_nothing()


def test_so_many_checks_go_on_record_and_no_more() -> None:
    most = Policy().device.checks_max
    before = [fact(DeviceChecked, number) for number in range(most)]
    given(device_check, booked, *before).when(ask(CheckDevice, 60)).then_nothing()
    (last,) = given(device_check, booked, *before[1:]).when(ask(CheckDevice, 60)).outcome()
    assert isinstance(last, DeviceChecked)


@pytest.mark.parametrize("facts", [(), (booked, fact(BookingCancelled, -60))], ids=["unknown", "cancelled"])
def test_a_call_that_is_not_booked_needs_no_check(facts: tuple[CallBooked, ...]) -> None:
    given(device_check, *facts).when(ask(CheckDevice)).then_refused("call_unknown")
