"""What happens to a concern."""

from enum import StrEnum

from domain.event import CallEvent
from domain.lifecycle import Written


class ConcernKind(StrEnum):
    """Who raised it."""

    HELP_ASKED = "help_asked"
    SEEN_BY_STAFF = "seen_by_staff"
    FOUND_BY_CHECKS = "found_by_checks"  # a face near to somebody barred


class ConcernAbout(StrEnum):
    """What staff saw or heard. Only people can judge these."""

    THREAT = "threat"
    CHILD_AT_RISK = "child_at_risk"
    COERCION = "coercion"
    SELF_HARM = "self_harm"
    OTHER = "other"


PAUSES = frozenset({ConcernAbout.THREAT, ConcernAbout.CHILD_AT_RISK})
"""Whoever sees one of these in a running call pauses it by saying so."""


class ReferredTo(StrEnum):
    """Who can help where the prison's own staff cannot, or must not alone."""

    POLICE = "police"
    CHILDRENS_SERVICES = "childrens_services"
    PRISON_SAFEGUARDING = "prison_safeguarding"
    HEALTH = "health"


class ConcernOutcome(StrEnum):
    """What came of it."""

    HELPED = "helped"  # what was needed was done here
    REFERRED = "referred"  # somebody else goes on with it
    NOTHING_FOUND = "nothing_found"  # looked into, and nothing was wrong
    BY_MISTAKE = "by_mistake"  # nobody meant to raise it


class ConcernRaised(CallEvent):
    """Somebody needs help; whoever asked for it stands first on the wall until the concern is taken up."""

    concern: str
    kind: ConcernKind
    raised_by: str | None  # None: the checks
    about: ConcernAbout | None = None  # None: whoever asked for help need not say, and the checks cannot
    note: Written = None


class ConcernAssigned(CallEvent):
    """Somebody answers for it from now on."""

    concern: str
    assigned_to: str
    assigned_by: str


class ConcernReferred(CallEvent):
    """Somebody outside the call was told of it."""

    concern: str
    referred_to: ReferredTo
    referred_by: str
    note: Written = None


class ConcernClosed(CallEvent):
    """Nothing more is to be done here."""

    concern: str
    outcome: ConcernOutcome
    closed_by: str
    note: Written = None
