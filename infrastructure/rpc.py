"""Calls between our own processes over a private Unix socket: length-prefixed msgpack, both ways on one connection.

Each side may call the other; answers may come in any order. A message is
`[id, kind, name, body]`; a lost connection fails every call that waits with `PeerGone`.
"""

import asyncio
import contextlib
import os
import struct
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Self

import msgspec

MESSAGE_BYTES_MAX = 16 * 1024 * 1024
IN_FLIGHT_MAX = 256  # calls being answered at once on one connection; beyond, reading waits: back-pressure

Handler = Callable[["Peer", Any], Awaitable[Any]]

_CALL, _ANSWER, _FAILURE = 0, 1, 2
_HEADER = struct.Struct("!I")


class PeerGone(Exception):
    """The other process closed the connection, or died."""


class PeerRefused(Exception):
    """The other process answered with an error; the text is its own sentence."""

    def __init__(self, kind: str, sentence: str) -> None:
        super().__init__(sentence)
        self.kind = kind  # class name of the error over there


class Peer:
    """One end of a connection. `handlers` answer what the other end asks."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, handlers: Mapping[str, Handler]
    ) -> None:
        self._reader, self._writer, self._handlers = reader, writer, handlers
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._answering: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._reading = asyncio.create_task(self._read())
        self.gone = asyncio.Event()

    async def call(self, name: str, body: Any = None) -> Any:
        """Ask the other end and wait for its answer. Raises `PeerGone` or `PeerRefused`."""
        if self.gone.is_set():
            raise PeerGone(name)
        self._next_id += 1
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = answer
        ident = self._next_id
        try:
            await self._send([ident, _CALL, name, body])
            return await answer
        finally:
            self._waiting.pop(ident, None)

    async def close(self) -> None:
        """Close the connection and wait until nothing of it runs any more."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        if not self.gone.is_set():  # it was cancelled before it had begun
            await self._end()

    async def _send(self, message: list[Any]) -> None:
        content = msgspec.msgpack.encode(message)
        try:
            self._writer.write(_HEADER.pack(len(content)) + content)
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise PeerGone(str(message[2])) from error

    async def _read(self) -> None:
        try:
            while True:
                (length,) = _HEADER.unpack(await self._reader.readexactly(_HEADER.size))
                if length > MESSAGE_BYTES_MAX:
                    raise ConnectionError("a message longer than the limit")
                message = msgspec.msgpack.decode(await self._reader.readexactly(length))
                await self._take(message)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            return
        finally:
            await self._end()

    async def _take(self, message: list[Any]) -> None:
        ident, kind, name, body = message
        if kind == _CALL:
            await self._room.acquire()
            task = asyncio.create_task(self._answer(ident, name, body))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        waiting = self._waiting.get(ident)
        if waiting is None or waiting.done():
            return  # the caller gave up
        if kind == _ANSWER:
            waiting.set_result(body)
        else:
            waiting.set_exception(PeerRefused(name, body))

    async def _answer(self, ident: int, name: str, body: Any) -> None:
        try:
            handler = self._handlers.get(name)
            if handler is None:
                await self._send([ident, _FAILURE, "UnknownCall", f"There is no call named {name}."])
                return
            await self._send([ident, _ANSWER, name, await handler(self, body)])
        except PeerGone:
            return
        except Exception as error:  # noqa: BLE001  whatever went wrong there must reach the caller here
            with contextlib.suppress(PeerGone):
                await self._send([ident, _FAILURE, type(error).__name__, str(error)])
        finally:
            self._room.release()

    async def _end(self) -> None:
        self.gone.set()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(PeerGone("the connection closed"))
        for task in list(self._answering):
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(ConnectionError, OSError):
            await self._writer.wait_closed()


async def connect(path: Path, handlers: Mapping[str, Handler] | None = None) -> Peer:
    """Connect to another process of ours. Raises OSError when nobody listens."""
    reader, writer = await asyncio.open_unix_connection(str(path))
    return Peer(reader, writer, handlers or {})


class Server:
    """Listens on a Unix socket that only our own user can open."""

    def __init__(
        self,
        path: Path,
        handlers: Mapping[str, Handler],
        on_peer: Callable[[Peer], Awaitable[None]] | None = None,
    ) -> None:
        self._path, self._handlers, self._on_peer = path, handlers, on_peer
        self._peers: set[Peer] = set()

    async def __aenter__(self) -> Self:
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            self._server = await asyncio.start_unix_server(self._connected, str(self._path))
        finally:
            os.umask(before)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for peer in list(self._peers):
            await peer.close()
        self._path.unlink(missing_ok=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer, self._handlers)
        self._peers.add(peer)
        if self._on_peer is not None:
            await self._on_peer(peer)
        await peer.gone.wait()
        self._peers.discard(peer)
