"""A prison's policy: every number a rule uses, versioned and published as an event; none is in code.

Durations carry their unit in their name. `describe()` lists every key with default, unit and meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, assert_never

from pydantic import BaseModel, Field, ValidationError

from domain.decider import Boundary, about
from domain.event import Command, PrisonEvent, Refused
from domain.moderation.policy import ModerationPolicy, Section, number


class Approval(StrEnum):
    """Who says yes to a request for a call."""

    AUTO = "auto"
    STAFF = "staff"


class BookingPolicy(Section):
    """When and how often people may call."""

    minutes_a_month: int = number(60, "min", "call time a prisoner has in a calendar month", ge=0)
    call_minutes_max: int = number(60, "min", "longest call", ge=1)
    block_minutes: int = number(30, "min", "calls are booked in whole blocks of this length", ge=1)
    notice_days_min: int = number(2, "days", "a call is booked at least so long before it starts", ge=0)
    notice_days_max: int = number(28, "days", "a call is booked at most so long before it starts", ge=0)
    visitors_max: int = number(4, "people", "most people on the visitors' side", ge=1)
    approval: Approval = Field(
        default=Approval.STAFF,
        description="who decides on a request: staff, or a rule",
        json_schema_extra={"unit": ""},
    )


class WaitingRoomPolicy(Section):
    """From the opening of the waiting room to the start of the call."""

    opens_before_s: int = number(900, "s", "the waiting room opens so long before the call", ge=0)
    missed_after_s: int = number(600, "s", "a call nobody joined is missed so long after its time", ge=0)
    monitor_for_count: bool = Field(
        default=True,
        description="a call in which faces are only counted needs a monitor before it starts",
        json_schema_extra={"unit": ""},
    )


class CallPolicy(Section):
    """A call that runs."""

    interruption_grace_s: int = number(
        60, "s", "after an interruption both sides may rejoin for so long", ge=0
    )
    escalate_after_s: int = number(120, "s", "a pause no officer decided on is escalated after", ge=1)
    undecided_after_s: int = number(
        300, "s", "a pause no officer decided on lets both sides leave after", ge=1
    )
    journal_s: int = number(60, "s", "the longest a call goes on while the log is away", ge=0)
    pauses_before_staff: int = number(
        3, "pauses", "so many automatic pauses within the window go to staff", ge=1
    )
    pauses_window_s: int = number(300, "s", "the window in which automatic pauses are counted", ge=1)
    auto_pause_limit_s: int = number(
        20, "s", "an automatic pause that does not clear by then goes to staff", ge=1
    )


class RetentionPolicy(Section):
    """How long what is kept outside the log is kept."""

    observation_blocks_days: int = number(90, "days", "observation blocks of a call", ge=1)


class Policy(Section):
    """Everything a prison decides about its calls."""

    time_zone: str = Field(
        default="Europe/London", description="IANA zone of the prison's days", json_schema_extra={"unit": ""}
    )
    booking: BookingPolicy = Field(default_factory=BookingPolicy)
    waiting_room: WaitingRoomPolicy = Field(default_factory=WaitingRoomPolicy)
    call: CallPolicy = Field(default_factory=CallPolicy)
    moderation: ModerationPolicy = Field(default_factory=ModerationPolicy)
    retention: RetentionPolicy = Field(default_factory=RetentionPolicy)

    def merged(self, changes: Mapping[str, Any]) -> "Policy":
        """This policy with the changes laid over it. Raises ValueError with a sentence for a key nobody knows."""
        try:
            return Policy.model_validate(_overlay(self.model_dump(mode="json"), changes))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                raise ValueError(f"The policy has no key named {key}.") from error
            raise ValueError(f"The policy's {key} cannot be so: {first['msg'].lower()}.") from error

    def document(self) -> dict[str, Any]:
        """The whole policy as plain data, as it goes on record."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Key:
    """One key of the policy, for people."""

    name: str
    default: Any
    unit: str
    meaning: str


def describe(section: type[BaseModel] = Policy, prefix: str = "") -> Iterator[Key]:
    """Every key of the policy, depth first, in the order of the document."""
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from describe(kind, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        unit = str(extra.get("unit", "")) if isinstance(extra, dict) else ""
        default = field.get_default(call_default_factory=True)
        yield Key(f"{prefix}{name}", default, unit, field.description or "")


class PolicyPublished(PrisonEvent):
    """A version of a prison's policy took effect."""

    TAGS: ClassVar = ("policy",)
    version: int
    document: dict[str, Any]
    published_by: str
    approved_by: str | None  # None only for the first policy, published when the prison was set up

    @property
    def policy(self) -> str:
        """The prison whose policy it is."""
        return self.prison

    @property
    def name(self) -> str:
        """How other events name this version: `MDI/3`."""
        return f"{self.prison}/{self.version}"


class PublishPolicy(Command):
    """Publish a version of a prison's policy. After the first, a second person must approve."""

    prison: str
    document: dict[str, Any]
    published_by: str
    approved_by: str | None = None


@dataclass(frozen=True)
class Policies:
    """The newest version of the prison's policy."""

    version: int = 0
    document: Mapping[str, Any] | None = None


initial = Policies()


def boundary(command: PublishPolicy) -> Boundary:
    """All versions of this prison's policy."""
    return (about(f"policy:{command.prison}", PolicyPublished),)


def evolve(state: Policies, event: PolicyPublished) -> Policies:
    """The newest version counts."""
    match event:
        case PolicyPublished(version=version, document=document):
            return Policies(version, document)
        case _:
            assert_never(event)


def decide(state: Policies, command: PublishPolicy) -> list[PolicyPublished]:
    """The next version. The same document again changes nothing."""
    try:
        document = Policy().merged(command.document).document()
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
    if document == state.document:
        return []
    if state.version and command.approved_by in (None, command.published_by):
        raise Refused("A change of policy needs the approval of a second person.", "second_person")
    return [
        PolicyPublished(
            at=command.at,
            prison=command.prison,
            version=state.version + 1,
            document=document,
            published_by=command.published_by,
            approved_by=command.approved_by,
        )
    ]


def _overlay(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(under)
    for key, value in over.items():
        below = laid.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        laid[key] = _overlay(below, value) if both else value  # type: ignore[arg-type]
    return laid
