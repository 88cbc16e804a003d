"""The people of one prison: who is held and works there, their families, and what is known of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any

from application.ports import Actor, ActorKind
from application.seeding.names import GIVEN, STAFF, SURNAMES
from application.seeding.scale import ZONE, Scale
from application.seeding.step import SYSTEM, Script, staff
from application.templates import template_bytes
from domain.calendar import age_on, local_day
from domain.enrolment import ChooseNonBiometricRoute, EnrolFace, GiveConsent, LawfulBasis
from domain.identity import GuardianRelation, VouchForChild
from domain.person import PersonKind, RegisterPerson
from domain.policy import Policy
from domain.prisoner.decisions import TakeFact
from domain.prisoner.events import (
    AlertRaised,
    Conviction,
    NonAssociationRecorded,
    PrisonerFact,
    PrisonerProfileChanged,
    PrisonerReceived,
    ReceivedBecause,
)
from domain.relationship import ApproveRelationship
from domain.restriction import PlaceRestriction, RestrictionKind

ADULT_AGE = Policy().booking.adult_age
CALL_AT_ALL = 0.6  # of the people held
ENGINE = "invented/1"  # no photograph and no model: the vector is drawn from the seed
VECTOR = 128
ALERTS = ("C1", "XSA", "RKS", "XCSEA", "HA")  # those that ask for a person's decision, and one that does not
ALERTS_FOR_STAFF = frozenset(ALERTS) - {"HA"}


@dataclass(frozen=True)
class Somebody:
    """A person of the plan."""

    ident: str
    name: str
    born: date
    enrolled: bool = False  # known by a template; others are let in by staff


@dataclass(frozen=True)
class Held(Somebody):
    """A person in prison, with whoever may call them."""

    number: str = ""
    location: str = ""
    remand: bool = False
    alert: str | None = None
    adults: tuple[Somebody, ...] = ()
    children: tuple[Somebody, ...] = ()  # the first adult is their guardian
    lawyer: Somebody | None = None
    restriction: RestrictionKind | None = None  # of the first adult


@dataclass(frozen=True)
class Town:
    """One prison and everybody around it."""

    scale: Scale
    prison: str
    held: tuple[Held, ...]
    lawyers: tuple[Somebody, ...]
    workers: Mapping[str, str]  # role: id
    apart: Mapping[str, str] = field(default_factory=dict)  # who must be kept apart from whom

    @property
    def callers(self) -> tuple[Held, ...]:
        """The people held who call somebody."""
        return tuple(one for one in self.held if one.adults)


def town_of(scale: Scale, number: int, opened_on: date, random: Random) -> Town:
    """Draw the people of one prison."""
    prison = scale.prison(number)
    lawyers = tuple(_somebody(scale, (prison, "lawyer", n), opened_on, random, 28, 60) for n in range(3))
    held = tuple(_held(scale, prison, number, n, opened_on, random, lawyers) for n in range(scale.prisoners))
    pairs = [(held[n], held[n + 1]) for n in range(0, len(held) - 1, 20)]
    apart = {one.ident: other.ident for a, b in pairs for one, other in ((a, b), (b, a))}
    workers = {role: scale.ident(prison, "staff", role) for role in STAFF}
    return Town(scale, prison, held, lawyers, workers, apart)


def _somebody(
    scale: Scale,
    of: tuple[object, ...],
    day: date,
    random: Random,
    youngest: int,
    oldest: int,
    part: float = 0,
) -> Somebody:
    """Somebody of this age; `part`: how likely they are known by a template."""
    name = f"{random.choice(GIVEN)} {random.choice(SURNAMES)}"
    born = day - timedelta(days=random.randint(youngest * 366, oldest * 365))
    return Somebody(scale.ident(*of), name, born, random.random() < part)


def _held(
    scale: Scale,
    prison: str,
    number: int,
    n: int,
    day: date,
    random: Random,
    lawyers: tuple[Somebody, ...],
) -> Held:
    who = _somebody(scale, (prison, "held", n), day, random, 21, 65, 0.9)
    calls = random.random() < CALL_AT_ALL
    return Held(
        who.ident,
        who.name,
        who.born,
        who.enrolled,
        number=f"F{number:02}{n:04}F",  # no real number has this form
        location=f"{random.choice('ABC')}-{random.randint(1, 3)}-{n + 1:03}",
        remand=random.random() < 0.15,
        alert=random.choice(ALERTS) if random.random() < 0.15 else None,
        adults=tuple(
            _somebody(scale, (prison, "adult", n, m), day, random, 20, 75, 0.85)
            for m in range(random.choice((1, 1, 2, 2, 3)) if calls else 0)
        ),
        children=tuple(
            _somebody(scale, (prison, "child", n, m), day, random, 1, 14)
            for m in range(random.choice((0, 0, 0, 1, 1, 2)) if calls else 0)
        ),
        lawyer=random.choice(lawyers) if calls and random.random() < 0.2 else None,
        restriction=random.choice(list(RestrictionKind)) if random.random() < 0.05 else None,
    )


def people(script: Script, town: Town, opened_at: datetime) -> None:
    """Everybody becomes known in the first days, and is approved."""
    _workers(script, town, opened_at)
    for lawyer in town.lawyers:
        _register(script, town, lawyer, PersonKind.VISITOR, opened_at + timedelta(hours=10))
    for n, one in enumerate(town.held):
        _one(script, town, one, opened_at + timedelta(hours=10, minutes=3 * n))
    for a, b in town.apart.items():
        if a < b:
            fact = NonAssociationRecorded(
                at=opened_at + timedelta(days=5, hours=9),
                prison=town.prison,
                non_association=town.scale.ident(town.prison, "apart", a),
                person=(a, b),
            )
            _take(script, f"{town.prison}/apart/{a}", fact, {a, b})


def _workers(script: Script, town: Town, opened_at: datetime) -> None:
    for role, ident in town.workers.items():
        who = Somebody(ident, f"{STAFF[role]} of {town.prison}", date(1980, 1, 1))
        _register(script, town, who, PersonKind.STAFF, opened_at + timedelta(hours=1))


def _one(script: Script, town: Town, one: Held, at: datetime) -> None:
    _register(script, town, one, PersonKind.PRISONER, at, one.number)
    for fact in _facts(town, one, at + timedelta(minutes=10)):
        _take(script, f"{town.prison}/{type(fact).__name__}/{one.ident}", fact, {one.ident})
    at += timedelta(days=1)
    for n, visitor in enumerate((*one.adults, *one.children)):
        _register(script, town, visitor, PersonKind.VISITOR, at + timedelta(minutes=n))
        _approve(script, town, one, visitor, at + timedelta(days=2, minutes=n))
    for n, child in enumerate(one.children):
        _vouch(script, town, one.adults[0], child, at + timedelta(days=1, minutes=n))
    if one.lawyer is not None:
        _approve(script, town, one, one.lawyer, at + timedelta(days=2))
    if one.restriction is not None and one.adults:
        _restrict(script, town, one, one.restriction, at + timedelta(days=3))


def _facts(town: Town, one: Held, at: datetime) -> Iterator[PrisonerFact]:
    of: dict[str, Any] = {"at": at, "prison": town.prison, "person": one.ident}
    yield PrisonerReceived(**of, reason=ReceivedBecause.ADMISSION)
    yield PrisonerProfileChanged(
        **of,
        category="U" if one.remand else "C",
        incentive_level=("Basic", "Standard", "Enhanced")[int(one.ident[0], 16) % 3],
        location=one.location,
        conviction=Conviction.REMAND if one.remand else Conviction.CONVICTED,
    )
    if one.alert is not None:
        yield AlertRaised(**of, alert=town.scale.ident(one.ident, "alert"), code=one.alert)


def _take(script: Script, ident: str, fact: PrisonerFact, touches: set[str]) -> None:
    script.say(ident, TakeFact(at=fact.at, fact=fact), SYSTEM, touches)


def _register(
    script: Script, town: Town, who: Somebody, kind: PersonKind, at: datetime, number: str | None = None
) -> None:
    command = RegisterPerson(
        at=at,
        person=who.ident,
        kind=kind,
        prison=None if kind is PersonKind.VISITOR else town.prison,
        name=who.name,
        prisoner_number=number,
        date_of_birth=None if kind is PersonKind.STAFF else who.born,
    )
    actor = staff(town.workers["BO"], "BO")
    script.say(f"register/{who.ident}", command, actor, {who.ident})
    if kind is not PersonKind.STAFF:
        _face(script, town, who, kind, at + timedelta(minutes=5))


def _face(script: Script, town: Town, who: Somebody, kind: PersonKind, at: datetime) -> None:
    """A visitor agrees to be known by a template, or chooses to be checked by staff."""
    if kind is PersonKind.VISITOR:
        visitor = Actor(ActorKind.PUBLIC, who.ident, "FA")
        if who.enrolled:
            consent = GiveConsent(at=at, person=who.ident, alternative_offered=True)
            script.say(f"consent/{who.ident}", consent, visitor, {who.ident})
        elif age_on(at.date(), who.born) >= ADULT_AGE:
            staff_instead = ChooseNonBiometricRoute(at=at, person=who.ident, chosen_by=who.ident)
            script.say(f"non_biometric/{who.ident}", staff_instead, visitor, {who.ident})
    if who.enrolled:
        _enrol(script, town, who, kind, at + timedelta(minutes=1))


def _enrol(script: Script, town: Town, who: Somebody, kind: PersonKind, at: datetime) -> None:
    """A template without a photograph: the only photograph there is, is the one that nobody took."""
    random = Random(who.ident)
    vector = tuple(round(random.uniform(-0.2, 0.2), 4) for _ in range(VECTOR))
    held = kind is PersonKind.PRISONER
    command = EnrolFace(
        at=at,
        person=who.ident,
        template=f"sha256:{sha256(template_bytes(vector)).hexdigest()}",
        photograph=f"sha256:{sha256(b'').hexdigest()}",
        engine=ENGINE,
        lawful_basis=LawfulBasis.PRISON_RECORD if held else LawfulBasis.CONSENT,
        face_side_px=0,
        photographed_on=at.date() if held else None,
        age=age_on(at.date(), who.born),
        prisons=(town.prison,),
    )
    actor = staff(town.workers["BO"], "BO")
    script.say(f"enrol/{who.ident}", command, actor, {who.ident}, template=vector)


def _vouch(script: Script, town: Town, guardian: Somebody, child: Somebody, at: datetime) -> None:
    command = VouchForChild(
        at=at,
        child=child.ident,
        guardian=guardian.ident,
        relation=GuardianRelation.PARENT,
        child_age=age_on(at.date(), child.born),
        guardian_age=age_on(at.date(), guardian.born),
        prisons=(town.prison,),
    )
    actor = Actor(ActorKind.PUBLIC, guardian.ident, "FA")
    script.say(f"vouch/{child.ident}", command, actor, {guardian.ident, child.ident})


def _approve(script: Script, town: Town, one: Held, visitor: Somebody, at: datetime) -> None:
    command = ApproveRelationship(
        at=at,
        prison=town.prison,
        prisoner=one.ident,
        visitor=visitor.ident,
        approved_by=town.workers["AP"],
    )
    script.say(
        f"approve/{one.ident}/{visitor.ident}",
        command,
        staff(town.workers["AP"], "AP"),
        {one.ident, visitor.ident},
    )


def _restrict(script: Script, town: Town, one: Held, kind: RestrictionKind, at: datetime) -> None:
    command = PlaceRestriction(
        at=at,
        prison=town.prison,
        restriction=town.scale.ident(one.ident, "restriction"),
        visitor=one.adults[0].ident,
        prisoner=one.ident,
        kind=kind,
        first=local_day(at, ZONE),
        placed_by=town.workers["SG"],
        reason="Invented for the seed: decided by the safeguarding lead.",
    )
    script.say(f"restrict/{one.ident}", command, staff(town.workers["SG"], "SG"), {one.adults[0].ident})
