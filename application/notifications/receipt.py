"""The join receipt in words: when each side was there, told to one of them."""

from collections.abc import Iterator
from datetime import datetime

from application.notifications.texts import clock, text
from domain.attendance import Attendance, Ended, Presence
from domain.clearance import Side
from domain.lifecycle import CallOutcome, MissedBy
from domain.texts import Language


def receipt(attendance: Attendance, reader: Side, zone: str, language: Language, version: int) -> list[str]:
    """One sentence for each moment, in the order in which they came; the end of the call last."""
    moments = [
        ("opened", attendance.opened_at),
        *_presence("you", attendance.of(reader)),
        *_presence("other", attendance.of(reader.other)),
        ("started", attendance.started_at),
    ]
    known = sorted(((at, key) for key, at in moments if at is not None), key=lambda moment: moment[0])

    def say(key: str, **values: object) -> str:
        return text(language, version, "receipt", key, **values)

    return [
        *(say(key, time=clock(at, zone)) for at, key in known),
        *(say(key, **values) for key, values in _end(attendance, reader, zone)),
    ]


def in_short(attendance: Attendance, reader: Side, zone: str, language: Language, version: int) -> str:
    """What matters most: how it ended."""
    return receipt(attendance.model_copy(update={"credited_s": 0}), reader, zone, language, version)[-1]


def _presence(who: str, presence: Presence) -> list[tuple[str, datetime | None]]:
    return [
        (f"{who}_arrived", presence.arrived_at),
        (f"{who}_admitted", presence.admitted_at),
        (f"{who}_left", presence.left_at),
    ]


def _end(attendance: Attendance, reader: Side, zone: str) -> Iterator[tuple[str, dict[str, object]]]:
    if attendance.ended is not None and attendance.ended_at is not None:
        minutes = round(attendance.talk_s / 60)
        yield _how(attendance, reader), {"time": clock(attendance.ended_at, zone), "minutes": minutes}
    if attendance.credited_s >= 60:
        yield "credited", {"minutes": attendance.credited_s // 60}


def _how(attendance: Attendance, reader: Side) -> str:
    if attendance.outcome is CallOutcome.ESTABLISHMENT_ENDED:
        return "by_prison"
    if attendance.ended is not Ended.MISSED:
        return str(attendance.ended)
    if attendance.missed_by is MissedBy.ESTABLISHMENT:
        return "missed_by_prison"
    match attendance.absent:
        case ():
            return "missed_by_nobody"
        case (only,):
            return "missed_by_you" if only is reader else "missed_by_other"
        case _:
            return "missed_by_both"
