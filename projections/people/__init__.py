"""People and their links: who asks to call whom and what the prison answered, and how far each is known.

For staff who decide on links and on evidence of identity, and for whoever looks up one person. It holds no
name and no picture: those are opened one by one, for whoever may see them.
"""

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
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityVerified,
)
from domain.person import ParticipantAdded, PersonRegistered
from domain.prisoner.events import PrisonerReceived, PrisonerTransferred
from domain.relationship.events import (
    RelationshipApproved,
    VisitorLinkRejected,
    VisitorLinkRequested,
    VisitorUnapproved,
)
from projections.people.known import Evidence, EvidenceStatus, Known, KnownBy, Link, LinkStatus
from projections.people.questions import (
    approved_for,
    evidence_of,
    evidence_to_decide,
    known,
    links_of,
    links_to_decide,
    people_waiting,
)

__all__ = [
    "AUDIT",
    "EVENTS",
    "NAME",
    "TABLES",
    "VERSION",
    "Evidence",
    "EvidenceStatus",
    "Known",
    "KnownBy",
    "Link",
    "LinkStatus",
    "approved_for",
    "evidence_of",
    "evidence_to_decide",
    "known",
    "links_of",
    "links_to_decide",
    "people_waiting",
    "project",
]

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
