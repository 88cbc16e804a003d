"""The one way out to addresses that somebody entered: where they lead is checked before each connection.

An address has to be public and https, or in KINLINE_WEBHOOKS_ALLOW: else an administrator's webhook could
make this machine knock at doors inside its own network. The host's name is looked up once, every address
it has is checked, and the connection goes to the one that was checked: the name cannot change in between.
"""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import urlsplit, urlunsplit

import httpx

from domain.event import Refused
from domain.subscription import check_url

PATIENCE_S = 15.0  # from the connection to the first line of the answer
LOOK_UP_S = 5.0
PORTS = {"https": 443, "http": 80}

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]

_CARRIES_ANOTHER = tuple(map(ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")))
"""Networks whose addresses are a way to one of IPv4, which may be one inside."""


class Unreachable(Exception):
    """Nothing was answered. The message says what kind of failure it was, and nothing of the other side's."""


@dataclass(frozen=True)
class Target:
    """An address that was checked, and how to reach exactly it."""

    url: str  # with the number in place of the host's name
    host: str  # the name as it was entered, for the other side and for its certificate
    header: str  # the same with its port, where that is not the usual one


async def look_up(host: str, port: int) -> Sequence[Address]:
    """Every address of a host. Raises OSError, TimeoutError."""
    async with asyncio.timeout(LOOK_UP_S):
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [ip_address(str(address[0]).partition("%")[0]) for *_, address in found]


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts."""
    return ssl.create_default_context()


class Outbound:
    """Posts to addresses that may be posted to. Open it with `async with`."""

    def __init__(self, allow: str, *, resolve: Resolve = look_up, patience_s: float = PATIENCE_S) -> None:
        """Raises ValueError when `allow` names a network that is none."""
        entries = [entry.strip().lower() for entry in allow.split(",") if entry.strip()]
        self._hosts = frozenset(entries)
        self._networks = [_network(entry) for entry in entries if entry[0].isdigit() or ":" in entry]
        self._resolve, self._patience_s = resolve, patience_s

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(
            follow_redirects=False,
            trust_env=False,  # a proxy would look the name up by itself
            verify=_trusted(),
            timeout=self._patience_s,
            # A connection is kept by its number: another name behind the same number would be believed.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def check(self, url: str) -> Target:
        """The way to an address. Raises `Refused` when it may not be used."""
        check_url(url)
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
        port = parts.port or PORTS[parts.scheme]
        addresses = await self._addresses(host, port)
        if not all(self._may(host, address, parts.scheme) for address in addresses):
            raise Refused(
                "Webhooks are sent to public addresses by https only. The operator may allow others.",
                "url_not_allowed",
            )
        number = addresses[0]
        place = f"[{number}]:{port}" if number.version == 6 else f"{number}:{port}"
        named = f"[{host}]" if ":" in host else host
        header = named if port == PORTS[parts.scheme] else f"{named}:{port}"
        return Target(urlunsplit((parts.scheme, place, parts.path or "/", parts.query, "")), host, header)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """The status that was answered; what else was answered is not read. Raises `Refused`, `Unreachable`."""
        target = await self.check(url)
        try:
            async with (
                asyncio.timeout(self._patience_s),
                self._client.stream(
                    "POST",
                    target.url,
                    content=body,
                    headers={**headers, "host": target.header},
                    extensions={"sni_hostname": target.host},
                ) as answer,
            ):
                return answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
            raise Unreachable(type(error).__name__) from error

    async def _addresses(self, host: str, port: int) -> Sequence[Address]:
        try:
            found = await self._resolve(host, port)
        except (OSError, TimeoutError, UnicodeError, ValueError) as error:
            raise Refused("The host of this address cannot be found.", "url_not_found") from error
        if not found:
            raise Refused("The host of this address cannot be found.", "url_not_found")
        return found

    def _may(self, host: str, address: Address, scheme: str) -> bool:
        plain = getattr(address, "ipv4_mapped", None) or address
        if host in self._hosts or any(plain in network for network in self._networks):
            return True
        hidden = any(plain in network for network in _CARRIES_ANOTHER)
        return scheme == "https" and plain.is_global and not plain.is_multicast and not hidden


def _network(entry: str) -> IPv4Network | IPv6Network:
    return ip_network(entry, strict=False)
