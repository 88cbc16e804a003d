"""A worker's own journal: what it reports is on disk before it is sent. A crash or a lost log loses nothing.

Append-only files; each record carries its number and a SHA-256 over the record before it, so that a changed,
moved or missing record shows. A file whose records were all acknowledged is deleted. What is left of a worker
that died is replayed by the supervisor: the commands are idempotent, so a record sent twice counts once.
"""

import os
import struct
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BufferedWriter
from pathlib import Path

FILE_BYTES = 4 * 1024 * 1024  # then a new file is begun
JOURNAL_BYTES_MAX = 256 * 1024 * 1024  # of one worker: minutes of many calls

_RECORD = struct.Struct("!QI32s")  # number, length of the content, hash
_START = bytes(32)
_SUFFIX = ".journal"


class JournalFull(Exception):
    """Nothing more may be written until something was acknowledged."""


class JournalDamaged(Exception):
    """A record is not what was written. The message says where."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record of a journal."""

    number: int
    content: bytes


@dataclass(slots=True)
class _File:
    path: Path
    first: int
    last: int
    size: int


class Journal:
    """The journal of one worker. `append` blocks for a write and an fsync: call it in a thread."""

    def __init__(self, folder: Path, worker: str, *, bytes_max: int = JOURNAL_BYTES_MAX) -> None:
        self._folder, self._worker, self._bytes_max = folder, worker, bytes_max
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number = 0
        self._hash = _START
        self._files: list[_File] = []
        self._open: BufferedWriter | None = None
        self._unacknowledged: set[int] = set()

    def append(self, contents: Sequence[bytes]) -> list[int]:
        """Write records and wait until they are on disk. Returns their numbers.

        Raises `JournalFull`, or OSError when the disk refuses.
        """
        if sum(f.size for f in self._files) + sum(map(len, contents)) > self._bytes_max:
            raise JournalFull("The worker's journal is full.")
        writer = self._writer()
        numbers = [self._write(writer, content) for content in contents]
        writer.flush()
        os.fsync(writer.fileno())
        self._unacknowledged.update(numbers)
        return numbers

    def acknowledge(self, number: int) -> None:
        """The record is in the log: it need not be kept."""
        self._unacknowledged.discard(number)
        oldest = min(self._unacknowledged, default=self._number)
        for file in [f for f in self._files[:-1] if f.last < oldest]:
            file.path.unlink(missing_ok=True)
            self._files.remove(file)

    def close(self) -> None:
        """End writing. Nothing is kept when everything was acknowledged."""
        if self._open is not None:
            self._open.close()
            self._open = None
        if not self._unacknowledged:
            for file in self._files:
                file.path.unlink(missing_ok=True)
            self._files.clear()

    def _writer(self) -> BufferedWriter:
        if self._open is not None and self._files[-1].size < FILE_BYTES:
            return self._open
        if self._open is not None:
            self._open.close()
        path = self._folder / f"{self._worker}.{self._number:012d}{_SUFFIX}"
        self._open = path.open("xb")
        self._open.write(self._hash)
        self._files.append(_File(path, self._number, self._number, len(self._hash)))
        return self._open

    def _write(self, writer: BufferedWriter, content: bytes) -> int:
        number = self._number
        self._hash = _chain(self._hash, number, content)
        writer.write(_RECORD.pack(number, len(content), self._hash) + content)
        self._files[-1].last = number
        self._files[-1].size += _RECORD.size + len(content)
        self._number += 1
        return number


def left_behind(folder: Path) -> list[str]:
    """The workers whose journals are in this folder."""
    names = {path.name.rsplit(".", 2)[0] for path in folder.glob(f"*{_SUFFIX}")}
    return sorted(names)


def read(folder: Path, worker: str) -> Iterator[Entry]:
    """The records of a worker in order. A record cut off by a crash at the very end is left out.

    Raises `JournalDamaged` when a record was changed or lies out of order.
    """
    before: bytes | None = None
    for path in _paths(folder, worker):
        content = path.read_bytes()
        if before is not None and content[:32] != before:
            raise JournalDamaged(f"{path.name} does not follow the file before it.")
        before = yield from _records(path.name, content)


def forget(folder: Path, worker: str) -> None:
    """Delete a worker's journal after it was replayed."""
    for path in _paths(folder, worker):
        path.unlink(missing_ok=True)


def _paths(folder: Path, worker: str) -> list[Path]:
    return sorted(p for p in folder.glob(f"*{_SUFFIX}") if p.name.rsplit(".", 2)[0] == worker)


def _records(name: str, content: bytes) -> Generator[Entry, None, bytes]:
    """Yields the records of one file; returns the hash of its last."""
    before, place = content[:32], 32
    while place + _RECORD.size <= len(content):
        number, length, stored = _RECORD.unpack_from(content, place)
        record = content[place + _RECORD.size : place + _RECORD.size + length]
        if len(record) < length:
            break  # cut off while it was written
        before = _chain(before, number, record)
        if before != stored:
            raise JournalDamaged(f"Record {number} in {name} is not what was written.")
        yield Entry(number, record)
        place += _RECORD.size + length
    return before


def _chain(before: bytes, number: int, content: bytes) -> bytes:
    return sha256(before + number.to_bytes(8, "big") + content).digest()
