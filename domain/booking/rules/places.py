"""What there is only so much of: places, rooms, the month's time, and people's own time."""

from collections.abc import Iterable

from domain.booking.events import PlacedCall, Video
from domain.booking.rules.case import Case
from domain.lifecycle import CallExtended
from domain.timetable.slot import Slot


def session_full(case: Case) -> str | None:
    """No more calls than stations. Where one-way stations are set apart, each kind has its own."""
    free = has_station(case.slot, case.video, case.others, case.extended)
    return None if free else "All places at this time are taken."


def has_station(
    slot: Slot, video: Video, placed: Iterable[PlacedCall], extended: Iterable[CallExtended]
) -> bool:
    """Whether one more call fits in: beside those that are booked, and those that are given time from it."""
    one_way = video is Video.ONE_WAY
    apart = bool(slot.one_way_stations)
    booked = {p.call for p in placed if p.session == slot.session and (not apart or p.video is video)}
    longer = {e.call for e in extended if slot.session in e.session and (not apart or e.one_way is one_way)}
    stations = slot.one_way_stations if apart and one_way else slot.stations
    return len(booked | longer) < stations


def device_taken(case: Case) -> str | None:
    """A session that names its rooms has one free for the whole call."""
    if case.slot.devices and case.free_device() is None:
        return "All rooms at this time are taken."
    return None


def allowance(case: Case) -> str | None:
    """The month has enough call time left."""
    if not case.type_policy.counted or case.on_remand:
        return None
    has = case.policy.booking.minutes_a_month + case.given_minutes
    if case.used_minutes + case.command.minutes > has:
        return "There is not enough call time left this month."
    return None


def remand_week(case: Case) -> str | None:
    """Somebody on remand has so many calls a week, in place of the month's time."""
    if not case.type_policy.counted or not case.on_remand:
        return None
    booking, records = case.policy.booking, set(case.command.records)
    calls = sum(
        place.prisoner in records
        and place.counted
        and case.command.same_week(place.starts_at, booking.week_starts)
        for place in case.others
    )
    if calls >= booking.remand_calls_a_week:
        return f"There are already {calls} calls this week, and no more can be booked."
    return None


def double_booking(case: Case) -> str | None:
    """Nobody is on two calls at once."""
    people = {*case.command.records, *case.command.visitors}
    if any(people & {place.prisoner, *place.visitors} for place in case.overlapping()):
        return "Somebody on this call already has a call at this time."
    return None


def appointment(case: Case) -> str | None:
    """A court, a doctor or a lawyer goes before."""
    mine = (a for a in case.state.people.appointments.values() if a.prisoner in case.command.records)
    if any(case.overlaps(one.starts_at, one.minutes) for one in mine):
        return "This person has an appointment at this time. Please choose another time."
    return None
