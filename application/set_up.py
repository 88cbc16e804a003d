"""Setting up a prison and one call through the real commands: for demonstrations, rehearsals and newcomers.

No rule is skipped: the policy that lets a call begin at once is a published policy like any other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from uuid import UUID, uuid4

from application.conductor import template_bytes
from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore, Vault
from domain import booking, enrolment, person, policy, relationship, timetable
from domain.booking import BookCall
from domain.decider import Decider
from domain.enrolment import EnrolFace, LawfulBasis
from domain.event import Command, Purpose
from domain.person import PersonKind, RegisterPerson
from domain.policy import Policy, PublishPolicy
from domain.relationship import ApproveRelationship
from domain.timetable import OpenSession, Starts

AT_ONCE: Mapping[str, Any] = {
    "booking": {"notice_days_min": 0, "approval": "auto", "minutes_a_month": 44_640},
    "waiting_room": {"opens_before_s": 900},
}
"""Changes to the default policy that let a call be booked and held at once."""

SESSION_MINUTES = 60


@dataclass(frozen=True)
class Template:
    """What a photograph became."""

    vector: tuple[float, ...]
    engine: str
    face_side_px: int


class Enroller(Protocol):
    """Turns a photograph into a template."""

    def template(self, photograph: bytes) -> Template:
        """Raises ValueError with a sentence: no face, more than one, unreadable."""


@dataclass(frozen=True)
class Somebody:
    """A person to be registered, with the photographs by which they will be known; none: they are counted."""

    name: str
    photographs: Sequence[bytes] = ()
    prisoner_number: str | None = None


@dataclass(frozen=True)
class Cast:
    """Who was set up, by random id."""

    prison: str
    prisoner: str
    visitors: tuple[str, ...]
    officer: str
    call: str


@dataclass(frozen=True)
class SetUp:
    """Sends the commands of somebody who sets a prison up."""

    store: EventStore
    vault: Vault
    enroller: Enroller
    index: Callable[[str], str]
    now: Callable[[], datetime]
    corr: UUID = field(default_factory=uuid4)

    async def prison(self, code: str, changes: Mapping[str, Any]) -> str:
        """Publish the prison's first policy, as the named person who sets it up. Returns an officer's id."""
        officer = uuid4().hex
        command = PublishPolicy(at=self.now(), prison=code, document=dict(changes), published_by="bootstrap")
        await self._do(policy, command, "bootstrap")
        await self._register(officer, PersonKind.STAFF, code, Somebody("Duty officer"))
        return officer

    async def call(
        self, prison: str, officer: str, prisoner: Somebody, visitors: Sequence[Somebody], zone: str, minutes: int
    ) -> Cast:
        """Register and enrol everybody, approve them, open a session that starts when they are admitted, book."""
        held = uuid4().hex
        await self._register(held, PersonKind.PRISONER, prison, prisoner)
        await self._enrol(held, prisoner, LawfulBasis.PRISON_RECORD, officer)
        coming = [await self._visitor(visitor, prison, held, officer) for visitor in visitors]
        session, starts_at = uuid4().hex, self.now() + timedelta(seconds=1)
        opened = OpenSession(
            at=self.now(),
            prison=prison,
            session=session,
            starts_at=starts_at,
            minutes=SESSION_MINUTES,
            stations=1,
            starts=Starts.WHEN_ADMITTED,
        )
        await self._do(timetable, opened, officer)
        call = uuid4().hex
        booked = BookCall(
            at=self.now(),
            call=call,
            prison=prison,
            session=session,
            starts_at=starts_at,
            zone=zone,
            minutes=minutes,
            prisoner=held,
            visitors=tuple(coming),
            requested_by=coming[0],
        )
        await self._do(booking, booked, coming[0], ActorKind.PUBLIC)
        return Cast(prison, held, tuple(coming), officer, call)

    async def _visitor(self, visitor: Somebody, prison: str, prisoner: str, officer: str) -> str:
        ident = uuid4().hex
        await self._register(ident, PersonKind.VISITOR, None, visitor)
        await self._enrol(ident, visitor, LawfulBasis.CONSENT, officer)
        approved = ApproveRelationship(
            at=self.now(), prison=prison, prisoner=prisoner, visitor=ident, approved_by=officer
        )
        await self._do(relationship, approved, officer)
        return ident

    async def _register(self, ident: str, kind: PersonKind, prison: str | None, who: Somebody) -> None:
        number = who.prisoner_number
        command = RegisterPerson(
            at=self.now(),
            person=ident,
            kind=kind,
            prison=prison,
            name=who.name,
            prisoner_number=number,
            number_index=self.index(number) if number else None,
        )
        await self._do(person, command, "bootstrap")

    async def _enrol(self, ident: str, who: Somebody, basis: LawfulBasis, officer: str) -> None:
        for photograph in who.photographs:
            template = self.enroller.template(photograph)
            content = template_bytes(template.vector)
            reference = await self.vault.put(ident, Purpose.BIOMETRICS, "template", content)
            command = EnrolFace(
                at=self.now(),
                person=ident,
                template=reference,
                photograph=f"sha256:{sha256(photograph).hexdigest()}",
                engine=template.engine,
                lawful_basis=basis,
                face_side_px=template.face_side_px,
            )
            await self._do(enrolment, command, officer)

    async def _do(
        self, decider: Decider[Any, Any, Any], command: Command, actor: str, kind: ActorKind = ActorKind.STAFF
    ) -> None:
        await handle(self.store, decider, command, Context(Actor(kind, actor), uuid4(), self.corr))


def policy_of(changes: Mapping[str, Any], base: Mapping[str, Any]) -> Policy:
    """The default policy with `base` and then `changes` laid over it. Raises ValueError with a sentence."""
    return Policy().merged(base).merged(changes)
