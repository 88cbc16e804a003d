"""Authorisations to monitor the calls of one person in prison: asked for, granted, reviewed, at their end."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime

from domain.event import CallEvent, Personal, PrisonEvent, Purpose
from domain.lifecycle import Written

Justified = Annotated[str | None, Personal(of="monitored", purpose=Purpose.MONITORING)]
"""Why somebody's calls are monitored, in words: stored under a key that can be destroyed by itself."""


class MonitoringKind(StrEnum):
    """What an authorisation is about. Each kind has its own longest time in the policy."""

    OFFENCE = "offence"
    INTELLIGENCE = "intelligence"
    RANDOM = "random"  # a person chosen by chance, as a share of all
    LEGAL_IMAGE_ONLY = "legal_image_only"  # the pictures of calls with a lawyer, never their sound


class Ground(StrEnum):
    """The grounds that the law knows (Prison Rules, rule 35A(4))."""

    NATIONAL_SECURITY = "national_security"
    CRIME = "crime"  # its prevention, detection, investigation or prosecution
    PUBLIC_SAFETY = "public_safety"
    GOOD_ORDER = "good_order"  # security, good order and discipline in the prison
    HEALTH_OR_MORALS = "health_or_morals"
    RIGHTS_OF_OTHERS = "rights_of_others"


class MonitoringReview(StrEnum):
    """What came of a review."""

    CONTINUE = "continue"
    END = "end"


class _OfAuthorisation(PrisonEvent):
    """An event of one authorisation, found by it and by the person whose calls it is about."""

    TAGS: ClassVar = ("authorisation", "monitored")
    authorisation: str
    monitored: str  # the person in prison


class MonitoringAsked(_OfAuthorisation):
    """An officer asks to monitor somebody's calls, and says why that is necessary and proportionate."""

    kind: MonitoringKind
    ground: Ground
    asked_by: str
    necessity: Justified = None
    proportionality: Justified = None


class MonitoringAuthorised(_OfAuthorisation):
    """Another person, with the right to do so, considered it and allowed it for a time."""

    kind: MonitoringKind
    ground: Ground
    asked_by: str
    authorised_by: str
    expires_at: AwareDatetime  # from then on nothing rests on it, noted or not
    consideration: Justified = None


class MonitoringRejected(_OfAuthorisation):
    """It was not allowed."""

    rejected_by: str
    reason: Justified = None


class MonitoringReviewed(_OfAuthorisation):
    """Somebody looked again: it goes on until a new moment, or is over."""

    result: MonitoringReview
    expires_at: AwareDatetime | None  # None: it is over
    reviewed_by: str
    reason: Justified = None


class MonitoringEnded(_OfAuthorisation):
    """It was taken back before its time."""

    ended_by: str
    reason: Justified = None


class MonitoringLapsed(_OfAuthorisation):
    """Its time was over and nobody had reviewed it. Noted for people; no rule waits for this."""


class MonitoringLogged(CallEvent):
    """What an officer watched or heard of a call, on which authorisation, and what came of it."""

    TAGS: ClassVar = ("call", "authorisation")
    authorisation: str | None  # None: a call that the prison's policy lets staff hear
    watched_from: AwareDatetime
    watched_to: AwareDatetime
    logged_by: str
    summary: Written = None


Authorising = (
    MonitoringAsked
    | MonitoringAuthorised
    | MonitoringRejected
    | MonitoringReviewed
    | MonitoringEnded
    | MonitoringLapsed
)
AUTHORISING: tuple[type[Authorising], ...] = (
    MonitoringAsked,
    MonitoringAuthorised,
    MonitoringRejected,
    MonitoringReviewed,
    MonitoringEnded,
    MonitoringLapsed,
)
