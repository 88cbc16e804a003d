"""The document of a prison's policy: every number a rule uses, with its default, unit and meaning.

Durations carry their unit in their name. `describe()` lists every key. A key that says which way is
*tighter* may be moved that way by a governor at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from domain.moderation.ladder import is_stricter
from domain.moderation.overlay import overlay
from domain.moderation.policy import ModerationPolicy
from domain.moderation.section import Section, choice, number
from domain.policy.device import DevicePolicy
from domain.policy.keeping import RecordingPolicy, RetentionPolicy
from domain.policy.line import LinePolicy
from domain.policy.staff import StaffPolicy
from domain.timetable.events import CallType


class Approval(StrEnum):
    """Who says yes to a request for a call."""

    AUTO = "auto"
    STAFF = "staff"


class Effect(StrEnum):
    """What a restriction of one kind means for a call."""

    REFUSE = "refuse"
    ONE_WAY = "one_way"  # the person in prison is not shown the visitor's picture
    STAFF = "staff"  # no rule approves it: a person decides
    NONE = "none"


class BookingPolicy(Section):
    """When and how often people may call."""

    minutes_a_month: int = number(60, "min", "call time a prisoner has in a calendar month", tighter="lower")
    call_minutes_max: int = number(60, "min", "longest call", ge=1, tighter="lower")
    block_minutes: int = number(30, "min", "calls are booked in whole blocks of this length", ge=1)
    remand_calls_a_week: int = number(
        3, "calls", "calls a week of somebody on remand, in place of the month's call time", tighter="lower"
    )
    week_starts: int = number(0, "weekday", "first day of the week, 0 is Monday", le=6)
    notice_days_min: int = number(
        2, "days", "families ask at least so long before the call", tighter="higher"
    )
    notice_days_max: int = number(28, "days", "families ask at most so long before the call", tighter="lower")
    notice_days_min_prisoner: int = number(
        2, "days", "people in prison ask at least so long before the call", tighter="higher"
    )
    notice_days_max_prisoner: int = number(
        28, "days", "people in prison ask at most so long before the call", tighter="lower"
    )
    notice_days_min_staff: int = number(
        0, "days", "staff book at least so long before the call", tighter="higher"
    )
    notice_days_max_staff: int = number(
        28, "days", "staff book at most so long before the call", tighter="lower"
    )
    visitors_max: int = number(4, "people", "most people on the visitors' side", ge=1, tighter="lower")
    adults_max: int = number(4, "people", "most adults on the visitors' side", ge=1, tighter="lower")
    children_max: int = number(3, "people", "most children on the visitors' side", tighter="lower")
    adult_age: int = number(18, "years", "from this age a visitor is an adult", tighter="higher")
    lead_age: int = number(
        18, "years", "whoever answers for the visitors is at least so old", tighter="higher"
    )
    reservation_minutes: int = number(10, "min", "a place is kept so long while a form is filled in", ge=1)
    standby_offer_minutes: int = number(
        120, "min", "a released place is kept so long for whoever waited for it", ge=1
    )
    alternatives_days: int = number(14, "days", "other times are looked for so far from the one asked for")
    alternatives_max: int = number(3, "times", "so many other times are offered with a refusal", le=20)
    auto_reject_at: str = Field(
        default="20:00",
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description="a request nobody decided on is rejected at this time of the last day of notice",
        json_schema_extra={"unit": "prison's clock"},
    )
    approval: Approval = Field(
        default=Approval.STAFF,
        description="who decides on a request: staff, or a rule where every automatic check passes",
        json_schema_extra={"unit": "", "tighter": ["auto", "staff"]},
    )
    alerts_for_staff: tuple[str, ...] = Field(
        default=("C1", "C2", "C3", "C4", "XCSEA", "XSO", "XSA", "RKS", "RCDR", "SC"),
        description="a person decides on requests of people in prison with one of these alerts",
        json_schema_extra={"unit": "alert codes"},
    )


class CallTypePolicy(Section):
    """What differs for one type of call."""

    counted: bool = choice(True, "its minutes are taken from the month's call time, or from the week's calls")
    approved_by_rule: bool = choice(False, "it needs no decision by staff where every automatic check passes")
    minutes_max: int = number(60, "min", "longest call of this type", ge=1, tighter="lower")
    notice_days_min: int = number(0, "days", "asked for at least so long before, beside the general notice")
    notice_waived: bool = choice(False, "the general notice does not hold for it")
    apart_matters: bool = choice(True, "a call of a non-associated person on the same day stands against it")
    identity_required: bool = choice(True, "the visitors' identity is verified before a rule approves")
    confidential: bool = choice(
        False, "no picture is judged, nobody but the two ends sees or hears it, and staff check who is there"
    )
    staff_may_listen: bool = choice(
        True, "staff who look also hear; otherwise they hear only under an authorisation to monitor"
    )
    recorded: bool = Field(
        default=False,
        description="what both sides show and say is recorded, and they are told so; never in a legal call",
        json_schema_extra={"unit": "", "tighter": [True, False]},
    )
    evidence_pictures: bool = Field(
        default=False,
        description="one picture of what paused a call or alerted staff is kept for whoever reviews it, and both"
        " sides are told so; never of nudity, never in a legal call",
        json_schema_extra={"unit": "", "tighter": [True, False]},
    )


class OfficialCallPolicy(CallTypePolicy):
    """A call with an official: it may not be overheard by habit, as a social call may by its terms."""

    staff_may_listen: bool = choice(False, "as for social calls")


class LegalCallPolicy(OfficialCallPolicy):
    """A call with a lawyer. That it is confidential is law, and no policy can say otherwise."""

    confidential: Literal[True] = choice(True, "always: the law, and no choice of the prison")
    staff_may_listen: Literal[False] = choice(False, "never: the law, and no choice of the prison")
    recorded: Literal[False] = choice(False, "never: the law, and no choice of the prison")
    evidence_pictures: Literal[False] = choice(False, "never: the law, and no choice of the prison")


OFFICIAL = {"counted": False, "approved_by_rule": True, "notice_waived": True, "apart_matters": False}


class CallTypesPolicy(Section):
    """The rules of each type of call."""

    social: CallTypePolicy = Field(default_factory=CallTypePolicy)
    legal: LegalCallPolicy = Field(
        default_factory=lambda: LegalCallPolicy(**OFFICIAL, minutes_max=120, notice_days_min=1)
    )
    probation: OfficialCallPolicy = Field(
        default_factory=lambda: OfficialCallPolicy(**OFFICIAL, minutes_max=60, notice_days_min=1)
    )
    court: OfficialCallPolicy = Field(default_factory=lambda: OfficialCallPolicy(**OFFICIAL, minutes_max=240))
    interview: OfficialCallPolicy = Field(
        default_factory=lambda: OfficialCallPolicy(
            **{**OFFICIAL, "approved_by_rule": False}, minutes_max=120, notice_days_min=1
        )
    )

    def of(self, call_type: CallType) -> CallTypePolicy:
        """The rules of one type."""
        rules: CallTypePolicy = getattr(self, call_type.value)
        return rules


class MonitoringPolicy(Section):
    """How long an authorisation to monitor somebody's calls may last before a person looks at it again."""

    offence_days_max: int = number(
        90, "days", "longest for an offence, until its review", ge=1, le=92, tighter="lower"
    )
    intelligence_days_max: int = number(
        28, "days", "longest on intelligence, until its review", ge=1, le=31, tighter="lower"
    )
    random_days_max: int = number(
        28, "days", "longest for somebody chosen at random", ge=1, le=31, tighter="lower"
    )
    legal_days_max: int = number(
        28, "days", "longest for the pictures of calls with a lawyer", ge=1, le=31, tighter="lower"
    )
    expiring_days: int = number(14, "days", "an authorisation that ends so soon stands first in the list")


