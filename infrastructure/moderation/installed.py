"""Packs in the data folder: copied there once, from a folder, and named from then on.

    data/packs/NAME/files/...    the files the lock names, and nothing else
    data/packs/NAME/lock.json    the lock they were checked by

A pack appears whole or not at all: it is made beside and renamed. It is never changed; another one needs another
name, for the name stands on record.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from infrastructure.moderation import packs
from infrastructure.moderation.models import ModelRefused
from infrastructure.moderation.pack_lock import PackLock, check

_FILES, _LOCK = "files", "lock.json"


@dataclass(frozen=True, slots=True)
class Installed:
    """One pack in the data folder."""

    folder: Path  # of its files
    lock: PackLock
    lock_path: Path


def default_folder() -> Path:
    """Where packs are kept: under the data folder."""
    return Path(os.environ.get("KINLINE_DATA") or "data").absolute() / "packs"


def install(source: Path, lock_path: Path, packs_folder: Path) -> Installed:
    """Copy a pack into the data folder once everything about it holds. Raises `ModelRefused` with the reason."""
    source, lock_path = source.absolute(), lock_path.absolute()
    if lock_path.resolve().is_relative_to(source.resolve()):
        raise ModelRefused(
            "The lock lies in the pack: keep it apart, or whoever changes a model changes both."
        )
    lock = PackLock.read(lock_path)
    check(source, lock)
    target = packs_folder.absolute() / lock.pack
    if target.exists():
        raise ModelRefused(f"There is a pack named {lock.pack} already: another one needs another name.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = Path(tempfile.mkdtemp(dir=target.parent, prefix=".new-"))
    try:
        _copy(source, fresh, lock)
        packs.load(fresh / _FILES, lock, operational=False)
        fresh.rename(target)
        _sync(target.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return Installed(target / _FILES, lock, target / _LOCK)


def installed(packs_folder: Path) -> Iterator[tuple[str, Installed | ModelRefused]]:
    """Every pack by name, and what is wrong with it where its lock cannot be read."""
    if not packs_folder.is_dir():
        return
    for folder in sorted(packs_folder.iterdir()):
        if folder.is_dir() and not folder.name.startswith("."):
            try:
                yield folder.name, named(folder.name, packs_folder)
            except ModelRefused as refused:
                yield folder.name, refused


def named(name: str, packs_folder: Path) -> Installed:
    """The pack that was installed under this name. Raises `ModelRefused`."""
    folder = packs_folder / name
    if name.startswith(".") or Path(name).name != name or not folder.is_dir():
        raise ModelRefused(f"There is no pack named {name}: `kinline models list` tells those there are.")
    lock_path = (folder / _LOCK).absolute()
    lock = PackLock.read(lock_path)
    if lock.pack != name:
        raise ModelRefused(f"The lock of the pack {name} is that of another pack, {lock.pack}.")
    return Installed((folder / _FILES).absolute(), lock, lock_path)


def _copy(source: Path, fresh: Path, lock: PackLock) -> None:
    (fresh / _FILES).mkdir()
    for name in lock.files:
        _write(fresh / _FILES / name, (source / name).read_bytes())
    _write(fresh / _LOCK, msgspec.json.format(msgspec.json.encode(lock), indent=2))
    _sync(fresh / _FILES)
    _sync(fresh)


def _write(path: Path, content: bytes) -> None:
    """On disk before the pack appears, and not to be written to by accident."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o400)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
