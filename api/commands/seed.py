"""`kinline seed`: a believable service to look at, of people who never were, through the real commands."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.database import settings_of
from api.commands.output import JsonOption, print_json, wrong
from application.ports import StoreAway
from application.seeding import Scale, SeededOtherwise
from application.seeding.scale import MONTHS_MAX, PRISONERS_MAX, PRISONS_MAX
from infrastructure import seeding
from infrastructure.postgres import PostgresUnavailable
from infrastructure.seeding import Seeded
from infrastructure.settings import Settings
from infrastructure.vault import FolderKeys

KEPT = "seed.json"  # in the data folder: which seed it holds, for the sign-in links of a demonstration


def seed(
    prisons: Annotated[int, typer.Option(min=1, max=PRISONS_MAX, help="Prisons.")] = 2,
    months: Annotated[int, typer.Option(min=1, max=MONTHS_MAX, help="Months back from now.")] = 3,
    prisoners: Annotated[
        int,
        typer.Option(
            min=2, max=PRISONERS_MAX, help="People in each prison; of ten, six call, twice a month."
        ),
    ] = 60,
    seed: Annotated[int, typer.Option("--seed", help="The same seed is the same service.")] = 1,
    data: Annotated[Path | None, typer.Option(help="Data folder: an empty one, or one of this seed.")] = None,
    json: JsonOption = False,
) -> None:
    """Fill an empty data folder with invented prisons, people and calls. Not while Kinline serves it."""
    settings = settings_of(data)
    scale = Scale(prisons, months, prisoners, seed)
    try:
        seeded = asyncio.run(_seed(settings, scale))
    except (PostgresUnavailable, SeededOtherwise) as error:
        wrong(str(error))
    except OSError as error:
        wrong(f"The data folder {settings.data} cannot be used: {error.strerror}.")
    except ExceptionGroup as errors:
        if errors.split(StoreAway)[1] is not None:
            raise  # a fault of ours
        wrong("The database did not answer for a minute. The same command goes on where it stopped.")
    (settings.data / KEPT).write_bytes(msgspec.json.encode(scale))
    document = document_of(seeded)
    if json:
        print_json(document)
    else:
        _tell(document, settings)


def seed_in(settings: Settings) -> Scale | None:
    """The seed that a data folder holds, if it holds one. Raises ValueError with a sentence."""
    path = settings.data / KEPT
    if not path.exists():
        return None
    try:
        return msgspec.json.decode(path.read_bytes(), type=Scale)
    except msgspec.MsgspecError as error:
        raise ValueError(f"{path} cannot be read; without it there are no links into the seed.") from error


async def _seed(settings: Settings, scale: Scale) -> Seeded:
    """Seeds with a progress bar on standard error."""
    columns = (TextColumn("Seeding"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("seeding", total=None)
        async with seeding.database(settings) as databases:
            return await seeding.seed(
                databases,
                FolderKeys.open(settings.keys),
                scale,
                datetime.now(UTC),
                lambda steps: bar.update(task, total=steps),
                lambda steps: bar.advance(task, steps),
            )


def document_of(seeded: Seeded) -> dict[str, Any]:
    """The figures of a seeding."""
    performed = seeded.performed
    return {
        "prisons": list(seeded.prisons),
        "commands": performed.commands,
        "events": performed.events,
        "seconds": round(seeded.seconds, 1),
        "commands_per_second": round(performed.commands / max(seeded.seconds, 0.001)),
        "refused": dict(performed.refused.most_common()),
        "known_before": performed.known,
    }


def _tell(document: dict[str, Any], settings: Settings) -> None:
    if not document["commands"]:
        print("This data folder holds this seed already. Nothing was added.")
    else:
        print(
            f"{document['commands']:,} commands, {document['events']:,} events in {document['seconds']} s: "
            f"{document['commands_per_second']:,} commands/s"
        )
        for rule, times in document["refused"].items():
            print(f"  refused by {rule}: {times}")
    print(f"Look at it: kinline serve --demo --data {settings.data}", file=sys.stderr)
