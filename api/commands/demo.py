"""The demonstration of `make run`: a prison, a sign-in link for each role, and calls into which a stranger walks.

The people of the demonstration are cut from pictures inside installed packages; they are called by their
role only, and every page draws a head over each face.
"""

import asyncio
import contextlib
from collections.abc import Sequence

import msgspec

from application.set_up import AT_ONCE, Cast, Somebody
from domain.event import Refused
from domain.policy import Policy
from domain.texts import Language
from infrastructure.clips import Clip, enters, photograph, sitter
from infrastructure.moderation import setups
from infrastructure.moderation.remote_enroller import RemoteEnroller
from infrastructure.rehearsal.door import NotHeld
from infrastructure.rehearsal.film import Film
from infrastructure.rehearsal.installation import Workshop, workshop
from infrastructure.rehearsal.rehearsal import TIME_ZONE, Part, Plan, Rehearsal
from infrastructure.settings import DemoLink, Settings
from infrastructure.supervisor import Supervisor
from infrastructure.vault import FolderKeys

PRISON = "DEM"
MINUTES = 30
CLIP_S = 90.0
STRANGER_AT_S = 12.0
BETWEEN_CALLS_S = 10.0
VISITOR_EMAIL = "visitor@example.com"  # nothing is sent there unless an operator says how
PRISONER, VISITOR, STRANGER = "actor", "astronaut", "group-3"


def cast(settings: Settings) -> Cast:
    """The people of the demonstration, by random id: the same as long as the data folder is the same.

    Raises ValueError with a sentence when the file that names them cannot be read.
    """
    path = settings.data / "demonstration.json"
    if path.exists():
        try:
            return msgspec.json.decode(path.read_bytes(), type=Cast)
        except msgspec.MsgspecError as error:
            raise ValueError(f"{path} cannot be read; without it the demonstration begins anew.") from error
    people = Cast.of(PRISON, 1)
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(people))
    return people


def show_links(address: str, links: Sequence[DemoLink]) -> None:
    """Print one sign-in link for each role."""
    print("\nSign in as (each link signs this browser in, in place of whoever was signed in before):")
    width = max(len(link.says) for link in links)
    for link in links:
        print(f"  {link.role}  {link.says:<{width}}  {address}/demo/sign-in?token={link.token}")
    print(
        "\nA demonstration call is held again and again; a stranger walks in after some seconds.", flush=True
    )


async def demonstrate(
    settings: Settings, supervisor: Supervisor, address: str, people: Cast, stop: asyncio.Event
) -> None:
    """Set the prison up once and hold one call after the other until stopped."""
    holding = asyncio.create_task(_hold_calls(settings, supervisor, address, people))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([holding, stopping], return_when=asyncio.FIRST_COMPLETED)
    for task in (holding, stopping):
        task.cancel()
    ended = await asyncio.gather(holding, stopping, return_exceptions=True)
    if isinstance(ended[0], Exception):
        raise ended[0]


async def _hold_calls(settings: Settings, supervisor: Supervisor, address: str, people: Cast) -> None:
    enroller = RemoteEnroller(settings.run_folder / "moderation.sock")
    async with workshop(supervisor.databases, FolderKeys.open(settings.keys), enroller) as shop:
        try:
            await _set_up(settings, shop, people)
            while True:
                with contextlib.suppress(NotHeld):
                    await _hold_one(settings, shop, address, people.again())
                await asyncio.sleep(BETWEEN_CALLS_S)
        except Refused as refused:
            print(f"No further demonstration call is held. {refused}", flush=True)


async def _set_up(settings: Settings, shop: Workshop, people: Cast) -> None:
    base = Policy(moderation=setups.default_policy(setups.chosen_name(settings.setup)))
    await shop.set_up.prison(people, base.merged(AT_ONCE).document())
    prisoner = Somebody("Prisoner of the demonstration", [photograph(PRISONER)], "A0001AA")
    await shop.set_up.people(
        people, prisoner, [Somebody("Visitor of the demonstration", [photograph(VISITOR)])]
    )
    await shop.set_up.timetable(people)
    await shop.set_up.contact(people, VISITOR_EMAIL, Language.EN)


async def _hold_one(settings: Settings, shop: Workshop, address: str, people: Cast) -> None:
    await shop.set_up.call(people, TIME_ZONE, MINUTES)
    print(f"A demonstration call begins: {address}/calls/{people.call}", flush=True)
    prisoner = Clip((sitter(PRISONER, 3),), CLIP_S, tone_hz=None)
    visitor = Clip((enters(STRANGER, STRANGER_AT_S), sitter(VISITOR, 5, x=240)), CLIP_S, tone_hz=None)
    plan = Plan(Part(Film(prisoner, every=2), ()), Part(Film(visitor, every=2), ()))
    await Rehearsal(plan, people, settings.demo_links, address, shop.store).hold()
