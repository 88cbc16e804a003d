"""Facts on their way to the log: into the worker's journal first, then in order to the recorder.

A report never waits and never fails. When the journal cannot be written, or the log is away for longer than
the policy allows, the calls concerned are told to go dark.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic
from typing import Any, Literal
from uuid import UUID, uuid4

import msgspec
import structlog
from pydantic import BaseModel

from domain.clearance import Side
from infrastructure.media.journal import Journal, JournalFull
from infrastructure.rpc import Peer, PeerGone, PeerRefused

REPORTS_MAX = 20_000  # waiting in memory in one worker; beyond, its calls go dark
_RETRY_S = 0.25
_TRY_AGAIN = frozenset({"StoreAway", "BoundaryMoved", "PeerGone"})
"""What the recorder answers when it could not append for now. Any other refusal is the rules' and final."""

log = structlog.get_logger()


@dataclass(slots=True)
class _Report:
    call: str
    message: str  # the recorder's call: fact, block
    body: dict[str, Any]
    since: float  # monotonic seconds
    number: int = -1  # in the journal; -1: could not be written


@dataclass(slots=True)
class _Line:
    """The reports of one call, in order."""

    limit_s: float
    reports: deque[_Report] = field(default_factory=deque)  # at most REPORTS_MAX, then its call goes dark
    sending: asyncio.Task[None] | None = None
    dark: bool = False


class Reporter:
    """Sends what the calls of a worker report.

    `on_dark(call, cause)` is called when a call may not go on, `on_light(call, cause)` when it could again.
    """

    def __init__(
        self,
        worker: str,
        journal: Journal,
        on_dark: Callable[[str, str], None],
        on_light: Callable[[str, str], None],
    ) -> None:
        self._worker, self._journal = worker, journal
        self._on_dark, self._on_light = on_dark, on_light
        self._written: asyncio.Queue[_Report] = asyncio.Queue(REPORTS_MAX)
        self._lines: dict[str, _Line] = {}
        self._peer: Peer | None = None
        self._reachable = asyncio.Event()
        self._writing: asyncio.Task[None] | None = None
        self._afterwards: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to write and send."""
        self._writing = asyncio.create_task(self._write())

    async def stop(self, patience_s: float = 2.0) -> None:
        """Send what can be sent within the time, then stop; the rest stays in the journal."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self.settled()
        tasks = [self._writing, *self._afterwards, *(line.sending for line in self._lines.values())]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._journal.close()

    async def settled(self) -> None:
        """Wait until every report so far is in the log."""
        await self._written.join()
        sending = [line.sending for line in self._lines.values() if line.sending is not None]
        await asyncio.gather(*(asyncio.shield(task) for task in sending))

    def reach(self, peer: Peer | None) -> None:
        """The recorder's connection, or that there is none."""
        self._peer = peer
        if peer is None:
            self._reachable.clear()
        else:
            self._reachable.set()

    def open(self, call: str, limit_s: float) -> None:
        """Take reports of a call; the log may be away for at most `limit_s`."""
        self._lines.setdefault(call, _Line(limit_s)).limit_s = limit_s

    def fact(
        self, call: str, fact: BaseModel, actor: Mapping[str, Any] | None = None, cmd: UUID | None = None
    ) -> None:
        """Report a fact: a command of `domain`, or an event of `domain.stream` to be recorded as it is."""
        body = {
            "cmd": (cmd or uuid4()).hex,
            "worker": self._worker,
            "call": call,
            "name": type(fact).__name__,
            "body": fact.model_dump(mode="json"),
            "actor": dict(actor) if actor is not None else None,
        }
        self._take(_Report(call, "fact", body, monotonic()))

    def block(self, call: str, side: Side, content: bytes) -> str:
        """Send an observation block to the vault. Returns its reference."""
        body = {"call": call, "side": side.value, "content": content}
        self._take(_Report(call, "block", body, monotonic()))
        return f"sha256:{sha256(content).hexdigest()}"

    async def kept(self, what: Literal["piece", "picture"], call: str, side: Side, content: bytes) -> None:
        """Put it into the vault, past the journal: no picture lies on this machine's disk.

        Raises `PeerGone` while the recorder is away, and `PeerRefused`.
        """
        if self._peer is None:
            raise PeerGone(what)
        await self._peer.call(what, {"call": call, "side": side.value, "content": content})

    def again(self, message: str, body: dict[str, Any]) -> None:
        """Send what an earlier process had in its journal. The recorder knows what it already has."""
        self._queue(_Report(body["call"], message, body, monotonic()))

    def then(self, done: Callable[[], None]) -> None:
        """Call `done` when everything queued so far is in the log."""

        async def wait() -> None:
            await self.settled()
            done()

        self._afterwards.append(asyncio.create_task(wait()))

    def _take(self, report: _Report) -> None:
        try:
            self._written.put_nowait(report)
        except asyncio.QueueFull:
            self._darken(report.call, "reports_full")

    async def _write(self) -> None:
        while True:
            reports = [await self._written.get()]
            while not self._written.empty():
                reports.append(self._written.get_nowait())
            await self._journalise(reports)
            for report in reports:
                self._queue(report)
                self._written.task_done()

    async def _journalise(self, reports: list[_Report]) -> None:
        contents = [msgspec.msgpack.encode([report.message, report.body]) for report in reports]
        try:
            numbers = await asyncio.to_thread(self._journal.append, contents)
        except (OSError, JournalFull) as error:
            log.error("The journal cannot be written.", count=len(reports), error=error)
            for call in {report.call for report in reports}:
                self._darken(call, "journal_unwritable")
            return
        for report, number in zip(reports, numbers, strict=True):
            report.number = number

    def _queue(self, report: _Report) -> None:
        line = self._lines.setdefault(report.call, _Line(0.0))
        line.reports.append(report)  # it is in the journal, so it is not dropped
        if len(line.reports) == REPORTS_MAX and not line.dark:
            line.dark = True
            self._darken(report.call, "reports_full")
        if line.sending is None or line.sending.done():
            line.sending = asyncio.create_task(self._send_all(line))

    async def _send_all(self, line: _Line) -> None:
        while line.reports:
            report = line.reports[0]
            if not await self._sent(report):
                if monotonic() - report.since > line.limit_s and not line.dark:
                    line.dark = True
                    self._darken(report.call, "log_away")
                await asyncio.sleep(_RETRY_S)
                continue
            line.reports.popleft()
            if report.number >= 0:
                self._journal.acknowledge(report.number)
            if line.dark:
                line.dark = False
                self._on_light(report.call, "log_back")

    async def _sent(self, report: _Report) -> bool:
        """True when the recorder has it, or the rules refused it for good."""
        peer = self._peer
        if peer is None:
            return False
        try:
            await peer.call(report.message, report.body)
        except PeerGone:
            return False
        except PeerRefused as refusal:
            if refusal.kind in _TRY_AGAIN:
                return False
            kind = report.body.get("name", report.message)
            log.warning("A report was refused.", call=report.call, kind=kind, error=refusal.kind)
        return True

    def _darken(self, call: str, cause: str) -> None:
        self._on_dark(call, cause)
