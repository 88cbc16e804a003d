"""The relay for browsers: who gets in, what `kinline doctor` finds, against a real coturn."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from api.commands.doctor import _relay
from application.relay import VALID, IceServer, Relay, password
from infrastructure.settings import Settings, relay_of
from infrastructure.turn import Address, RelayRefused, allocate

SECRET = b"a secret of two machines"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_name_tells_until_when_it_holds_and_nothing_about_anybody() -> None:
    one, other = (Relay(("turn:relay.example",), SECRET).servers(NOW)[0] for _ in range(2))
    until, _, chance = one.username.partition(":")
    assert int(until) == int((NOW + VALID).timestamp())
    assert len(chance) == 16
    assert one.username != other.username
    assert one.credential == password(SECRET, one.username) != other.credential


def test_without_a_relay_a_browser_is_given_none_and_its_secret_is_never_shown() -> None:
    assert Relay().servers(NOW) == ()
    assert "secret" not in repr(Relay(("turn:relay.example",), b"a secret"))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("turn:relay.example", Address("relay.example", 3478, "udp", False)),
        ("turn:relay.example:80?transport=tcp", Address("relay.example", 80, "tcp", False)),
        ("turns:relay.example:443", Address("relay.example", 443, "tcp", True)),
        ("turn:[::1]:3478?transport=udp", Address("::1", 3478, "udp", False)),
    ],
)
def test_an_address_says_where_and_how(url: str, address: Address) -> None:
    assert Address.of(url) == address


@pytest.mark.parametrize("url", ["stun:stun.example", "relay.example", "turn:", "turn:x?transport=pigeon"])
def test_anything_else_is_no_address_of_a_relay(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a relay"):
        Address.of(url)


def test_a_relay_is_set_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="wants both"):
        Settings(turn_urls="turn:relay.example")
    secret = tmp_path / "secret"
    secret.write_text("of two machines\n", encoding="utf-8")
    urls = "turn:relay.example?transport=udp, turns:relay.example:443"
    relay = relay_of(Settings(turn_urls=urls, turn_secret_file=secret))
    assert relay.urls == ("turn:relay.example?transport=udp", "turns:relay.example:443")
    assert relay.secret == b"of two machines"
    assert relay_of(Settings()) == Relay()


@pytest_asyncio.fixture
async def coturn(tmp_path: Path) -> AsyncIterator[str]:
    """A relay on this machine; its address."""
    program = shutil.which("turnserver")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("No relay was found, and CI wants one: apt-get install coturn.")
        pytest.skip("NO RELAY: apt-get install coturn.")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    arguments = [
        "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}",
        "--use-auth-secret", f"--static-auth-secret={SECRET.decode()}", "--realm=kinline.test",
        "--no-cli", "--no-tls", "--no-dtls", "--log-file=stdout", f"--pidfile={tmp_path / 'pid'}",
        f"--userdb={tmp_path / 'db'}",
    ]  # fmt: skip
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(program, *arguments, stdout=log, stderr=log)
    try:
        await _listens(port)
        yield f"turn:127.0.0.1:{port}?transport=udp"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
                continue
            writer.close()
            return


async def test_the_relay_lets_our_callers_in_and_nobody_else(coturn: str) -> None:
    ours = Relay((coturn,), SECRET).servers(datetime.now(UTC))[0]
    await allocate(ours)
    with pytest.raises(RelayRefused, match="lets nobody in"):
        await allocate(IceServer(coturn, ours.username, password(b"another secret", ours.username)))
    old = Relay((coturn,), SECRET).servers(datetime.now(UTC) - VALID - timedelta(minutes=1))[0]
    with pytest.raises(RelayRefused, match="lets nobody in"):
        await allocate(old)


async def test_doctor_says_whether_the_relay_is_well(coturn: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    settings = Settings(turn_urls=coturn, turn_secret_file=secret)
    (well,) = await asyncio.to_thread(_relay, settings)
    assert (well.well, well.says) == (True, f"{coturn} answers and lets our callers in")
    secret.write_bytes(b"another")
    (ill,) = await asyncio.to_thread(_relay, settings)
    assert not ill.well
    secret.unlink()
    (unread,) = await asyncio.to_thread(_relay, settings)
    assert not unread.well
    (none,) = await asyncio.to_thread(_relay, Settings())
    assert none.well
