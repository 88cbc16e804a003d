"""What happens to the entry of a barred face."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime

from domain.event import Personal, PrisonEvent, Purpose

Words = Annotated[str | None, Personal(of="barred", purpose=Purpose.IDENTITY)]
"""Who it is and why, in words: under a key of the entry's own."""


class BarringBasis(StrEnum):
    """On what it rests that somebody may not be on calls with this person in prison."""

    COURT_ORDER = "court_order"  # such as a restraining or non-molestation order
    LICENCE_CONDITION = "licence_condition"
    PUBLIC_PROTECTION = "public_protection"  # contact that the prison's public protection measures forbid
    GOVERNOR_BAN = "governor_ban"  # of a visitor, after a decision that could be appealed


class FaceSource(StrEnum):
    """Where the photograph comes from. One from anywhere else is not taken."""

    PRISON_RECORD = "prison_record"
    POLICE = "police"
    COURT = "court"
    HANDED_IN = "handed_in"  # by the person themselves, as when they applied to visit


class OverBecause(StrEnum):
    """Why an entry is no longer in force."""

    TAKEN_OFF = "taken_off"
    LAPSED = "lapsed"  # its time was over


class _OfBarred(PrisonEvent):
    """An event of one entry, found by it and by the person in prison whom it is about."""

    TAGS: ClassVar = ("barred", "barred_from")
    barred: str
    barred_from: str  # the person in prison


class BarredFaceProposed(_OfBarred):
    """Somebody asks that this face be recognised on calls with one person in prison. Nothing is compared yet."""

    template: str  # vault reference
    engine: str
    face_side_px: int
    basis: BarringBasis
    source: FaceSource
    days: int
    proposed_by: str
    who: Words = None
    necessity: Words = None


class BarredFaceApproved(_OfBarred):
    """Another person signed it: calls that open from now on compare with this face."""

    template: str
    approved_by: str
    until: AwareDatetime  # from then on nothing is compared with it, noted or not
    consideration: Words = None


class BarredFaceRejected(_OfBarred):
    """It was not signed; the template is destroyed."""

    rejected_by: str
    reason: Words = None


class BarredFaceRemoved(_OfBarred):
    """It is no longer in force; the template is destroyed."""

    because: OverBecause
    removed_by: str | None  # None: its time was over
    reason: Words = None


Barring = BarredFaceProposed | BarredFaceApproved | BarredFaceRejected | BarredFaceRemoved
BARRING: tuple[type[Barring], ...] = (
    BarredFaceProposed,
    BarredFaceApproved,
    BarredFaceRejected,
    BarredFaceRemoved,
)
