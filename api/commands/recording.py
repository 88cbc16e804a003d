"""`kinline recording`: what was recorded of one side of a call, as a file that can be played."""

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from api.commands.database import archive, one_line, settings_with_data
from api.commands.output import wrong
from api.scope import Id
from application.handle import handle
from application.ports import Actor, ActorKind, Context, EventStore
from application.recordings import Pieces, pieces_of
from domain import access
from domain.access import EvidenceViewed, RecordView
from domain.clearance import Side
from domain.decider import about
from domain.event import Refused
from domain.kept import MediaKept
from domain.waiting_room.events import WaitingRoomOpened
from infrastructure.media.playback import Played, play_back
from infrastructure.media.segment import Segment
from infrastructure.settings import Settings

INCOMPLETE = 1


def play_recording(
    call: Annotated[str, typer.Argument(help="The call's id.")],
    side: Annotated[Side, typer.Option(help="Whose picture and sound.")],
    out: Annotated[Path, typer.Option(help="The file to write: .webm, or .mkv where the call used H.264.")],
    by: Annotated[str, typer.Option(help="Your id: that you were given the recording goes on record.")],
    purpose: Annotated[str, typer.Option(help="What you need it for. Goes on record.")],
    data: Annotated[Path | None, typer.Option(help="Data folder.")] = None,
) -> None:
    """Write what one side was recorded with to a file. Exit code 1: pieces of it are gone.

    The file is not protected: whoever holds it can play it. Keep it no longer than it is needed.
    """
    if not all(re.match(Id, ident) for ident in (call, by)):
        wrong("A call and a person are named by their ids.")
    if not purpose.strip():
        wrong("Please say what you need the recording for.")
    if out.exists():
        wrong(f"{out} is there already.")
    settings = settings_with_data(data)
    with one_line(Refused, ValueError):
        pieces = asyncio.run(_read(settings, call, side, by, purpose.strip()))
        played = _write(pieces, out)
    _tell(played, pieces, out)
    if pieces.gone or not played.whole:
        raise typer.Exit(INCOMPLETE)


async def _read(settings: Settings, call: str, side: Side, by: str, purpose: str) -> Pieces:
    async with archive(settings) as kept:
        await on_record(kept.store, call, side, by, purpose)
        return await pieces_of(kept.store, kept.vault, call, side)


async def on_record(store: EventStore, call: str, side: Side, by: str, purpose: str) -> None:
    """That somebody is given the recording is on record first. Whoever sits at the machine says who they are."""
    facts, _ = await store.read((about(f"call:{call}", WaitingRoomOpened),))
    if not facts:
        raise Refused("There is no such call, or nobody could enter it yet.", "call_unknown")
    viewed = EvidenceViewed(
        at=datetime.now(UTC),
        call=call,
        prison=facts[0].event.prison,
        side=side,
        media=MediaKept.RECORDING,
        viewed_by=by,
        purpose=purpose,
    )
    context = Context(Actor(ActorKind.SERVICE, "kinline-recording"), uuid4(), uuid4())
    await handle(store, access, RecordView(at=viewed.at, view=viewed), context)


def _write(pieces: Pieces, out: Path) -> Played:
    if not pieces.contents:
        raise Refused("Every piece of this recording was destroyed.", "recording_gone")
    return play_back([Segment.from_bytes(content) for content in pieces.contents], out)


def _tell(played: Played, pieces: Pieces, out: Path) -> None:
    print(f"{out}: {played.pictures} pictures, {played.sounds} packets of sound")
    if pieces.gone:
        print(f"{len(pieces.gone)} pieces were destroyed and are not in it.")
    elif not played.whole:
        print("Pieces are missing between those that are there.")
    for mark in played.marks:
        print(f"{mark.media_ms / 1000:8.2f} s  {mark.what} {mark.detail}".rstrip())
