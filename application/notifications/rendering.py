"""From what was planned to words: the same plan always gives the same message."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from application.notifications.entry import Entry, Standing
from application.notifications.receipt import in_short, receipt
from application.notifications.texts import clock, day, text
from domain.clearance import Side
from domain.contact import Channel
from domain.notification.events import NotificationPlanned, Occasion

ENTERED: Mapping[Occasion, Standing] = {
    Occasion.CALL_BOOKED: Standing.BOOKED,
    Occasion.CALL_CHANGED: Standing.BOOKED,
    Occasion.CHANGE_UNDECIDED: Standing.UNDECIDED,
    Occasion.TAKEN_OFF: Standing.CANCELLED,
    Occasion.CALL_CANCELLED: Standing.CANCELLED,
    Occasion.REQUEST_REJECTED: Standing.CANCELLED,
    Occasion.REQUEST_LAPSED: Standing.CANCELLED,
    Occasion.REQUEST_WITHDRAWN: Standing.CANCELLED,
}
"""How the call then stands in its visitors' calendars."""


@dataclass(frozen=True)
class Addresses:
    """Where the pages are, and who messages are from."""

    pages: str  # https://calls.example, without a slash at its end
    sender: str  # an e-mail address

    def calls(self) -> str:
        """One's own calls."""
        return f"{self.pages}/my-calls"

    def messages(self) -> str:
        """One's own messages, and where they go."""
        return f"{self.pages}/my-messages"

    def appeals(self) -> str:
        """What was decided about oneself, and what is looked at again."""
        return f"{self.pages}/my-appeals"

    def receipt(self, call: str | None) -> str:
        """The receipt of a call."""
        return f"{self.pages}/calls/{call}/receipt"

    def entry(self, call: str | None) -> str:
        """The call's entry for a calendar."""
        return f"{self.pages}/v1/calls/{call}/calendar.ics"


@dataclass(frozen=True)
class Rendered:
    """A message without its address."""

    subject: str
    body: str
    entry: Entry | None


def render(planned: NotificationPlanned, addresses: Addresses, words: str | None = None) -> Rendered:
    """The message. `words`: what the prison wrote for its reader, opened for this purpose alone."""
    values = _values(planned, addresses, words)

    def say(key: str) -> str:
        return text(planned.language, planned.text_version, planned.occasion.value, key, **values)

    if planned.channel is Channel.SMS:
        return Rendered("", " ".join(say("sms").split()), None)
    footer = text(planned.language, planned.text_version, "shared", "footer", **values)
    body = f"{_without_gaps(say('email'))}\n\n{footer}\n"
    return Rendered(say("subject"), body, entry_of(planned, addresses))


def entry_of(planned: NotificationPlanned, addresses: Addresses) -> Entry | None:
    """What the message brings for the reader's calendar. Nothing is taken out that was never put in."""
    standing, said = ENTERED.get(planned.occasion), planned.said
    if standing is None or planned.call is None or said.starts_at is None or said.minutes is None:
        return None
    if standing is Standing.CANCELLED and said.changes == 0:
        return None
    return Entry(
        call=planned.call,
        standing=standing,
        starts_at=said.starts_at,
        minutes=said.minutes,
        prison=planned.prison or "",
        changes=said.changes,
        made_at=planned.at,
        language=planned.language,
        version=planned.text_version,
        link=addresses.calls(),
        organizer=addresses.sender,
    )


def _values(planned: NotificationPlanned, addresses: Addresses, words: str | None) -> dict[str, str]:
    said, language, version = planned.said, planned.language, planned.text_version
    links = {
        "calls_link": addresses.calls(),
        "messages_link": addresses.messages(),
        "appeals_link": addresses.appeals(),
        "receipt_link": addresses.receipt(planned.call),
        "entry_link": addresses.entry(planned.call),
    }

    def shared(key: str, **values: str) -> str:
        return text(language, version, "shared", key, **values)

    times = _times(planned)
    return {
        **links,
        **times,
        "was": shared("was", **times) if said.was_at else "",
        **_attended(planned),
        "minutes": str(said.minutes or ""),
        "prison": planned.prison or "",
        "because": text(language, version, "because", said.because) if said.because else "",
        "missing": "\n".join(text(language, version, "missing", each.value) for each in said.missing),
        "words": shared("words", words=words) if words else "",
        "calendar": shared("calendar", **links),
    }


def _times(planned: NotificationPlanned) -> dict[str, str]:
    said = planned.said
    moments: dict[str, datetime | None] = {"": said.starts_at, "was_": said.was_at, "until_": said.until}
    return {
        f"{name}{part}": said_as
        for name, moment in moments.items()
        for part, said_as in _day_and_time(moment, planned).items()
    }


def _day_and_time(moment: datetime | None, planned: NotificationPlanned) -> dict[str, str]:
    if moment is None:
        return {"day": "", "time": ""}
    zone = planned.said.zone
    return {
        "day": day(moment, zone, planned.language, planned.text_version),
        "time": clock(moment, zone),
    }


def _attended(planned: NotificationPlanned) -> dict[str, str]:
    """Only visitors are written to: the receipt is told from their side."""
    attended = planned.said.attendance
    if attended is None:
        return {"attendance": "", "attendance_short": ""}
    told = (attended, Side.VISITOR, planned.said.zone, planned.language, planned.text_version)
    return {"attendance": "\n".join(receipt(*told)), "attendance_short": in_short(*told)}


def _without_gaps(body: str) -> str:
    """At most one empty line in a row: what had nothing to say leaves none behind."""
    lines = [line.rstrip() for line in body.split("\n")]
    kept = [
        line for empty, group in groupby(lines, lambda line: not line) for line in ([""] if empty else group)
    ]
    return "\n".join(kept).strip()
