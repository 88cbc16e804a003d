"""What there is only so much of: places, rooms, the month's time, and people's own time."""

from domain.booking.rules.case import Case


def session_full(case: Case) -> str | None:
    """No more calls than stations. Where one-way stations are set apart, each kind has its own."""
    in_session = [place for place in case.others if place.session == case.command.session]
    if case.slot.one_way_stations:
        in_session = [place for place in in_session if place.video is case.video]
    one_way = case.slot.one_way_stations and case.video.value == "one_way"
    stations = case.slot.one_way_stations if one_way else case.slot.stations
    return "All places at this time are taken." if len(in_session) >= stations else None


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