class RestrictionPolicy(Section):
    """What each kind of restriction means for a call."""

    ban: Effect = choice(Effect.REFUSE, "banned")
    closed: Effect = choice(Effect.ONE_WAY, "closed visits only")
    noncon: Effect = choice(Effect.ONE_WAY, "no contact")
    child: Effect = choice(Effect.STAFF, "limits on contact with children")
    preinf: Effect = choice(Effect.STAFF, "earlier information")
    restrict: Effect = choice(Effect.STAFF, "restricted")


class PeoplePolicy(Section):
    """Who people are, and what has to be known of them."""

    identity_required: bool = choice(True, "without a verified identity a person decides on the request")
    template_age_min: int = number(18, "years", "no template of anybody younger", tighter="higher")
    guardian_required: bool = choice(True, "an adult vouches for a child before the child is on a call")
    link_requests_max: int = number(
        6, "requests", "link requests of one booker that wait for a decision", ge=1
    )
    selfie_distance_max: int = number(
        5000,
        "1/10000",
        "a selfie farther from the document's face than this is said to differ",
        tighter="lower",
    )
    reenrol_after: int = number(3, "checks", "so many weak matches in a row ask for a new photograph", ge=1)
    reenrol_distance: int = number(4500, "1/10000", "a match farther away than this is weak")
    barred_days_max: int = number(
        90,
        "days",
        "the face of somebody barred is recognised for so long, then two people sign it anew",
        ge=1,
    )
    barred_faces_max: int = number(
        5, "faces", "so many faces are barred from the calls of one person in prison, at most"
    )


