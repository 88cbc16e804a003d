"""People and their links: who asks to call whom and what the prison answered, and how far each is known.

For staff who decide on links and on evidence of identity, and for whoever looks up one person. It holds no
name and no picture: those are opened one by one, for whoever may see them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from asyncpg import Connection

from application.ports import Recorded
from domain.enrolment.events import (
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    NonBiometricRouteChosen,
)
from domain.event import Event
from domain.identity.events import (
    DocumentKind,
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityVerified,
)
from domain.person import ParticipantAdded, PersonKind, PersonRegistered
from domain.prisoner.events import PrisonerReceived, PrisonerTransferred
from domain.relationship.events import (
    Relation,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)

NAME = "people"
VERSION = 1
AUDIT = False

TABLES = """
CREATE TABLE persons (
    person text PRIMARY KEY,
    kind text,
    prison text,
    known_since timestamptz,
    bookers text[] NOT NULL DEFAULT '{}',
    guardian text,
    consent boolean NOT NULL DEFAULT false,
    without_face boolean NOT NULL DEFAULT false,
    templates text[] NOT NULL DEFAULT '{}'
);
CREATE TABLE links (
    prisoner text NOT NULL,
    visitor text NOT NULL,
    prison text NOT NULL,
    status text NOT NULL,
    relation text,
    booker text,
    asked_at timestamptz,
    answered_at timestamptz,
    answered_by text,
    because text,
    version bigint NOT NULL,
    PRIMARY KEY (prisoner, visitor)
);
CREATE INDEX ON links (prison, asked_at, prisoner, visitor) WHERE status = 'requested';
CREATE INDEX ON links (visitor);
CREATE TABLE evidence (
    person text PRIMARY KEY,
    evidence text NOT NULL,
    prison text NOT NULL,
    document_kind text NOT NULL,
    selfie boolean NOT NULL,
    distance integer,
    threshold integer,
    submitted_by text NOT NULL,
    submitted_at timestamptz NOT NULL,
    status text NOT NULL,
    answered_at timestamptz,
    answered_by text,
    because text,
    version bigint NOT NULL
);
CREATE INDEX ON evidence (prison, submitted_at, person) WHERE status = 'waiting';
"""

EVENTS: tuple[type[Event], ...] = (
    PersonRegistered,
    ParticipantAdded,
    GuardianVouchedForChild,
    BiometricConsentGiven,
    BiometricConsentWithdrawn,
    NonBiometricRouteChosen,
    FaceTemplateEnrolled,
    FaceTemplateRetired,
    PrisonerReceived,
    PrisonerTransferred,
    VisitorLinkRequested,
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorUnapproved,
    IdentityEvidenceSubmitted,
    IdentityVerified,
    IdentityRejected,
)


class LinkStatus(StrEnum):
    """What became of a link."""

    REQUESTED = "requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    ENDED = "ended"


class EvidenceStatus(StrEnum):
    """What became of evidence of identity."""

    NONE = "none"
    WAITING = "waiting"
    VERIFIED = "verified"
    REJECTED = "rejected"


class KnownBy(StrEnum):
    """By what somebody is known on a call."""

    FACE = "face"
    STAFF = "staff"  # the way without biometrics: staff check
    NOTHING = "nothing"


@dataclass(frozen=True)
class Known:
    """What is known of a person; None where nobody said."""

    person: str
    kind: PersonKind | None
    prison: str | None  # where they were registered; None for visitors
    known_since: datetime | None
    bookers: tuple[str, ...]  # who answer for them
    guardian: str | None
    consent: bool
    known_by: KnownBy
    identity: EvidenceStatus


@dataclass(frozen=True)
class Link:
    """One pair, with what is known of the visitor. `version` is the position of the newest event about it."""

    prisoner: str
    visitor: str
    prison: str  # that holds the person in prison, or held them last: it decides
    status: LinkStatus
    relation: Relation | None  # None: staff approved it unasked
    booker: str | None
    asked_at: datetime | None
    answered_at: datetime | None
    answered_by: str | None
    because: str | None
    version: int
    of_visitor: Known


@dataclass(frozen=True)
class Evidence:
    """The newest evidence of a person. The distance is of the selfie to the document's face, 1/10,000."""

    person: str
    evidence: str
    prison: str
    document_kind: DocumentKind
    selfie: bool
    distance: int | None  # None: not compared
    threshold: int | None
    submitted_by: str
    submitted_at: datetime
    status: EvidenceStatus
    answered_at: datetime | None
    answered_by: str | None
    because: str | None
    version: int

    @property
    def differs(self) -> bool | None:
        """Whether the two faces are too far apart to be one person's; None: not compared."""
        if self.distance is None or self.threshold is None:
            return None
        return self.distance > self.threshold


