"""The device check before a call: camera, microphone, loudspeaker, light, line and browser, and one score.

The numbers come from the person's own browser and prove nothing: no rule of a call rests on them. They help
the person, and tell staff whom to help. They are rounded, and no device is named.

    score = the sum of the weights of what is good, and half the weight of what is fair: 0 to 100;
            at most 25 where camera, microphone or browser is bad, for then the call cannot be held.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, assert_never

from pydantic import BaseModel, ConfigDict, Field

from domain.booking.events import BookingCancelled, CallBooked
from domain.clearance import Side
from domain.decider import Boundary, about
from domain.event import CallEvent, Command, Refused
from domain.policy import Policy, PolicyPublished, held_by


class DeviceItem(StrEnum):
    """What is checked."""

    CAMERA = "camera"
    MICROPHONE = "microphone"
    LIGHT = "light"
    LINE = "line"
    LOUDSPEAKER = "loudspeaker"
    BROWSER = "browser"


class DeviceGrade(StrEnum):
    """How good it is."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"
    UNKNOWN = "unknown"  # not measured


WEIGHTS: Mapping[DeviceItem, int] = {
    DeviceItem.CAMERA: 25,
    DeviceItem.MICROPHONE: 20,
    DeviceItem.LIGHT: 20,
    DeviceItem.LINE: 20,
    DeviceItem.LOUDSPEAKER: 10,
    DeviceItem.BROWSER: 5,
}
NEEDED = frozenset({DeviceItem.CAMERA, DeviceItem.MICROPHONE, DeviceItem.BROWSER})
SCORE_WITHOUT = 25  # at most, without one of those


class CheckedItem(BaseModel):
    """One thing that was checked. `value` is rounded: lines, % of full scale, luma levels or kbit/s."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    item: DeviceItem
    grade: DeviceGrade
    value: int | None = None


class Measured(BaseModel):
    """What a browser says of its device. None: it was not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    camera_lines: int | None = Field(default=None, ge=0, le=10_000)  # 0: no camera
    microphone_level: int | None = Field(default=None, ge=0, le=100)  # % of full scale, the loudest moment
    light: int | None = Field(default=None, ge=0, le=255)  # mean luma where the face is
    up_kbps: int | None = Field(default=None, ge=0, le=10_000_000)
    round_trip_ms: int | None = Field(default=None, ge=0, le=60_000)
    heard: bool | None = None  # whether the person heard the sound
    codecs: bool | None = None  # whether the browser can send VP8 or H264


class DeviceChecked(CallEvent):
    """A side checked its device before the call. Said by the device itself: nothing is decided by it."""

    side: Side
    person: str
    score: int
    items: tuple[CheckedItem, ...]


class CheckDevice(Command):
    """Put a check on record."""

    call: str
    prison: str
    side: Side
    person: str
    measured: Measured


@dataclass(frozen=True)
class Checks:
    """The call, and the checks of each side."""

    booked: bool = False
    policies: tuple[PolicyPublished, ...] = ()
    last: Mapping[Side, DeviceChecked] = field(default_factory=dict)
    times: Mapping[Side, int] = field(default_factory=dict)

    def policy(self, prison: str, at: datetime) -> Policy:
        """The prison's policy at that moment."""
        return held_by(self.policies, (prison,), at)[0]


initial = Checks()

CheckFact = CallBooked | BookingCancelled | PolicyPublished | DeviceChecked


def boundary(command: CheckDevice) -> Boundary:
    """The call with its checks, and the policy."""
    return (
        about(f"call:{command.call}", CallBooked, BookingCancelled, DeviceChecked),
        about(f"policy:{command.prison}", PolicyPublished),
    )


