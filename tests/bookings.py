"""A prison, two people and a time for their call: what every rule of booking begins with."""

from datetime import date, timedelta
from typing import Any

from domain.booking.events import CallRequested
from domain.event import Event
from domain.identity import IdentityVerified
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.relationship import RelationshipApproved
from domain.timetable.events import SessionOpened, SessionTemplatePublished
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
