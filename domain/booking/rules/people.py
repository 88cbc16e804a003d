"""Who may be on a call: the person in prison, the visitors, and what stands between them."""

from domain.booking.rules.case import Case
from domain.calendar import local_day
from domain.policy import Effect

NOT_APPROVED = "Somebody on this call is not yet approved for calls with this person."
BARRED = "A restriction does not allow this call. The prison can tell you more."


def prisoner_elsewhere(case: Case) -> str | None:
    """The prison holds the person."""
    if case.prisoner.prison != case.command.prison:
        return "This person is not held in this prison."
    return None


def prisoner_merged(case: Case) -> str | None:
    """Nobody is booked under a record that was merged into another."""
    if case.prisoner.merged_into is not None:
        return "This person is known by another record now. Please use that one."
    return None


def category(case: Case) -> str | None:
    """Some times are for people of some categories."""
    return _eligible(case.slot.categories, case.prisoner.category)


def incentive_level(case: Case) -> str | None:
    """Some times are for some incentive levels."""
    return _eligible(case.slot.incentive_levels, case.prisoner.incentive_level)


def location(case: Case) -> str | None:
    """Some times are for some wings."""
    place = case.prisoner.location or ""
    allowed = case.slot.locations
    if allowed and not any(place == wing or place.startswith(f"{wing}-") for wing in allowed):
        return "This time is not for the part of the prison where this person is held."
    return None


def visitor_twice(case: Case) -> str | None:
    """Each person is named once."""
    visitors = case.command.visitors
    return "Each person can be named once." if len(set(visitors)) != len(visitors) else None


def visitors_max(case: Case) -> str | None:
    """Not more people than the prison allows on the visitors' side."""
    most = case.policy.booking.visitors_max
    if len(case.command.visitors) > most:
        return f"At most {_people(most)} may take part on your side."
    return None


def adults_max(case: Case) -> str | None:
    """Not more adults than the prison allows."""
    most = case.policy.booking.adults_max
    if len(case.adults) > most:
        return f"At most {_count(most, 'adult', 'adults')} may take part on your side."
    return None


def children_max(case: Case) -> str | None:
    """Not more children than the prison allows."""
    most = case.policy.booking.children_max
    if len(case.children) > most:
        return f"At most {_count(most, 'child', 'children')} may take part on your side."
    return None


def lead_adult(case: Case) -> str | None:
    """An adult who is on the call answers for the visitors' side."""
    lead, least = case.lead, case.policy.booking.lead_age
    if lead is None or lead not in case.command.visitors or case.command.ages.get(lead, least) < least:
        return f"Somebody who is at least {least} years old has to take part and to answer for your side."
    return None


def relationship_missing(case: Case) -> str | None:
    """The prison approved that each visitor calls this person."""
    if not case.state.people.may_call(case.command.records, case.command.visitors):
        return NOT_APPROVED
    return None


def barred(case: Case) -> str | None:
    """No restriction and no sanction that holds on the day forbids the call."""
    return BARRED if Effect.REFUSE in case.effects else None


def guardian_missing(case: Case) -> str | None:
    """An adult vouches for each child."""
    if case.policy.people.guardian_required and not set(case.children) <= case.state.people.vouched:
        return "An adult has to vouch for each child before the child can take part."
    return None


def non_association(case: Case) -> str | None:
    """On one day there is no call with each of two people who must be kept apart."""
    if not case.type_policy.apart_matters:
        return None
    for place in case.others:
        if place.prisoner in case.apart and local_day(place.starts_at, case.command.zone) == case.command.day:
            return "This call cannot be held on this day. Please choose another day."
    return None


def _eligible(allowed: tuple[str, ...], has: str | None) -> str | None:
    if allowed and has not in allowed:
        return "This time is not open to this person. Please choose another time."
    return None


def _people(number: int) -> str:
    return _count(number, "person", "people")


def _count(number: int, one: str, more: str) -> str:
    return f"1 {one}" if number == 1 else f"{number} {more}"
