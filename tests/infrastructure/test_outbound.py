"""Where a webhook may lead: public and https, or allowed by the operator; checked at every connection."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address

import pytest

from domain.event import Refused
from infrastructure.outbound import Address, Outbound, Unreachable

PUBLIC = "93.184.216.34"
INSIDE = (
    "https://10.0.0.5/hook",
    "https://172.16.9.9/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://[::1]/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[::ffff:10.0.0.5]/",
    "https://[64:ff9b::a00:5]/",
    "https://[2002:a00:5::1]/",
    "https://2852039166/",  # 169.254.169.254 as one number
    "https://0x7f.1/",
)


def _names(**known: Sequence[str]) -> Outbound:
    """Names that lead where the test says, in place of the world's."""

    async def resolve(host: str, port: int) -> list[Address]:
        return [ip_address(each) for each in known[host.partition(".")[0]]]

    return Outbound("hooks.inside, 10.1.0.0/16", resolve=resolve)


@pytest.mark.parametrize("url", INSIDE)
async def test_no_webhook_leads_inside(url: str) -> None:
    with pytest.raises(Refused) as refused:
        await Outbound("").check(url)
    assert refused.value.rule == "url_not_allowed"


async def test_a_public_address_is_reached_by_https_alone() -> None:
    outbound = _names(example=[PUBLIC])
    target = await outbound.check("https://example.org/hook?a=b")
    assert (target.url, target.host, target.header) == (
        f"https://{PUBLIC}:443/hook?a=b",
        "example.org",
        "example.org",
    )
    with pytest.raises(Refused):
        await outbound.check("http://example.org/hook")


async def test_a_name_that_leads_inside_by_one_of_its_addresses_is_refused() -> None:
    with pytest.raises(Refused):
        await _names(example=[PUBLIC, "10.0.0.5"]).check("https://example.org/")


async def test_the_operator_allows_hosts_and_networks_by_http_too() -> None:
    outbound = _names(hooks=["10.9.9.9"], other=["10.1.2.3"], third=["10.2.2.3"])
    assert (await outbound.check("http://hooks.inside:8080/")).url == "http://10.9.9.9:8080/"
    assert (await outbound.check("http://other.inside/")).url == "http://10.1.2.3:80/"
    with pytest.raises(Refused):
        await outbound.check("http://third.inside/")


async def test_a_name_that_nobody_has_is_said_to_be_so() -> None:
    async def nobody(host: str, port: int) -> list[Address]:
        raise OSError

    with pytest.raises(Refused) as refused:
        await Outbound("", resolve=nobody).check("https://nobody.example/")
    assert refused.value.rule == "url_not_found"


def test_an_entry_that_is_no_network_is_told_at_the_start() -> None:
    with pytest.raises(ValueError, match="10"):
        Outbound("10.0.0.0/99")


@contextlib.asynccontextmanager
async def _server(answer: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers everything with these bytes, and keeps the heads of what was asked."""
    heads: list[bytes] = []
    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            await reader.read()  # until the other side closes
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.add(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook", heads
        await asyncio.gather(*serving)


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
    async with _server(moved) as (url, heads), Outbound("127.0.0.1") as outbound:
        assert await outbound.post(url, b"{}", {"webhook-id": "1"}) == 302
    assert len(heads) == 1
    assert b"webhook-id: 1" in heads[0]


async def test_the_name_is_looked_up_once_and_the_checked_address_is_the_one_that_is_reached() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        return [ip_address("127.0.0.1" if len(asked) == 1 else "10.0.0.5")]

    ok = b"HTTP/1.1 204 No Content\r\n\r\n"
    async with _server(ok) as (url, heads), Outbound("127.0.0.1", resolve=resolve) as outbound:
        port = url.split(":")[2].split("/")[0]
        assert await outbound.post(f"http://changing.example:{port}/", b"{}", {}) == 204
    assert asked == ["changing.example"]
    assert f"host: changing.example:{port}".encode() in heads[0].lower()


async def test_whoever_does_not_answer_in_time_is_not_waited_for() -> None:
    async with _server(b"") as (url, _), Outbound("127.0.0.1", patience_s=0.1) as outbound:
        with pytest.raises(Unreachable):
            await outbound.post(url, b"{}", {})


async def test_an_endless_answer_is_not_read() -> None:
    endless = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 1000
    async with _server(endless) as (url, _), Outbound("127.0.0.1") as outbound:
        assert await outbound.post(url, b"{}", {}) == 200


async def test_a_closed_door_is_unreachable() -> None:
    async with _server(b"") as (url, _):
        pass
    async with Outbound("127.0.0.1") as outbound:
        with pytest.raises(Unreachable, match="ConnectError"):
            await outbound.post(url, b"{}", {})
