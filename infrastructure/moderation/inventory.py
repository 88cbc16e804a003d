"""What models there are: the set-ups, the packs, their networks; and whether they are still what they were."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from domain.moderation.kind import ASSESSED_BY_FACES, Kind
from infrastructure.moderation import models, pack_licences, packs, quantised, setups
from infrastructure.moderation.installed import Installed, installed
from infrastructure.moderation.models import ModelRefused, ModelStore, Weights
from infrastructure.moderation.pack_lock import check
from infrastructure.moderation.precision import precision_of

OPTIONAL = (Kind.EXPLICIT_NUDITY, Kind.LIVENESS_FAILED)
"""Kinds that not every set-up can tell."""

_FACES = (models.DETECTOR, models.EMBEDDER, models.LANDMARKS)
_WEIGHTS = {"full": (*_FACES, models.NUDITY), "permissive": _FACES}


@dataclass(frozen=True, slots=True)
class Network:
    """One network, or file of weights, of a set-up or pack."""

    name: str
    licence: str
    published_sha256: str  # of the file as its makers gave it, or as the lock says
    running_sha256: str | None  # of what is run, where it is built here and was built before
    precision: str | None  # None: not yet built
    installed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A set-up, or an installed pack."""

    name: str
    pack: bool
    networks: tuple[Network, ...]
    assessed: tuple[str, ...]
    not_assessed: tuple[str, ...]
    operational: bool  # may it judge real calls?
    says: str  # why, or what is wrong


@dataclass(frozen=True, slots=True)
class Check:
    """What was verified again, and how it is."""

    name: str
    well: bool
    says: str


def entries(packs_folder: Path, store: ModelStore) -> Iterator[Entry]:
    """The set-ups and packs, looked at without loading anything."""
    for name in _WEIGHTS:
        yield _setup(name, store)
    for name, found in installed(packs_folder):
        if isinstance(found, ModelRefused):
            yield Entry(name, True, (), (), (), operational=False, says=str(found))
        else:
            yield _pack(found)


def verified(packs_folder: Path, store: ModelStore) -> Iterator[Check]:
    """Every file of everything that is installed, hashed again; every network, built again; every self-test, run.

    A network that was built before must be the one that is built now: the record beside it proves nothing.
    """
    for weights in dict.fromkeys(weights for needed in _WEIGHTS.values() for weights in needed):
        if models.is_installed(weights):
            yield _checked(weights.name, partial(store.verify, weights))
    for name, needed in _WEIGHTS.items():
        if all(map(models.is_installed, needed)):
            yield _checked(name, partial(_in_floats, name, store))
        if all(map(models.is_installed, needed)) and _in_int8_too(needed):
            yield _checked(f"{name} in int8", partial(_in_int8, name, store))
    for name, found in installed(packs_folder):
        yield _checked(name, partial(_load, found))


def _in_int8_too(needed: Sequence[Weights]) -> bool:
    """Whether every network of a set-up that can be in int8 was made so."""
    try:
        return {w.name for w in needed if w.name in quantised.FILES} <= set(
            quantised.made(quantised.default_folder())
        )
    except ModelRefused:
        return True  # what is wrong with them is told when they are loaded


def _setup(name: str, store: ModelStore) -> Entry:
    networks = tuple(_network(weights, store) for weights in _WEIGHTS[name])
    if _in_int8_too(_WEIGHTS[name]):
        networks += tuple(_reduced(w) for w in _WEIGHTS[name] if w.name in quantised.FILES)
    missing = [network.name for network in networks if not network.installed]
    nudity = models.NUDITY in _WEIGHTS[name]
    assessed = (*ASSESSED_BY_FACES, Kind.EXPLICIT_NUDITY) if nudity else ASSESSED_BY_FACES
    says = f"not installed: {', '.join(missing)}" if missing else _SAYS[name]
    return Entry(name, False, networks, *_kinds(assessed), operational=not missing, says=says)


_SAYS = {
    "full": "NudeNet is under the AGPL-3.0: see LICENCES.md before you offer it over a network",
    "permissive": "nothing in it is under the AGPL",
}


def _network(weights: Weights, store: ModelStore) -> Network:
    if weights.name not in models.BUILDERS:
        here = models.is_installed(weights)
        return Network(weights.name, weights.licence, weights.sha256, weights.sha256, "as published", here)
    kept = store.kept(weights)
    return Network(
        weights.name,
        weights.licence,
        weights.sha256,
        None if kept is None else hashlib.sha256(kept).hexdigest(),
        None if kept is None else precision_of(kept),
        models.is_installed(weights),
    )


def _reduced(weights: Weights) -> Network:
    try:
        made = quantised.made(quantised.default_folder())[weights.name]
    except ModelRefused as refused:
        return Network(
            f"{weights.name} in int8", weights.licence, weights.sha256, None, str(refused), installed=False
        )
    return Network(
        f"{weights.name} in int8", weights.licence, weights.sha256, made.sha256, "int8", installed=True
    )


def _pack(found: Installed) -> Entry:
    """A pack as its lock tells it; its licence counts only on files that are the locked ones."""
    lock = found.lock
    assessed = lock.assessed
    try:
        check(found.folder, lock)
        licence = pack_licences.of(found.folder, lock)
    except ModelRefused as refused:
        return Entry(lock.pack, True, (), *_kinds(assessed), operational=False, says=str(refused))
    networks = tuple(
        Network(name, lock.licence, file.sha256, file.sha256, _precision(found.folder / name), installed=True)
        for name, file in lock.files.items()
        if name.endswith(".onnx")
    )
    return Entry(
        lock.pack,
        True,
        networks,
        *_kinds(assessed),
        operational=licence.commercial,
        says=f"licence: {licence.says}",
    )


def _precision(path: Path) -> str:
    return precision_of(path.read_bytes())


def _kinds(assessed: tuple[Kind, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    missing = tuple(kind.value for kind in OPTIONAL if kind not in assessed)
    return tuple(kind.value for kind in assessed), missing


def _in_floats(name: str, store: ModelStore) -> str:
    return setups.load(name, store, "fp32").engine


def _in_int8(name: str, store: ModelStore) -> str:
    """Loads them whether they may judge real calls or not, and says which."""
    engine = setups.load(name, store, "int8", operational=False).engine
    try:
        quantised.require_accepted(engine, quantised.default_folder())
    except ModelRefused:
        return f"{engine}; no evaluation was accepted: it may not judge real calls"
    return f"{engine}; an evaluation was accepted"


def _load(found: Installed | ModelRefused) -> str:
    if isinstance(found, ModelRefused):
        raise found
    return packs.load(found.folder, found.lock, operational=False).engine


def _checked(name: str, work: Callable[[], str]) -> Check:
    try:
        return Check(name, True, work())
    except ModelRefused as refused:
        return Check(name, False, str(refused))
