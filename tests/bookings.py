"""A prison, two people and a time for their call: what every rule of booking begins with."""

from datetime import date, datetime, timedelta
from typing import Any

from domain.booking.commands import BookCall
from domain.booking.events import CallRequested
from domain.calendar import local_day, local_month
from domain.event import Event
from domain.identity import GuardianVouchedForChild, IdentityVerified
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import RelationshipApproved
from domain.timetable.events import SessionOpened, SessionTemplatePublished
from tests.asked import ON_MONDAY, ask
from tests.facts import NOON, PRISONER, VISITOR, fact

DAY = 86400
AHEAD = -3 * DAY  # three days before the call
MONDAY = date(2026, 11, 23)

opened = fact(SessionOpened)
approved = fact(RelationshipApproved)
held = fact(PersonRegistered, -40 * DAY)
verified = fact(IdentityVerified, -30 * DAY)
weekly = fact(SessionTemplatePublished, -40 * DAY)


def policy(at: float = -40 * DAY, **rules: Any) -> PolicyPublished:
    """The first policy, with these rules of booking."""
    return policy_with(at, booking=rules)


def policy_with(at: float = -40 * DAY, **sections: Any) -> PolicyPublished:
    """The first policy, with changes in any section."""
    return fact(PolicyPublished, at, document=Policy().merged(sections).document())


usual: list[Event] = [held, opened, approved, policy()]
by_rule: list[Event] = [held, opened, approved, verified, policy(approval="auto")]
KNOWN_AGE = {"ages": {VISITOR: 40}}

CHILD = "child-1"
child_approved = fact(RelationshipApproved, visitor=CHILD)
vouched = fact(GuardianVouchedForChild, -20 * DAY)
family: dict[str, Any] = {"visitors": (VISITOR, CHILD), "ages": {VISITOR: 40, CHILD: 7}}

LONG_AGO = -5000 * DAY
ON_TEMPLATE: dict[str, Any] = {"session": ON_MONDAY}


def templated(**changes: Any) -> list[Event]:
    """The usual beginning, where the time comes from a weekly template."""
    return [held, fact(SessionTemplatePublished, -40 * DAY, **changes), approved, policy()]


def wish_at(start: datetime, asked_at: datetime | None = None, **changes: Any) -> BookCall:
    """The usual wish for a call that starts then, asked three days before or at a moment."""
    asked = asked_at or start - timedelta(days=3)
    return ask(BookCall, (asked - NOON).total_seconds(), starts_at=start, **changes)


def time_at(start: datetime, **rules: Any) -> list[Event]:
    """The usual beginning with a time for calls at any moment of any year."""
    return [held, fact(SessionOpened, starts_at=start), approved, policy(LONG_AGO, **rules)]


def call_at(start: datetime, person: str = PRISONER, **changes: Any) -> Any:
    """Another call of a person in prison that starts then, counted as the prison's clock has it."""
    day = local_day(start, "Europe/London")
    return another(
        call=f"call of {start:%m-%d %H:%M}",
        session=f"session of {start:%m-%d %H:%M}",
        starts_at=start,
        prisoner=person,
        visitor_day=(f"visitor-2/{day}",),
        prisoner_month=f"{person}/{local_month(start, 'Europe/London')}",
        **changes,
    )


def another(kind: type[Event] = CallRequested, at: float = AHEAD, **changes: Any) -> Any:
    """A place of a call that shares nothing with ours but the session."""
    apart: dict[str, Any] = {
        "call": "call-2",
        "prisoner": "prisoner-2",
        "visitors": ("visitor-2",),
        "prisoner_month": "prisoner-2/2026-11",
        "visitor_day": ("visitor-2/2026-11-23",),
    }
    return fact(kind, at, **{**apart, **changes})


def earlier(days: int = 10, **changes: Any) -> Any:
    """Another call of our prisoner on an earlier day of the month."""
    return another(
        **{
            "session": "session-0",
            "starts_at": NOON - timedelta(days=days),
            "prisoner": PRISONER,
            "prisoner_month": f"{PRISONER}/2026-11",
            **changes,
        }
    )
