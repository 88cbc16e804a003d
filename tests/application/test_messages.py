"""Messages in words: every occasion in both languages, times of the prison's clock, and nobody's name."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from application.notifications import texts
from application.notifications.receipt import receipt
from application.notifications.rendering import ENTERED, Addresses, render
from application.notifications.texts import NEWEST
from application.notifications.writer import too_late
from domain.appeal import AppealOutcome
from domain.attendance import Attendance, attendance
from domain.booking.events import AutoRejectedBecause, Outcome, RejectedBecause
from domain.clearance import Side
from domain.contact import Channel
from domain.event import Event
from domain.identity import IdentityRejectedBecause
from domain.lifecycle import CallCompleted, CallMinutesCredited, CallMissed, CallStarted, CallTerminated
from domain.notification.events import Missing, NotificationPlanned, Occasion, Said
from domain.relationship import LinkRejectedBecause
from domain.texts import Language
from domain.waiting_room.events import ParticipantAdmitted, ParticipantArrived, WaitingRoomOpened
from tests.facts import CALL, NOON, PRISON, PRISONER, VISITOR, fact

ADDRESSES = Addresses("https://calls.example", "no-reply@calls.example")
BECAUSE = [
    *RejectedBecause,
    *AutoRejectedBecause,
    *Outcome,
    *IdentityRejectedBecause,
    *LinkRejectedBecause,
    *AppealOutcome,
]
WAITED = [fact(WaitingRoomOpened, -900), fact(ParticipantArrived, -480, side=Side.VISITOR)]
HELD = [
    *WAITED,
    fact(ParticipantArrived, -300, side=Side.PRISONER),
    *(fact(ParticipantAdmitted, -60, side=side) for side in Side),
    fact(CallStarted, 0),
    fact(CallMinutesCredited, 900, seconds=120),
    fact(CallCompleted, 1800),
]


def plan(occasion: Occasion, **changes: Any) -> NotificationPlanned:
    said: dict[str, Any] = {
        "zone": "Europe/London",
        "starts_at": NOON,
        "minutes": 30,
        "was_at": NOON - timedelta(days=1),
        "until": NOON - timedelta(days=3),
        "changes": 2,
        "because": RejectedBecause.TIMETABLE.value,
        "missing": tuple(Missing),
        "attendance": attendance(HELD),
    }
    known = {name: changes.pop(name) for name in list(changes) if name in Said.model_fields}
    return fact(NotificationPlanned, -86_400, occasion=occasion, said=Said(**{**said, **known}), **changes)


@pytest.mark.parametrize("occasion", list(Occasion))
@pytest.mark.parametrize("language", list(Language))
def test_every_occasion_is_told_in_both_languages_by_both_ways(
    language: Language, occasion: Occasion
) -> None:
    mail = render(plan(occasion, language=language), ADDRESSES, "Bring another document")
    sms = render(plan(occasion, language=language, channel=Channel.SMS), ADDRESSES)
    assert mail.subject
    assert "https://calls.example/my-messages" in mail.body
    assert sms.subject == ""
    assert "\n" not in sms.body
    assert sms.body.startswith("Kinline: ")
    for text in (mail.subject, mail.body, sms.body):
        assert not re.search(r"[{}]|  |\n\n\n|None", text), text
        assert PRISONER not in text
        assert VISITOR not in text


def test_both_languages_have_the_same_texts_and_differ_in_them() -> None:
    assert texts.keys(Language.EN, NEWEST) == texts.keys(Language.CY, NEWEST)
    english, welsh = (
        render(plan(Occasion.CALL_BOOKED, language=language), ADDRESSES).body for language in Language
    )
    assert english != welsh


def test_every_version_of_the_texts_that_was_ever_sent_is_here() -> None:
    folders = sorted(int(folder.name) for folder in texts.FOLDER.iterdir())
    assert folders == list(range(1, NEWEST + 1))


@pytest.mark.parametrize("language", list(Language))
def test_every_reason_has_words(language: Language) -> None:
    for because in BECAUSE:
        assert texts.text(language, NEWEST, "because", because.value)


def test_reasons_that_would_tell_too_much_are_told_alike() -> None:
    for hidden, shown in (("security", "other"), ("released", "transferred")):
        assert texts.text(Language.EN, NEWEST, "because", hidden) == texts.text(
            Language.EN, NEWEST, "because", shown
        )


@pytest.mark.parametrize(
    ("starts_at", "english", "welsh"),
    [
        (NOON, "Monday 23 November 2026 at 12:00", "dydd Llun 23 Tachwedd 2026 am 12:00"),
        (
            datetime(2026, 6, 30, 23, 30, tzinfo=UTC),
            "Wednesday 1 July 2026 at 00:30",
            "dydd Mercher 1 Gorffennaf 2026 am 00:30",
        ),
    ],
)
def test_times_are_those_of_the_prisons_clock(starts_at: datetime, english: str, welsh: str) -> None:
    for language, words in ((Language.EN, english), (Language.CY, welsh)):
        said = render(plan(Occasion.CALL_BOOKED, language=language, starts_at=starts_at), ADDRESSES).body
        assert words in said


def test_what_the_prison_wrote_is_in_the_message_and_leaves_no_gap_where_it_wrote_nothing() -> None:
    planned = plan(Occasion.REQUEST_REJECTED)
    assert (
        "The prison wrote: “The room is being painted”"
        in render(planned, ADDRESSES, "The room is being painted").body
    )
    assert "The prison wrote" not in render(planned, ADDRESSES).body


def test_a_change_of_people_alone_does_not_speak_of_another_time() -> None:
    assert "Before, it was" in render(plan(Occasion.CALL_CHANGED), ADDRESSES).body
    assert "Before, it was" not in render(plan(Occasion.CALL_CHANGED, was_at=None), ADDRESSES).body


# The entry for a calendar


def entry(occasion: Occasion, **changes: Any) -> Any:
    made = render(plan(occasion, **changes), ADDRESSES).entry
    return None if made is None else Calendar.from_ical(made.content())


def test_an_entry_has_the_calls_id_and_time_and_names_nobody() -> None:
    calendar = entry(Occasion.CALL_BOOKED, changes=0)
    (event,) = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "PUBLISH"
    assert (str(event["UID"]), event["SEQUENCE"], event["STATUS"]) == (CALL, 0, "CONFIRMED")
    assert (event.start, event.end) == (NOON, NOON + timedelta(minutes=30))
    assert str(event["SUMMARY"]) == f"Video call ({PRISON})"
    text = calendar.to_ical().decode()
    assert PRISONER not in text
    assert VISITOR not in text
    assert "ATTENDEE" not in text


def test_each_change_of_an_entry_replaces_the_one_before() -> None:
    booked = entry(Occasion.CALL_BOOKED, changes=0)
    changed = entry(Occasion.CALL_CHANGED, changes=1, starts_at=NOON + timedelta(days=1))
    undecided = entry(Occasion.CHANGE_UNDECIDED, changes=2)
    cancelled = entry(Occasion.CALL_CANCELLED, changes=3)
    events = [calendar.walk("VEVENT")[0] for calendar in (booked, changed, undecided, cancelled)]
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2, 3]
    assert {str(event["UID"]) for event in events} == {CALL}
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert cancelled["METHOD"] == "CANCEL"


def test_what_was_never_in_a_calendar_is_not_taken_out() -> None:
    assert entry(Occasion.REQUEST_WITHDRAWN, changes=0) is None
    assert entry(Occasion.CALL_CANCELLED, changes=0) is None


@pytest.mark.parametrize("occasion", [Occasion.SANCTIONED, Occasion.APPEAL_DECIDED, Occasion.JOIN_RECEIPT])
def test_what_was_decided_about_a_call_is_told_after_it(occasion: Occasion) -> None:
    planned = plan(occasion)
    assert not too_late(planned, NOON + timedelta(days=1))
    assert too_late(planned, planned.at + timedelta(days=3))


@pytest.mark.parametrize("occasion", sorted(set(Occasion) - set(ENTERED)))
def test_other_messages_bring_no_entry(occasion: Occasion) -> None:
    assert entry(occasion) is None


# The receipt


def told(*facts: Event, reader: Side = Side.VISITOR) -> list[str]:
    return receipt(attendance(facts), reader, "Europe/London", Language.EN, NEWEST)


def test_a_receipt_tells_each_moment_in_order() -> None:
    assert told(*HELD) == [
        "The waiting room opened at 11:45.",
        "You arrived at 11:52.",
        "The other side arrived at 11:55.",
        "You were let in at 11:59.",
        "The other side was let in at 11:59.",
        "The call started at 12:00.",
        "You left at 12:30.",
        "The other side left at 12:30.",
        "The call ended at 12:30, after 30 min of talk.",
        "2 min of call time are given back.",
    ]


def test_whoever_waited_is_told_that_it_does_not_count_against_them() -> None:
    assert told(*WAITED, fact(CallMissed, 600))[-1].endswith(
        "You were there: this does not count against you."
    )
    both = [*WAITED, fact(ParticipantArrived, 60, side=Side.PRISONER), fact(CallMissed, 600)]
    assert "did not bring them together" in told(*both)[-1]


def test_each_side_is_told_from_where_it_stands() -> None:
    missed = (*WAITED, fact(CallMissed, 600))
    assert told(*missed, reader=Side.PRISONER)[-1].endswith("Nobody had come on your side.")
    assert told(fact(WaitingRoomOpened, -900), fact(CallMissed, 600))[-1].endswith("on either side.")


def test_an_officer_who_ended_a_call_is_not_hidden() -> None:
    assert told(*HELD[:-2], fact(CallTerminated, 90))[-1] == (
        "An officer ended the call at 12:01, after 1 min of talk."
    )


def test_a_call_of_which_nothing_is_known_has_an_empty_receipt() -> None:
    assert receipt(Attendance(), Side.VISITOR, "Europe/London", Language.EN, NEWEST) == []