class ConductPolicy(Section):
    """What may follow from a violation that an officer confirmed."""

    steps: tuple[int, ...] = Field(
        default=(0, 7, 15, 30, 90),
        description="days without calls that may follow, one step after the other; 0 is a warning",
        json_schema_extra={"unit": "days"},
        min_length=1,
    )
    lookback_days: int = number(365, "days", "an earlier warning or sanction counts for so long", ge=1)
    sanctioned_visitor: Effect = choice(Effect.REFUSE, "what a sanction of a visitor means for their calls")
    sanctioned_prisoner: Effect = choice(
        Effect.REFUSE, "what a sanction of a person in prison means for their social calls; never for others"
    )

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if any(step < 0 for step in self.steps) or list(self.steps) != sorted(set(self.steps)):
            raise ValueError("the steps must rise")
        return self


class AppealPolicy(Section):
    """When somebody asks that another person looks at what was decided about their call."""

    lodge_days: int = number(28, "days", "an appeal may be lodged so long after what it is against", ge=1)
    decide_days: int = number(20, "days", "an appeal is decided within so long", ge=1, tighter="lower")


class NotificationPolicy(Section):
    """What visitors are told, beside what happens to their calls."""

    reminder_days: int = number(
        3, "days", "visitors are told so long before a call what is missing for it; 0: never", le=28
    )


