"""Lines are measured at every heartbeat; what is told is when they turn, and what is asked is sound alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.audio_only import AudioOnlyBecause, PictureBecause
from domain.clearance import Side
from domain.network import Line, Way
from domain.policy import LinePolicy
from infrastructure.media.counts import Counts
from infrastructure.media.quality import Quality

POLICY = LinePolicy()


@dataclass
class Packets:
    """A connection whose packets are lost as the test says."""

    so_far: dict[Way, Counts] = field(default_factory=lambda: dict.fromkeys(Way, Counts()))

    async def counts(self) -> Mapping[Way, Counts]:
        return dict(self.so_far)

    def pass_by(self, way: Way, expected: int, lost: int) -> None:
        before = self.so_far[way]
        self.so_far[way] = Counts(before.received + expected - lost, before.lost + lost, 12)


@dataclass
class Place:
    """A side, as its lines need it."""

    counted: Packets | None = field(default_factory=Packets)
    audio_only: AudioOnlyBecause | None = None


@dataclass
class Told:
    """What was told, in order."""

    facts: list[tuple[Any, ...]] = field(default_factory=list)

    def degraded(self, side: Side, way: Way, line: Line, jitter_ms: int) -> None:
        self.facts.append(("degraded", side, way, line.grade.value, max(line.recent), jitter_ms))

    def recovered(self, side: Side, way: Way, worst_loss: int, lasted_ms: int) -> None:
        self.facts.append(("recovered", side, way, worst_loss, lasted_ms))

    def enter_audio_only(self, side: Side) -> None:
        self.facts.append(("enter", side))

    def leave_audio_only(self, side: Side, cause: PictureBecause) -> None:
        self.facts.append(("leave", side, cause.value))

    def taken(self) -> list[tuple[Any, ...]]:
        taken, self.facts = self.facts, []
        return taken


class Call:
    """Two lines, and a clock by heartbeats."""

    def __init__(self) -> None:
        self.time, self.told = 0.0, Told()
        self.sides = {side: Place() for side in Side}
        self.quality = Quality(self.sides, POLICY, self.told, lambda: self.time)

    async def beat(self, side: Side = Side.VISITOR, lost: int = 0, way: Way = Way.FROM_SIDE) -> list[Any]:
        """A heartbeat in which a side lost so many of a hundred packets, and everything else none."""
        for at, place in self.sides.items():
            for one in Way:
                if place.counted is not None:
                    place.counted.pass_by(one, 100, lost if (at, one) == (side, way) else 0)
        self.time += POLICY.heartbeat_s
        await self.quality.look()
        return self.told.taken()


async def test_a_line_is_told_when_its_grade_turns_and_never_between() -> None:
    call = Call()
    assert await call.beat(lost=9) == []
    assert await call.beat(lost=12) == [("degraded", Side.VISITOR, Way.FROM_SIDE, "poor", 1200, 12)]
    assert await call.beat(lost=11) == []
    assert await call.beat(lost=20) == [("degraded", Side.VISITOR, Way.FROM_SIDE, "bad", 2000, 12)]
    assert [await call.beat() for _ in range(3)] == [[], [], []]
    assert await call.beat() == [("recovered", Side.VISITOR, Way.FROM_SIDE, 2000, 30_000)]


async def test_nothing_is_measured_between_two_heartbeats() -> None:
    call = Call()
    packets = call.sides[Side.VISITOR].counted
    assert packets is not None
    packets.pass_by(Way.FROM_SIDE, 100, 50)
    call.time += POLICY.heartbeat_s - 0.1
    await call.quality.look()
    assert call.told.taken() == []


async def test_a_new_connection_and_one_that_hardly_sends_say_nothing_of_the_line() -> None:
    call = Call()
    await call.beat()
    call.sides[Side.VISITOR].counted = fresh = Packets()
    fresh.pass_by(Way.FROM_SIDE, 10, 9)
    call.time += POLICY.heartbeat_s
    await call.quality.look()
    call.sides[Side.VISITOR].counted = None
    assert await call.beat(lost=50) == []


async def test_a_line_that_stays_bad_is_asked_to_carry_sound_alone_and_asked_again_if_refused() -> None:
    call = Call()
    told = [fact for _ in range(8) for fact in await call.beat(lost=30)]
    asked = [fact for fact in told if fact[0] == "enter"]
    assert told[0][0] == "degraded"
    assert asked == [("enter", Side.VISITOR)] * 2  # bad at 5 s, asked at 20 s and at 35 s


async def test_a_picture_whose_viewer_has_a_bad_line_is_the_one_left_out() -> None:
    call = Call()
    told = [fact for _ in range(4) for fact in await call.beat(Side.PRISONER, 30, Way.TO_SIDE)]
    assert ("enter", Side.VISITOR) in told
    assert ("enter", Side.PRISONER) not in told


async def test_the_picture_comes_back_once_both_its_lines_are_good() -> None:
    call = Call()
    for _ in range(4):
        await call.beat(lost=30)
    call.sides[Side.VISITOR].audio_only = AudioOnlyBecause.BAD_LINE
    told = [await call.beat() for _ in range(4)]
    assert told[:3] == [[], [], []]
    assert told[3][-1] == ("leave", Side.VISITOR, "line_recovered")


async def test_whoever_chose_to_be_heard_only_is_not_shown_for_a_good_line() -> None:
    call = Call()
    call.sides[Side.VISITOR].audio_only = AudioOnlyBecause.CHOICE
    assert await call.beat() == []
