"""Whether the relay (TURN) that browsers are sent to answers, and lets in whoever we let in."""

import asyncio
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlsplit

from aioice.stun import TransactionError
from aioice.turn import create_turn_endpoint

from application.relay import IceServer

PATIENCE_S = 5.0

_PORTS = {"turn": 3478, "turns": 5349}


class RelayRefused(Exception):
    """The relay cannot be used. The message says why."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a relay's URL says."""

    host: str
    port: int
    transport: str  # udp, tcp
    tls: bool

    @classmethod
    def of(cls, url: str) -> Self:
        """Read `turn:host:port?transport=udp` or `turns:…`. Raises ValueError."""
        scheme, _, rest = url.partition(":")
        if scheme not in _PORTS or not rest:
            raise ValueError(f"{url} is no address of a relay: turn:host:port or turns:host:port")
        parts = urlsplit(f"//{rest}")
        tls = scheme == "turns"
        transport = parse_qs(parts.query).get("transport", ["tcp" if tls else "udp"])[0]
        if parts.hostname is None or transport not in ("udp", "tcp"):
            raise ValueError(f"{url} is no address of a relay: its transport is udp or tcp")
        return cls(parts.hostname, parts.port or _PORTS[scheme], transport, tls)


async def allocate(server: IceServer) -> None:
    """Ask the relay for an address as a browser would, and give it back. Raises `RelayRefused`."""
    address = Address.of(server.urls)
    try:
        async with asyncio.timeout(PATIENCE_S):
            relayed, _ = await create_turn_endpoint(
                asyncio.DatagramProtocol,
                (address.host, address.port),
                server.username,
                server.credential,
                ssl=address.tls or None,
                transport=address.transport,
            )
            relayed.close()
            await asyncio.sleep(0)  # let it say goodbye
    except TimeoutError as error:
        raise RelayRefused(f"{server.urls} does not answer") from error
    except (TransactionError, OSError) as error:
        raise RelayRefused(f"{server.urls} lets nobody in: {error}") from error