@dataclass(frozen=True)
class Approved:
    """A visitor who may call somebody in prison, and the prison that holds them, or held them last."""

    prisoner: str
    visitor: str
    prison: str


async def project(db: Connection, recorded: Recorded[Any]) -> None:
    """Take one event in."""
    event, position = recorded.event, recorded.position
    match event:
        case VisitorLinkRequested() | RelationshipApproved() | VisitorLinkRejected() | VisitorUnapproved():
            await _linked(db, event, position)
        case IdentityEvidenceSubmitted():
            await _submitted(db, event, position)
        case IdentityVerified(verified_by=by):
            await _decided(db, event, EvidenceStatus.VERIFIED, by, None, position)
        case IdentityRejected(rejected_by=by, because=because):
            await _decided(db, event, EvidenceStatus.REJECTED, by, because.value, position)
        case PrisonerReceived(person=person, prison=prison):
            await db.execute(_MOVE, person, prison)
        case PrisonerTransferred(person=person, to_prison=prison):
            await db.execute(_MOVE, person, prison)
        case _:
            await _person(db, event)


async def _person(db: Connection, event: Any) -> None:
    match event:
        case PersonRegistered(person=person, kind=kind, prison=prison, at=at):
            await db.execute(_REGISTER, person, kind.value, prison, at)
        case ParticipantAdded(person=person, booker=booker):
            await db.execute(_ANSWERS, person, booker)
        case GuardianVouchedForChild(person=person, guardian=guardian):
            await db.execute(_VOUCH, person, guardian)
        case BiometricConsentGiven(person=person):
            await db.execute(_CONSENT, person, True, False)
        case BiometricConsentWithdrawn(person=person):
            await db.execute(_CONSENT, person, False, False)
        case NonBiometricRouteChosen(person=person):
            await db.execute(_CONSENT, person, False, True)
        case FaceTemplateEnrolled(person=person, template=template):
            await db.execute(_ENROL, person, template)
        case FaceTemplateRetired(person=person, template=template):
            await db.execute(_RETIRE, person, template)
        case _:
            return  # of no interest here


async def _linked(
    db: Connection,
    event: VisitorLinkRequested | RelationshipApproved | VisitorLinkRejected | VisitorUnapproved,
    position: int,
) -> None:
    pair = (event.prisoner, event.visitor, event.prison)
    match event:
        case VisitorLinkRequested(booker=booker, relation=relation, at=at):
            await db.execute(_ASK, *pair, relation.value, booker, at, position)
        case RelationshipApproved(approved_by=by, at=at):
            await db.execute(_ANSWER, *pair, LinkStatus.APPROVED.value, at, by, None, position)
        case VisitorLinkRejected(rejected_by=by, because=because, at=at):
            await db.execute(_ANSWER, *pair, LinkStatus.REJECTED.value, at, by, because.value, position)
        case VisitorUnapproved(unapproved_by=by, at=at):
            await db.execute(_ANSWER, *pair, LinkStatus.ENDED.value, at, by, None, position)


async def _submitted(db: Connection, event: IdentityEvidenceSubmitted, position: int) -> None:
    await db.execute(
        _SUBMIT,
        event.person,
        event.evidence,
        event.prison,
        event.document_kind.value,
        event.selfie is not None,
        event.distance,
        event.threshold,
        event.submitted_by,
        event.at,
        position,
    )


