"""A call's entry in somebody's calendar (RFC 5545, 5546). It names nobody: calendars are shared and synchronised."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from icalendar import Calendar, Event, vCalAddress

from application.notifications.texts import text
from domain.texts import Language

PRODUCT = "-//Kinline//Kinline//EN"


class Standing(StrEnum):
    """How the call stands."""

    BOOKED = "booked"
    UNDECIDED = "undecided"
    CANCELLED = "cancelled"


_STATUS = {
    Standing.BOOKED: "CONFIRMED",
    Standing.UNDECIDED: "TENTATIVE",
    Standing.CANCELLED: "CANCELLED",
}


@dataclass(frozen=True)
class Entry:
    """What stands in the calendar. A calendar replaces an entry of the same call by one with a higher `changes`."""

    call: str
    standing: Standing
    starts_at: datetime
    minutes: int
    prison: str
    changes: int
    made_at: datetime
    language: Language
    version: int  # of the texts
    link: str
    organizer: str  # an e-mail address of the service

    @property
    def method(self) -> str:
        """What a calendar does with it."""
        return "CANCEL" if self.standing is Standing.CANCELLED else "PUBLISH"

    def content(self) -> bytes:
        """The file."""
        calendar = Calendar()
        calendar.add("prodid", PRODUCT)
        calendar.add("version", "2.0")
        calendar.add("method", self.method)
        calendar.add_component(self._event())
        content: bytes = calendar.to_ical()
        return content

    def _event(self) -> Event:
        title = text(self.language, self.version, "entry", self.standing.value)
        event = Event()
        event.add("uid", self.call)
        event.add("sequence", self.changes)
        event.add("dtstamp", self.made_at)
        event.add("dtstart", self.starts_at)
        event.add("dtend", self.starts_at + timedelta(minutes=self.minutes))
        event.add("summary", f"{title} ({self.prison})")
        event.add("status", _STATUS[self.standing])
        event.add("url", self.link)
        organizer = vCalAddress(f"mailto:{self.organizer}")
        organizer.params["CN"] = "Kinline"
        event.add("organizer", organizer)
        return event
