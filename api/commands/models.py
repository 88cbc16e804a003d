"""`kinline models`: what judges pictures here, whether it is still what it was, and packs of one's own."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from pydantic import ValidationError

from api.commands.output import JsonOption, print_json, wrong
from infrastructure.moderation import installed, inventory, licences, packs, quantised, setups
from infrastructure.moderation.enrol import read_pictures
from infrastructure.moderation.inventory import Check, Entry
from infrastructure.moderation.models import ModelRefused, ModelStore
from infrastructure.moderation.pack_lock import PackLock
from infrastructure.settings import Settings

DIFFERS = 1

models = typer.Typer(
    help="List, verify and install the models that judge pictures, and show their licences.",
    no_args_is_help=True,
)

FolderArgument = Annotated[Path, typer.Argument(help="Folder of the pack.")]
LockOption = Annotated[Path, typer.Option("--lock", help="The pack's lock, kept apart from the pack.")]
PicturesArgument = Annotated[Path, typer.Argument(help="Folder of photographs with faces, JPEG or PNG.")]
EvaluationArgument = Annotated[Path, typer.Argument(help="JSON report that names the engine it is about.")]
DraftOption = Annotated[
    Path,
    typer.Option("--draft", help="A lock without hashes and golden vector: name, licence, thresholds."),
]


@models.command("list")
def list_models(json: JsonOption = False) -> None:
    """Tell the set-ups and packs: networks, digests, licences, what each can assess, and may it judge real calls."""
    entries = list(inventory.entries(_packs(), _store()))
    if json:
        print_json([asdict(entry) for entry in entries])
    else:
        for entry in entries:
            _tell(entry)


@models.command()
def verify(json: JsonOption = False) -> None:
    """Hash every file again, build every network again, run every self-test. Exit code 1 when anything differs."""
    checks = list(inventory.verified(_packs(), _store()))
    if json:
        print_json([asdict(check) for check in checks])
    else:
        for check in checks:
            print(_line(check))
    if not all(check.well for check in checks):
        raise typer.Exit(DIFFERS)


@models.command()
def install(folder: FolderArgument, lock: LockOption, json: JsonOption = False) -> None:
    """Copy a pack from a folder into the data folder, once its lock, its hashes and its self-test hold."""
    try:
        done = installed.install(folder, lock, _packs())
    except (ModelRefused, OSError) as error:
        wrong(str(error))
    (entry,) = (e for e in inventory.entries(_packs(), _store()) if e.pack and e.name == done.lock.pack)
    if json:
        print_json(asdict(entry))
    else:
        _tell(entry)
        print(f"It judges with KINLINE_SETUP=pack KINLINE_PACK={entry.name}.")


@models.command()
def lock(folder: FolderArgument, draft: DraftOption) -> None:
    """Print the lock of a pack that was just calibrated: the draft with hashes and the golden picture's vector."""
    try:
        completed = packs.complete(folder.absolute(), PackLock.read(draft))
    except (ModelRefused, OSError) as error:
        wrong(str(error))
    print(msgspec.json.format(msgspec.json.encode(completed), indent=2).decode())


@models.command()
def quantise(pictures: PicturesArgument) -> None:
    """Make int8 networks of the built-in ones, their ranges measured on pictures of faces like those to be judged."""
    try:
        setup = setups.load(setups.chosen_name(Settings().setup), _store(), "fp32")
        made = quantised.make(setup, read_pictures(pictures), quantised.default_folder())
        engine = setups.load(setup.name, _store(), "int8", operational=False).engine
    except (ModelRefused, OSError, ValueError) as error:
        wrong(str(error))
    print(f"Made: {', '.join(made)}. Engine: {engine}")
    print(
        "Evaluate it with KINLINE_PRECISION=int8 KINLINE_PROFILE=development, then `kinline models accept`."
    )


@models.command()
def accept(evaluation: EvaluationArgument) -> None:
    """Put on record that you read this evaluation of the int8 networks: from now on they may judge real calls."""
    try:
        name = setups.chosen_name(Settings().setup)
        engine = setups.load(name, _store(), "int8", operational=False).engine
        accepted = quantised.accept(evaluation, engine, quantised.default_folder())
    except (ModelRefused, OSError, ValueError) as error:
        wrong(str(error))
    print(f"Accepted: {accepted.engine} by evaluation {accepted.evaluation_sha256}.")


@models.command("licences")
def show_licences(json: JsonOption = False) -> None:
    """Show the licence text that came with each network."""
    texts = list(licences.texts(_packs()))
    if json:
        print_json([asdict(text) for text in texts])
    else:
        for text in texts:
            print(f"=== {text.network}: {text.licence}\n{text.says}\n")


def _packs() -> Path:
    try:
        return Settings().data.absolute() / "packs"
    except ValidationError as error:
        wrong(error.errors()[0]["msg"].removeprefix("Value error, "))


def _store() -> ModelStore:
    return ModelStore()


def _tell(entry: Entry) -> None:
    """One set-up or pack for people."""
    may = "may judge real calls" if entry.operational else "may NOT judge real calls"
    print(f"{'pack' if entry.pack else 'set-up'} {entry.name}: {may}; {entry.says}")
    for network in entry.networks:
        digest = (network.running_sha256 or network.published_sha256)[:12]
        state = network.precision or ("not built yet" if network.installed else "not installed")
        print(f"  {network.name}: {network.licence}, {digest}, {state}")
    if entry.assessed:
        print(f"  assesses: {', '.join(entry.assessed)}")
        print(f"  not assessed: {', '.join(entry.not_assessed) or 'nothing'}")


def _line(check: Check) -> str:
    return f"{'well  ' if check.well else 'DIFFERS'} {check.name}: {check.says}"