async def _decided(
    db: Connection,
    event: IdentityVerified | IdentityRejected,
    status: EvidenceStatus,
    by: str,
    because: str | None,
    position: int,
) -> None:
    await db.execute(_DECIDE, event.person, event.evidence, status.value, event.at, by, because, position)


_REGISTER = """
INSERT INTO persons (person, kind, prison, known_since) VALUES ($1, $2, $3, $4)
ON CONFLICT (person) DO UPDATE SET kind = $2, prison = $3, known_since = $4
"""
_ANSWERS = """
INSERT INTO persons (person, bookers) VALUES ($1, ARRAY[$2])
ON CONFLICT (person) DO UPDATE SET bookers = array_append(array_remove(persons.bookers, $2), $2)
"""
_VOUCH = """
INSERT INTO persons (person, guardian) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET guardian = $2
"""
_CONSENT = """
INSERT INTO persons (person, consent, without_face) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET consent = $2, without_face = $3
"""
_ENROL = """
INSERT INTO persons (person, templates) VALUES ($1, ARRAY[$2])
ON CONFLICT (person) DO UPDATE SET templates = array_append(array_remove(persons.templates, $2), $2),
                                   without_face = false
"""
_RETIRE = "UPDATE persons SET templates = array_remove(templates, $2) WHERE person = $1"
_ASK = """
INSERT INTO links (prisoner, visitor, prison, status, relation, booker, asked_at, version)
VALUES ($1, $2, $3, 'requested', $4, $5, $6, $7)
ON CONFLICT (prisoner, visitor) DO UPDATE
SET prison = $3, status = 'requested', relation = $4, booker = $5, asked_at = $6, answered_at = NULL,
    answered_by = NULL, because = NULL, version = $7
"""
_ANSWER = """
INSERT INTO links (prisoner, visitor, prison, status, answered_at, answered_by, because, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (prisoner, visitor) DO UPDATE
SET prison = $3, status = $4, answered_at = $5, answered_by = $6, because = $7, version = $8
"""
_MOVE = "UPDATE links SET prison = $2 WHERE prisoner = $1"
_SUBMIT = """
INSERT INTO evidence (person, evidence, prison, document_kind, selfie, distance, threshold, submitted_by,
                      submitted_at, status, version)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', $10)
ON CONFLICT (person) DO UPDATE
SET evidence = $2, prison = $3, document_kind = $4, selfie = $5, distance = $6, threshold = $7,
    submitted_by = $8, submitted_at = $9, status = 'waiting', answered_at = NULL, answered_by = NULL,
    because = NULL, version = $10
"""
_DECIDE = """
UPDATE evidence SET status = $3, answered_at = $4, answered_by = $5, because = $6, version = $7
WHERE person = $1 AND evidence = $2
"""


# The questions


async def links_to_decide(
    db: Connection,
    prison: str,
    *,
    after: tuple[datetime, str, str] | None = None,
    limit: int = 50,
) -> list[Link]:
    """The links that wait for the prison, the one that waits longest first.

    `after`: when the last one told was asked for, its prisoner and its visitor.
    """
    asked_at, prisoner, visitor = after or (None, "", "")
    found = await db.fetch(
        f"""{_LINKS} WHERE link.prison = $1 AND link.status = 'requested'
              AND ($2::timestamptz IS NULL OR (link.asked_at, link.prisoner, link.visitor) > ($2, $3, $4))
            ORDER BY link.asked_at, link.prisoner, link.visitor LIMIT $5""",
        prison,
        asked_at,
        prisoner,
        visitor,
        limit,
    )
    return [_link(record) for record in found]


async def links_of(db: Connection, person: str, prison: str) -> list[Link]:
    """Every link of a person that this prison decides on, the newest first."""
    found = await db.fetch(
        f"""{_LINKS} WHERE link.prison = $2 AND (link.prisoner = $1 OR link.visitor = $1)
            ORDER BY link.version DESC""",
        person,
        prison,
    )
    return [_link(record) for record in found]


