"""Setting a prison up through the real commands, and what happens when it is set up again."""

from datetime import timedelta

from application.ports import EventStore, Template, Vault
from application.set_up import AT_ONCE, Cast, SetUp, Somebody
from domain.booking.events import CallBooked, PlacedCall
from domain.decider import about
from domain.enrolment import FaceTemplateEnrolled, PhotographQuality
from domain.event import Event, Purpose
from domain.person import PersonRegistered
from domain.policy import Policy, PolicyPublished
from domain.timetable.events import SessionTemplatePublished
from tests.facts import NOON, fact
from tests.stores import context

CAST = Cast.of("DEM", 1)
QUALITY = PhotographQuality(sharpness=5200, brightness=128, turn=300)
ZONE = "Europe/London"


class Photographs:
    """Every photograph shows the same face."""

    async def template(self, photograph: bytes) -> Template:
        return Template((0.25, -0.5), "test/1", 180, QUALITY)

    async def distance(self, one: Template, other: Template) -> int:
        return 0


class Shelf:
    """A vault that keeps nothing: who looks here asks for references only."""

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        return f"sha256:{len(content)}"

    async def get(self, reference: str) -> bytes | None:
        return None


async def _set_up(store: EventStore, later: timedelta = timedelta()) -> SetUp:
    vault: Vault = Shelf()
    setting = SetUp(store, vault, Photographs(), lambda number: f"index of {number}", lambda: NOON + later)
    await setting.prison(CAST, Policy().merged(AT_ONCE).document())
    await setting.people(CAST, Somebody("Prisoner", [b"one"], "A0001AA"), [Somebody("Visitor", [b"two"])])
    return setting


async def _of_people(store: EventStore) -> list[Event]:
    people = (CAST.officer, CAST.prisoner, *CAST.visitors)
    facts, _ = await store.read(
        (
            about("policy:DEM", PolicyPublished),
            *(about(f"person:{one}", PersonRegistered, FaceTemplateEnrolled) for one in people),
        )
    )
    return [fact.event for fact in facts]


async def _booked(store: EventStore, call: str) -> PlacedCall:
    facts, _ = await store.read((about(f"call:{call}", CallBooked),))
    placed: PlacedCall = facts[0].event
    return placed


async def test_a_prison_that_is_set_up_again_goes_on_as_it_was(store: EventStore) -> None:
    await _set_up(store)
    before = await _of_people(store)
    await _set_up(store, timedelta(days=1))
    assert await _of_people(store) == before
    assert {type(event) for event in before} == {PolicyPublished, PersonRegistered, FaceTemplateEnrolled}


async def test_each_further_call_has_the_place_behind_those_before_also_in_another_month(
    store: EventStore,
) -> None:
    places = []
    for minutes in (0, 5, 60 * 24 * 9):  # NOON is in November
        setting = await _set_up(store, timedelta(minutes=minutes))
        people = CAST.again()
        await setting.call(people, ZONE, 30)
        places.append(await _booked(store, people.call))
    soon = timedelta(seconds=1)
    assert [place.starts_at - NOON for place in places] == [
        soon,
        soon + timedelta(minutes=30),
        soon + timedelta(days=9),
    ]


async def test_a_further_call_takes_the_first_gap_that_is_long_enough(store: EventStore) -> None:
    setting = await _set_up(store)
    for call, minutes in (("call-1", 20), ("call-2", 70)):
        booked = fact(
            CallBooked,
            call=call,
            starts_at=NOON + timedelta(minutes=minutes),
            minutes=20,
            prisoner=CAST.prisoner,
            prisoner_month=f"{CAST.prisoner}/2026-11",
        )
        await store.append([booked], (about(f"call:{call}", CallBooked),), await store.head(), context())
    people = CAST.again()
    await setting.call(people, ZONE, 30)
    assert (await _booked(store, people.call)).starts_at == NOON + timedelta(minutes=40)


async def test_the_timetable_of_a_newcomer_has_times_on_every_day_and_is_published_once(
    store: EventStore,
) -> None:
    for days in (0, 3):
        await (await _set_up(store, timedelta(days=days))).timetable(CAST)
    published = [
        one.event
        for one in await store.after(0, limit=1000)
        if isinstance(one.event, SessionTemplatePublished)
    ]
    assert {(one.weekday, one.starts) for one in published} == {
        (weekday, starts) for weekday in range(7) for starts in ("10:00", "18:00")
    }
    assert len(published) == 14
