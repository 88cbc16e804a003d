"""What is asked of people and their links."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from asyncpg import Connection

from domain.identity.events import DocumentKind
from domain.person import PersonKind
from domain.relationship.events import Relation
from projections.people.known import Evidence, EvidenceStatus, Known, KnownBy, Link, LinkStatus


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


async def approved_for(db: Connection, people: Sequence[str]) -> dict[str, list[str]]:
    """The visitors who may call each person in prison, wherever one of these people is on either side."""
    found = await db.fetch(
        """SELECT prisoner, visitor FROM people_links
           WHERE status = 'approved' AND (prisoner = ANY($1) OR visitor = ANY($1)) ORDER BY version""",
        list(people),
    )
    visitors: dict[str, list[str]] = {}
    for record in found:
        visitors.setdefault(record["prisoner"], []).append(record["visitor"])
    return visitors


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