class NeighboursPolicy(Section):
    """The prison's own systems, which tell of people in prison."""

    facts_max_age_minutes: int = number(
        0, "min", "with older facts no call starts; 0: no system feeds this prison", le=2880
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
    rehearsal_hours: int = number(
        48, "h", "a side may try out so long before the call whether it will be recognised; 0: never", le=672
    )
    rehearsals_max: int = number(10, "rehearsals", "a side may try it so often for one call", ge=1)
    declaration: bool = choice(True, "each person who joins confirms the rules of the call first")
    calls_per_monitor: int = number(
        6, "calls", "one officer is given at most so many calls at once", ge=1, tighter="lower"
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
    extension_max_s: int = number(
        600,
        "s",
        "time that a call lost is added at its end, in all at most; 0: it is credited instead",
        le=3600,
    )
    extension_min_s: int = number(
        15, "s", "time that is added is at least so long, so that there is time for goodbyes", ge=5, le=300
    )
    extension_decided_s: int = number(
        60, "s", "so long before its end a running call is told whether time is added", le=600
    )
    pause_when_flagged: bool = choice(
        True, "a fact under which no call starts pauses one that runs, until somebody has decided"
    )
    journal_s: int = number(60, "s", "the longest a call goes on while the log is away", ge=0)
    pauses_before_staff: int = number(
        3, "pauses", "so many automatic pauses within the window go to staff", ge=1
    )
    pauses_window_s: int = number(300, "s", "the window in which automatic pauses are counted", ge=1)
    auto_pause_limit_s: int = number(
        20, "s", "an automatic pause that does not clear by then goes to staff", ge=1
    )
    hint_every_s: int = number(
        60,
        "s",
        "what a person's own device says of itself is listened to once in so long, for each kind",
        ge=10,
    )
    monitor_may_take_over: bool = Field(
        default=False,
        description="while checking is lost, a monitor who looks may judge a side's pictures in its place",
        json_schema_extra={"unit": "", "tighter": [True, False]},
    )
    line: LinePolicy = Field(default_factory=LinePolicy)


class Policy(Section):
    """Everything a prison decides about its calls."""

    time_zone: str = Field(
        default="Europe/London", description="IANA zone of the prison's days", json_schema_extra={"unit": ""}
    )
    booking: BookingPolicy = Field(default_factory=BookingPolicy)
    call_types: CallTypesPolicy = Field(default_factory=CallTypesPolicy)
    restrictions: RestrictionPolicy = Field(default_factory=RestrictionPolicy)
    people: PeoplePolicy = Field(default_factory=PeoplePolicy)
    conduct: ConductPolicy = Field(default_factory=ConductPolicy)
    appeals: AppealPolicy = Field(default_factory=AppealPolicy)
    notifications: NotificationPolicy = Field(default_factory=NotificationPolicy)
    neighbours: NeighboursPolicy = Field(default_factory=NeighboursPolicy)
    monitoring: MonitoringPolicy = Field(default_factory=MonitoringPolicy)
    waiting_room: WaitingRoomPolicy = Field(default_factory=WaitingRoomPolicy)
    device: DevicePolicy = Field(default_factory=DevicePolicy)
    call: CallPolicy = Field(default_factory=CallPolicy)
    moderation: ModerationPolicy = Field(default_factory=ModerationPolicy)
    staff: StaffPolicy = Field(default_factory=StaffPolicy)
    recording: RecordingPolicy = Field(default_factory=RecordingPolicy)
    retention: RetentionPolicy = Field(default_factory=RetentionPolicy)

    def merged(self, changes: Mapping[str, Any]) -> "Policy":
        """This policy with the changes laid over it. Raises ValueError with a sentence for a key nobody knows."""
        try:
            return Policy.model_validate(overlay(self.model_dump(mode="json"), changes))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(str(part) for part in first["loc"])
            if first["type"] == "extra_forbidden":
                raise ValueError(f"The policy has no key named {key}.") from error
            raise ValueError(f"The policy's {key} cannot be so: {first['msg'].lower()}.") from error

    def of(self, call_type: CallType) -> "Policy":
        """The policy as it is for calls of one type: what follows of what is found may differ."""
        return self.model_copy(update={"moderation": self.moderation.of(call_type)})

    def document(self) -> dict[str, Any]:
        """The whole policy as plain data, as it goes on record."""
        return self.model_dump(mode="json")


@dataclass(frozen=True)
class Key:
    """One key of the policy, for people.

    `tighter`: lower, higher, sooner (the same actions no later, or further ones), a list from loose to tight,
    or nothing.
    """

    name: str
    default: Any
    unit: str
    meaning: str
    tighter: Any = None


def describe(section: type[BaseModel] = Policy, prefix: str = "") -> Iterator[Key]:
    """Every key of the policy, depth first, in the order of the document."""
    yield from _keys(section(), prefix)


def _keys(section: BaseModel, prefix: str) -> Iterator[Key]:
    """The keys of a section with its own defaults: those of one type of call differ from another's."""
    for name, field in type(section).model_fields.items():
        default = getattr(section, name)
        if isinstance(default, BaseModel):
            yield from _keys(default, f"{prefix}{name}.")
            continue
        extra = field.json_schema_extra
        said = extra if isinstance(extra, dict) else {}
        unit = str(said.get("unit", ""))
        yield Key(f"{prefix}{name}", default, unit, field.description or "", said.get("tighter"))


def loosened(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys that differ between two documents and are not tighter after: none, if it only tightens."""
    keys = {key.name: key for key in describe()}
    return tuple(
        name for name, key in keys.items() if not _tightens(key, _at(before, name), _at(after, name))
    )


def _tightens(key: Key, before: Any, after: Any) -> bool:
    if before == after:
        return True
    match key.tighter:
        case "lower":
            return bool(after < before)
        case "higher":
            return bool(after > before)
        case "sooner":
            return is_stricter(before, after)
        case list(order):
            return order.index(after) > order.index(before)
        case _:
            return False


def _at(document: Mapping[str, Any], name: str) -> Any:
    value: Any = document
    for part in name.split("."):
        value = value[part]
    return value
