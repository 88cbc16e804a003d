"""Our processes call each other: both ways, in any order, and a lost connection fails whoever waits."""

import asyncio
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from infrastructure.rpc import Handler, Peer, PeerGone, PeerRefused, Server, connect


class NoSuchSeat(Exception):
    """An error of a handler in these tests."""


async def _echo(_: Peer, body: Any) -> Any:
    return body


async def _refuse(_: Peer, __: Any) -> Any:
    raise NoSuchSeat("There is no such seat.")


@asynccontextmanager
async def _pair(
    folder: Path, theirs: dict[str, Handler], ours: dict[str, Handler] | None = None
) -> AsyncIterator[Peer]:
    """A server with handlers, and a connection to it with ours."""
    socket = folder / "test.sock"
    async with Server(socket, theirs):
        peer = await connect(socket, ours)
        try:
            yield peer
        finally:
            await peer.close()


async def test_a_call_is_answered_with_what_was_sent_bytes_included(tmp_path: Path) -> None:
    async with _pair(tmp_path, {"echo": _echo}) as peer:
        body = {"media_ms": 40, "y": bytes(range(256)) * 100, "side": "visitor", "none": None}
        assert await peer.call("echo", body) == body


async def test_answers_come_in_any_order_to_whoever_asked(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def slow(_: Peer, body: Any) -> Any:
        await gate.wait()
        return body

    async with _pair(tmp_path, {"slow": slow, "echo": _echo}) as peer:
        waiting = asyncio.create_task(peer.call("slow", "first asked"))
        assert await peer.call("echo", "second asked") == "second asked"
        gate.set()
        assert await waiting == "first asked"


async def test_the_end_that_was_connected_to_may_call_back(tmp_path: Path) -> None:
    async def ask_back(peer: Peer, _: Any) -> Any:
        return await peer.call("name")

    async def name(_: Peer, __: Any) -> str:
        return "media-1"

    async with _pair(tmp_path, {"who": ask_back}, {"name": name}) as peer:
        assert await peer.call("who") == "media-1"


async def test_an_error_over_there_is_told_with_its_kind_and_its_sentence(tmp_path: Path) -> None:
    async with _pair(tmp_path, {"sit": _refuse}) as peer:
        with pytest.raises(PeerRefused, match="There is no such seat") as refused:
            await peer.call("sit")
        assert refused.value.kind == "NoSuchSeat"
        with pytest.raises(PeerRefused, match="no call named stand"):
            await peer.call("stand")


async def test_everybody_who_waits_is_told_when_the_other_end_goes(tmp_path: Path) -> None:
    asked = asyncio.Event()

    async def never(peer: Peer, _: Any) -> None:
        asked.set()
        await peer.gone.wait()

    socket = tmp_path / "test.sock"
    async with Server(socket, {"never": never}):
        peer = await connect(socket)
        waiting = asyncio.create_task(peer.call("never"))
        await asked.wait()
    with pytest.raises(PeerGone):
        await waiting
    with pytest.raises(PeerGone):
        await peer.call("never")
    await peer.close()


async def test_a_message_longer_than_the_limit_ends_the_connection_and_nothing_else(tmp_path: Path) -> None:
    socket = tmp_path / "test.sock"
    async with Server(socket, {"echo": _echo}):
        reader, writer = await asyncio.open_unix_connection(str(socket))
        writer.write(b"\xff\xff\xff\xff")
        assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        peer = await connect(socket)
        assert await peer.call("echo", 1) == 1
        await peer.close()


async def test_only_our_own_user_may_open_the_socket(tmp_path: Path) -> None:
    socket = tmp_path / "test.sock"
    async with Server(socket, {}):
        assert stat.S_IMODE(socket.stat().st_mode) == 0o600
    assert not socket.exists()
