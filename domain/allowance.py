"""The allowance: call time a person in prison has in a month.

What was granted and adjusted is on record; what was used, given back and left over is the sum of the calls.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, ClassVar, assert_never

from pydantic import Field

from domain.decider import Boundary, about
from domain.event import Command, Personal, PrisonEvent, Purpose, Refused

Words = Annotated[str | None, Personal(of="prisoner", purpose=Purpose.IDENTITY)]


class AllowanceReason(StrEnum):
    """Why somebody has more or less call time in a month."""

    GOVERNOR = "governor"
    WELLBEING = "wellbeing"
    TRANSFER = "transfer"
    CORRECTION = "correction"


class CallAllowanceGranted(PrisonEvent):
    """More call time in one month; what is not used expires with the month."""

    TAGS: ClassVar = ("prisoner_month",)
    prisoner: str
    prisoner_month: str
    minutes: int
    reason: AllowanceReason
    granted_by: str
    words: Words = None


class CallAllowanceAdjusted(PrisonEvent):
    """Call time of one month was corrected, up or down."""

    TAGS: ClassVar = ("prisoner_month",)
    prisoner: str
    prisoner_month: str
    minutes: int  # below zero: taken away
    reason: AllowanceReason
    adjusted_by: str
    words: Words = None


class GrantAllowance(Command):
    """Give more call time in a month."""

    prison: str
    prisoner: str
    prisoner_month: str
    minutes: int = Field(ge=1, le=24 * 60)
    reason: AllowanceReason
    granted_by: str
    words: str


class AdjustAllowance(Command):
    """Correct the call time of a month."""

    prison: str
    prisoner: str
    prisoner_month: str
    minutes: int = Field(ge=-24 * 60, le=24 * 60)
    reason: AllowanceReason
    adjusted_by: str
    words: str


@dataclass(frozen=True)
class Allowance:
    """Minutes given beyond the policy's own in one month."""

    minutes: int = 0


initial = Allowance()


def boundary(command: GrantAllowance | AdjustAllowance) -> Boundary:
    """What was given in this month."""
    month = f"prisoner_month:{command.prisoner_month}"
    return (about(month, CallAllowanceGranted, CallAllowanceAdjusted),)


def evolve(state: Allowance, event: CallAllowanceGranted | CallAllowanceAdjusted) -> Allowance:
    """Grants and adjustments add up."""
    match event:
        case CallAllowanceGranted(minutes=minutes) | CallAllowanceAdjusted(minutes=minutes):
            return Allowance(state.minutes + minutes)
        case _:
            assert_never(event)


def decide(
    state: Allowance, command: GrantAllowance | AdjustAllowance
) -> list[CallAllowanceGranted | CallAllowanceAdjusted]:
    """The grant or the adjustment, with its reason in words."""
    if not command.prisoner_month.startswith(f"{command.prisoner}/"):
        raise Refused("This month is not one of this person’s.", "month_of_another")
    if not command.words.strip():
        raise Refused("Please say why.", "reason_missing")
    fields = command.model_dump() | {"words": command.words.strip()}
    match command:
        case GrantAllowance():
            return [CallAllowanceGranted(**fields)]
        case AdjustAllowance():
            if command.minutes == 0:
                raise Refused("An adjustment adds minutes or takes some away.", "nothing_adjusted")
            return [CallAllowanceAdjusted(**fields)]
        case _:
            assert_never(command)
