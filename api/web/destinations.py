"""Where each role can go from the first page, in the parts of its work."""

from dataclasses import dataclass
from enum import StrEnum

from application.access import Permissions


class Part(StrEnum):
    """A part of what a role does, as staff read it; families and people in prison have one."""

    OWN = ""
    NOW = "Calls now"
    AFTERWARDS = "After a call"
    BOOKINGS = "Bookings"
    PEOPLE = "People"
    FIGURES = "How it goes"


@dataclass(frozen=True, slots=True)
class Destination:
    """One page or list of pages. What families and people in prison read of it is in the texts, under `home`."""

    href: str
    part: Part
    action: str
    title: str  # for `Part.OWN` the key of the texts
    says: str = ""
    waiting: str = ""  # which number of what is to be done stands beside it
    only: str = ""  # the one role for whom it is


DESTINATIONS = (
    Destination("/my-calls", Part.OWN, "call.join", "calls"),
    Destination("/my-details", Part.OWN, "identity.read", "details", only="FA"),
    Destination("/my-details/face", Part.OWN, "face.consent", "face", only="PR"),
    Destination("/allowances/{person}", Part.OWN, "allowance.read", "allowance", only="PR"),
    Destination("/my-messages", Part.OWN, "notification.read_own", "messages"),
    Destination("/my-appeals", Part.OWN, "appeal.read_own", "appeals"),
    Destination(
        "/wall",
        Part.NOW,
        "wall.watch",
        "Wall",
        "Every call that is on now: what needs an officer stands first.",
    ),
    Destination(
        "/incidents",
        Part.NOW,
        "incident.read",
        "Incidents",
        "Alerts of running calls that belong together: what waits, who has it, and what came of it.",
        "incidents",
    ),
    Destination(
        "/allocations",
        Part.NOW,
        "allocation.read",
        "Who watches which call",
        "The calls of a day: what needs an officer stands first.",
    ),
    Destination(
        "/reviews",
        Part.AFTERWARDS,
        "violation.review",
        "Reviews",
        "What the machine found in calls that are over: say whether it was true.",
        "reviews",
    ),
    Destination(
        "/concerns",
        Part.AFTERWARDS,
        "concern.read",
        "Concerns",
        "Somebody asked for help, or staff saw something: who has it, and what was done.",
        "concerns",
    ),
    Destination(
        "/appeals",
        Part.AFTERWARDS,
        "appeal.read",
        "Appeals",
        "What families and people in prison ask to be looked at again, by when, and by whom.",
        "appeals",
    ),
    Destination(
        "/conduct",
        Part.AFTERWARDS,
        "conduct.read",
        "Warnings and sanctions",
        "What was confirmed, and what followed for whom.",
    ),
    Destination(
        "/retention",
        Part.AFTERWARDS,
        "retention.read",
        "What is kept of calls",
        "What is destroyed within a week, what is kept longer, and what should be gone.",
    ),
    Destination(
        "/requests",
        Part.BOOKINGS,
        "request.read",
        "Requests",
        "Calls that were asked for and wait for a decision, with the automatic checks.",
        "requests",
    ),
    Destination(
        "/flags",
        Part.BOOKINGS,
        "flag.read",
        "Flags",
        "Calls under which something changed, so that a person has to look at them.",
        "flags",
    ),
    Destination(
        "/bookings",
        Part.BOOKINGS,
        "calendar.read",
        "Bookings",
        "The calls of a day: requests to decide on, and the record of each call.",
    ),
    Destination(
        "/schedule",
        Part.BOOKINGS,
        "calendar.read",
        "Schedule",
        "The calls of a day to print or to take along.",
    ),
    Destination(
        "/overbooking",
        Part.BOOKINGS,
        "calendar.read",
        "Overbooked times",
        "Times of the next seven days with more calls than places.",
        "overbooked",
    ),
    Destination(
        "/people",
        Part.PEOPLE,
        "people.read",
        "People",
        "Evidence of identity to check, and links to decide on; everybody's links with this prison.",
        "people",
    ),
    Destination(
        "/monitoring",
        Part.PEOPLE,
        "monitoring.read",
        "Monitoring",
        "Whose calls may be watched or heard, on whose word and until when.",
        "monitoring",
    ),
    Destination(
        "/barred",
        Part.PEOPLE,
        "barred.read",
        "Barred faces",
        "Whom the law keeps from calls with one person in prison, on whose word and until when.",
    ),
    Destination(
        "/moderation-quality",
        Part.FIGURES,
        "quality.read",
        "How often the machine was right",
        "Automatic pauses by kind and engine, and what came of their reviews.",
    ),
    Destination(
        "/monitoring-coverage",
        Part.FIGURES,
        "coverage.read",
        "Calls that needed watching",
        "Whether and when somebody watched them, day by day.",
    ),
    Destination(
        "/exposure",
        Part.FIGURES,
        "exposure.read",
        "Sensitive pictures",
        "How many of them each officer was shown, and who should rotate.",
    ),
)


def destinations(permissions: Permissions, role: str) -> list[Destination]:
    """Where a role may go, in the order of the page."""
    return [one for one in DESTINATIONS if role in permissions.scopes(one.action) and one.only in ("", role)]
