"""Setting up a prison and one call through the real commands: for demonstrations, rehearsals and newcomers.

No rule is skipped: the policy that lets a call begin at once is a published policy like any other. Setting the
same cast up again does nothing again: a demonstration that is started anew goes on where it was.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore, FaceEnroller, Vault
from application.templates import put_away
from domain import barring, booking, contact, enrolment, identity, person, policy, relationship, timetable
from domain.barring.commands import ApproveBarred, ProposeBarred
from domain.barring.events import BarringBasis, FaceSource
from domain.booking.commands import BookCall
from domain.booking.events import CallBooked, CallRequested
from domain.calendar import age_on, local_day, local_month
from domain.contact import GiveContactDetails
from domain.decider import Decider, about
from domain.enrolment import EnrolFace, GiveConsent, LawfulBasis
from domain.event import Command
from domain.identity import GuardianRelation, VouchForChild
from domain.person import PersonKind, RegisterPerson
from domain.policy import Policy, PublishPolicy
from domain.relationship import ApproveRelationship
from domain.texts import Language
from domain.timetable.commands import OpenSession, PublishTemplate
from domain.timetable.events import CallType, Starts

AT_ONCE: Mapping[str, Any] = {
    "booking": {"notice_days_min": 0, "approval": "auto", "minutes_a_month": 44_640},
    "waiting_room": {"opens_before_s": 28 * 86_400},
    "people": {"identity_required": False},
    "call_types": {
        "social": {"evidence_pictures": True},
        "legal": {"notice_days_min": 0},
        "probation": {"notice_days_min": 0},
        "interview": {"notice_days_min": 0, "approved_by_rule": True},
    },
}
"""Changes to the default policy that let a call be booked and held at once."""

SESSION_MINUTES = 60
DAILY = ("10:00", "18:00")
NEXT_MONTH = timedelta(days=28)  # no call is booked further ahead
BOOTSTRAP = "bootstrap"  # the named actor of a prison's first policy


@dataclass(frozen=True)
class Somebody:
    """A person to be registered, with the photographs by which they will be known; none: they are counted."""

    name: str
    photographs: Sequence[bytes] = ()
    prisoner_number: str | None = None
    born: date = date(1980, 1, 1)


@dataclass(frozen=True)
class Cast:
    """Who and what is set up, by random id, fixed beforehand so that sign-in links can name them."""

    prison: str
    visitors: tuple[str, ...]
    prisoner: str = field(default_factory=lambda: uuid4().hex)
    officer: str = field(default_factory=lambda: uuid4().hex)
    call: str = field(default_factory=lambda: uuid4().hex)

    def again(self) -> "Cast":
        """The same people in another call."""
        return replace(self, call=uuid4().hex)

    @classmethod
    def of(cls, prison: str, visitors: int) -> "Cast":
        """A cast with so many visitors."""
        return cls(prison, tuple(uuid4().hex for _ in range(visitors)))


@dataclass(frozen=True)
class SetUp:
    """Sends the commands of somebody who sets a prison up."""

    store: EventStore
    vault: Vault
    enroller: FaceEnroller
    index: Callable[[str], str]
    now: Callable[[], datetime]
    corr: UUID = field(default_factory=uuid4)

    async def prison(self, cast: Cast, changes: Mapping[str, Any]) -> None:
        """Publish the prison's first policy, as the named person who sets it up, and register an officer."""
        command = PublishPolicy(
            at=self.now(), prison=cast.prison, document=dict(changes), published_by=BOOTSTRAP
        )
        await self._do(policy, command, cast.officer, BOOTSTRAP)
        await self._register(cast.officer, PersonKind.STAFF, cast.prison, Somebody("Duty officer"))

    async def people(self, cast: Cast, prisoner: Somebody, visitors: Sequence[Somebody]) -> None:
        """Register and enrol everybody, and approve that they call each other."""
        await self._register(cast.prisoner, PersonKind.PRISONER, cast.prison, prisoner)
        await self._enrol(cast, cast.prisoner, prisoner, LawfulBasis.PRISON_RECORD)
        for ident, visitor in zip(cast.visitors, visitors, strict=True):
            await self._visitor(cast, ident, visitor)
            if age_on(self.now().date(), visitor.born) < Policy().booking.adult_age:
                await self._vouched_for(cast, ident, visitor, visitors[0])

    async def contact(self, cast: Cast, email: str, language: Language) -> None:
        """Let every visitor be written to at one address."""
        for visitor in cast.visitors:
            command = GiveContactDetails(
                at=self.now(), person=visitor, given_by=visitor, email=email, language=language
            )
            await self._do(contact, command, visitor, visitor, ActorKind.PUBLIC)

    async def timetable(self, cast: Cast) -> None:
        """Let calls be booked at two times of every day."""
        for weekday in range(7):
            for starts in DAILY:
                template = f"{cast.prison}-{weekday}-{starts.replace(':', '')}"
                command = PublishTemplate(
                    at=self.now(),
                    prison=cast.prison,
                    template=template,
                    weekday=weekday,
                    starts=starts,
                    minutes=SESSION_MINUTES,
                    first=self.now().date(),
                    stations=2,
                    published_by=cast.officer,
                )
                await self._do(timetable, command, template, cast.officer)

    async def call(
        self,
        cast: Cast,
        zone: str,
        minutes: int,
        call_type: CallType = CallType.SOCIAL,
        ages: Mapping[str, int] | None = None,
    ) -> None:
        """Open a session that starts when both sides are admitted, and book the cast's call in it.

        It has the first place between the calls that these people have already. `ages`: the visitors' on that day.
        """
        session, starts_at = uuid4().hex, await self._free_from(cast, zone, timedelta(minutes=minutes))
        opened = OpenSession(
            at=self.now(),
            prison=cast.prison,
            session=session,
            starts_at=starts_at,
            minutes=SESSION_MINUTES,
            stations=1,
            starts=Starts.WHEN_ADMITTED,
            timetable_day=(f"{cast.prison}/{local_day(starts_at, zone)}",),
        )
        await self._do(timetable, opened, session, cast.officer)
        booked = BookCall(
            at=self.now(),
            call=cast.call,
            prison=cast.prison,
            session=session,
            starts_at=starts_at,
            zone=zone,
            minutes=minutes,
            prisoner=cast.prisoner,
            visitors=cast.visitors,
            requested_by=cast.visitors[0],
            call_type=call_type,
            ages=ages or {},
        )
        await self._do(booking, booked, cast.call, cast.visitors[0], ActorKind.PUBLIC)

    async def barred(self, cast: Cast, photographs: Sequence[bytes]) -> None:
        """Faces that are barred from the prisoner's calls: proposed by the officer, signed by somebody else."""
        for photograph in photographs:
            ident = f"barred-{sha256(photograph).hexdigest()[:16]}"
            reference, template = await put_away(self.enroller, self.vault, ident, photograph)
            proposed = ProposeBarred(
                at=self.now(),
                barred=ident,
                prison=cast.prison,
                barred_from=cast.prisoner,
                template=reference,
                engine=template.engine,
                face_side_px=template.face_side_px,
                basis=BarringBasis.COURT_ORDER,
                source=FaceSource.COURT,
                days=1,
                proposed_by=cast.officer,
                who="Somebody in rehearsal",
                necessity="Set up for a rehearsal.",
            )
            await self._do(barring, proposed, ident, cast.officer)
            signed = ApproveBarred(
                at=self.now(),
                barred=ident,
                prison=cast.prison,
                approved_by=BOOTSTRAP,
                consideration="Set up for a rehearsal.",
            )
            await self._do(barring, signed, ident, BOOTSTRAP)

    async def _free_from(self, cast: Cast, zone: str, length: timedelta) -> datetime:
        """The first moment, now or later, from which the prisoner has no call for so long."""
        free = self.now() + timedelta(seconds=1)
        months = {local_month(at, zone) for at in (free, free + NEXT_MONTH)}
        places = (
            about(f"prisoner_month:{cast.prisoner}/{month}", CallRequested, CallBooked) for month in months
        )
        facts, _ = await self.store.read(tuple(places))
        for placed in sorted((fact.event for fact in facts), key=lambda event: event.starts_at):
            if placed.starts_at < free + length:
                free = max(free, placed.starts_at + timedelta(minutes=placed.minutes))
        return free

    async def _visitor(self, cast: Cast, ident: str, visitor: Somebody) -> None:
        await self._register(ident, PersonKind.VISITOR, None, visitor)
        if visitor.photographs:
            consent = GiveConsent(at=self.now(), person=ident, alternative_offered=True)
            await self._do(enrolment, consent, ident, ident, ActorKind.PUBLIC)
        await self._enrol(cast, ident, visitor, LawfulBasis.CONSENT)
        approved = ApproveRelationship(
            at=self.now(),
            prison=cast.prison,
            prisoner=cast.prisoner,
            visitor=ident,
            approved_by=cast.officer,
        )
        await self._do(relationship, approved, f"{cast.prisoner}/{ident}", cast.officer)

    async def _vouched_for(self, cast: Cast, child: str, registered: Somebody, lead: Somebody) -> None:
        today, guardian = self.now().date(), cast.visitors[0]
        command = VouchForChild(
            at=self.now(),
            child=child,
            guardian=guardian,
            relation=GuardianRelation.PARENT,
            child_age=age_on(today, registered.born),
            guardian_age=age_on(today, lead.born),
            prisons=(cast.prison,),
        )
        await self._do(identity, command, f"{guardian}/{child}", guardian, ActorKind.PUBLIC)

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
            date_of_birth=None if kind is PersonKind.STAFF else who.born,
        )
        await self._do(person, command, ident, BOOTSTRAP)

    async def _enrol(self, cast: Cast, ident: str, who: Somebody, basis: LawfulBasis) -> None:
        today = self.now().date()
        for photograph in who.photographs:
            reference, template = await put_away(self.enroller, self.vault, ident, photograph)
            command = EnrolFace(
                at=self.now(),
                person=ident,
                template=reference,
                photograph=f"sha256:{sha256(photograph).hexdigest()}",
                engine=template.engine,
                lawful_basis=basis,
                face_side_px=template.face_side_px,
                quality=template.quality,
                photographed_on=today if basis is LawfulBasis.PRISON_RECORD else None,
                age=age_on(today, who.born),
                prisons=(cast.prison,),
            )
            await self._do(enrolment, command, f"{ident}/{command.photograph}", cast.officer)

    async def _do(
        self,
        decider: Decider[Any, Any, Any],
        command: Command,
        about_what: str,
        actor: str,
        kind: ActorKind = ActorKind.STAFF,
    ) -> None:
        """Once for each `about_what`, which is made of random ids: the same again is the same command."""
        cmd = uuid5(NAMESPACE_URL, f"set-up/{type(command).__name__}/{about_what}")
        await handle(self.store, decider, command, Context(Actor(kind, actor), cmd, self.corr))


def policy_of(changes: Mapping[str, Any], base: Mapping[str, Any]) -> Policy:
    """The default policy with `base` and then `changes` laid over it. Raises ValueError with a sentence."""
    return Policy().merged(base).merged(changes)