def evolve(state: Checks, event: CheckFact) -> Checks:
    """Remember each side's newest check, and how many there were."""
    match event:
        case CallBooked():
            return replace(state, booked=True)
        case BookingCancelled():
            return replace(state, booked=False)
        case PolicyPublished():
            return replace(state, policies=(*state.policies, event))
        case DeviceChecked(side=side):
            times = {**state.times, side: state.times.get(side, 0) + 1}
            return replace(state, last={**state.last, side: event}, times=times)
        case _:
            assert_never(event)


def decide(state: Checks, command: CheckDevice) -> list[DeviceChecked]:
    """On record where it says something new, and not without end."""
    if not state.booked:
        raise Refused("This call is not booked.", "call_unknown")
    policy = state.policy(command.prison, command.at)
    items = graded(command.measured, policy)
    last = state.last.get(command.side)
    known = last is not None and (last.person, last.items) == (command.person, items)
    if known or state.times.get(command.side, 0) >= policy.device.checks_max:
        return []
    said: dict[str, Any] = command.model_dump(exclude={"measured"})
    return [DeviceChecked(**said, score=score_of(items), items=items)]


def score_of(items: tuple[CheckedItem, ...]) -> int:
    """How good it is altogether, 0 to 100, as this module says above."""
    points = {DeviceGrade.GOOD: 2, DeviceGrade.FAIR: 1}
    total = sum(WEIGHTS[one.item] * points.get(one.grade, 0) for one in items) // 2
    lost = any(one.grade is DeviceGrade.BAD and one.item in NEEDED for one in items)
    return min(total, SCORE_WITHOUT) if lost else total


def graded(measured: Measured, policy: Policy) -> tuple[CheckedItem, ...]:
    """How good each thing is, in the order in which it is told."""
    return (
        _camera(measured.camera_lines, policy),
        _microphone(measured.microphone_level, policy),
        _light(measured.light, policy),
        _line(measured, policy),
        _said(DeviceItem.LOUDSPEAKER, measured.heard),
        _said(DeviceItem.BROWSER, measured.codecs),
    )


def _camera(lines: int | None, policy: Policy) -> CheckedItem:
    device = policy.device
    return _checked(DeviceItem.CAMERA, lines, device.camera_lines_min, device.camera_lines, to=120)


def _microphone(level: int | None, policy: Policy) -> CheckedItem:
    device = policy.device
    return _checked(DeviceItem.MICROPHONE, level, device.microphone_level_min, device.microphone_level, to=5)


def _light(light: int | None, policy: Policy) -> CheckedItem:
    device = policy.device
    item = _checked(DeviceItem.LIGHT, light, device.light_min, device.light, to=16)
    glare = light is not None and light > device.light_max
    return item.model_copy(update={"grade": DeviceGrade.FAIR}) if glare else item


def _line(measured: Measured, policy: Policy) -> CheckedItem:
    line = policy.call.line
    item = _checked(DeviceItem.LINE, measured.up_kbps, line.picture_kbps_light, line.picture_kbps, to=100)
    slow = (measured.round_trip_ms or 0) > policy.device.round_trip_ms
    return item.model_copy(update={"grade": DeviceGrade.FAIR}) if slow and _is_good(item) else item


def _is_good(item: CheckedItem) -> bool:
    return item.grade is DeviceGrade.GOOD


def _said(item: DeviceItem, works: bool | None) -> CheckedItem:
    if works is None:
        return CheckedItem(item=item, grade=DeviceGrade.UNKNOWN)
    return CheckedItem(item=item, grade=DeviceGrade.GOOD if works else DeviceGrade.BAD)


def _checked(item: DeviceItem, value: int | None, least: int, good: int, *, to: int) -> CheckedItem:
    """Good, fair from the least on, else bad. What goes on record is rounded down."""
    if value is None:
        return CheckedItem(item=item, grade=DeviceGrade.UNKNOWN)
    grade = DeviceGrade.GOOD if value >= good else DeviceGrade.FAIR if value >= least else DeviceGrade.BAD
    return CheckedItem(item=item, grade=grade, value=value // to * to)