async def approved_for(db: Connection, people: Sequence[str]) -> list[Approved]:
    """Who may call whom, wherever one of these people is on either side; whoever may longest first."""
    found = await db.fetch(
        """SELECT prisoner, visitor, prison FROM people_links
           WHERE status = 'approved' AND (prisoner = ANY($1) OR visitor = ANY($1)) ORDER BY version""",
        list(people),
    )
    return [Approved(**record) for record in found]


async def evidence_to_decide(
    db: Connection, prison: str, *, after: tuple[datetime, str] | None = None, limit: int = 50
) -> list[Evidence]:
    """The evidence of identity that waits for the prison, the one that waits longest first.

    `after`: when the last one told was handed in, and its person.
    """
    submitted_at, person = after or (None, "")
    found = await db.fetch(
        """SELECT * FROM people_evidence WHERE prison = $1 AND status = 'waiting'
             AND ($2::timestamptz IS NULL OR (submitted_at, person) > ($2, $3))
           ORDER BY submitted_at, person LIMIT $4""",
        prison,
        submitted_at,
        person,
        limit,
    )
    return [_evidence(record) for record in found]


async def evidence_of(db: Connection, person: str) -> Evidence | None:
    """The newest evidence of a person."""
    found = await db.fetchrow("SELECT * FROM people_evidence WHERE person = $1", person)
    return None if found is None else _evidence(found)


async def known(db: Connection, person: str) -> Known | None:
    """What is known of a person; None: there is nobody with this id."""
    found = await db.fetchrow(_KNOWN, person)
    return None if found is None else _known(found)


async def people_waiting(db: Connection, prison: str) -> int:
    """How many links and how much evidence wait for the prison."""
    counted = """
        SELECT (SELECT count(*) FROM people_links WHERE prison = $1 AND status = 'requested')
             + (SELECT count(*) FROM people_evidence WHERE prison = $1 AND status = 'waiting')
    """
    return int(await db.fetchval(counted, prison))


_OF_PERSON = """
known.kind AS of_kind, known.prison AS of_prison, known.known_since, coalesce(known.bookers, '{}') AS bookers,
       known.guardian, coalesce(known.consent, false) AS consent,
       coalesce(known.without_face, false) AS without_face,
       coalesce(cardinality(known.templates), 0) AS templates, coalesce(shown.status, 'none') AS identity
"""
_LINKS = f"""
SELECT link.*, {_OF_PERSON}
FROM people_links AS link
LEFT JOIN people_persons AS known ON known.person = link.visitor
LEFT JOIN people_evidence AS shown ON shown.person = link.visitor
"""  # noqa: S608 - constants of ours
_KNOWN = f"""
SELECT known.person AS visitor, {_OF_PERSON}
FROM people_persons AS known LEFT JOIN people_evidence AS shown ON shown.person = known.person
WHERE known.person = $1
"""  # noqa: S608 - constants of ours


def _known(record: Mapping[str, Any]) -> Known:
    return Known(
        person=record["visitor"],
        kind=None if record["of_kind"] is None else PersonKind(record["of_kind"]),
        prison=record["of_prison"],
        known_since=record["known_since"],
        bookers=tuple(record["bookers"]),
        guardian=record["guardian"],
        consent=record["consent"],
        known_by=_known_by(record),
        identity=EvidenceStatus(record["identity"]),
    )


def _known_by(record: Mapping[str, Any]) -> KnownBy:
    if record["templates"]:
        return KnownBy.FACE
    return KnownBy.STAFF if record["without_face"] else KnownBy.NOTHING


def _link(record: Mapping[str, Any]) -> Link:
    fields = {name: record[name] for name in Link.__dataclass_fields__ if name != "of_visitor"}
    relation = record["relation"]
    return Link(
        **{
            **fields,
            "status": LinkStatus(record["status"]),
            "relation": None if relation is None else Relation(relation),
        },
        of_visitor=_known(record),
    )


def _evidence(record: Mapping[str, Any]) -> Evidence:
    fields = {name: record[name] for name in Evidence.__dataclass_fields__}
    return Evidence(
        **{
            **fields,
            "document_kind": DocumentKind(record["document_kind"]),
            "status": EvidenceStatus(record["status"]),
        }
    )
