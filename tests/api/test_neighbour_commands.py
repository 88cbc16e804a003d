"""`kinline token` and `kinline stub`, as an operator and an integrator use them by hand."""

import asyncio
import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from standardwebhooks import Webhook
from typer.testing import CliRunner, Result

from api.cli import app
from domain.prisoner.events import FactsReceived, PrisonerReceived
from infrastructure.migrations import Databases
from tests.facts import PRISON
from tests.house import House
from tests.neighbour import real_now

SECRET = "whsec_bm90IGEgc2VjcmV0LCBhIHRlc3Q="
OTHER = "whsec_YW5vdGhlciBvbmUsIGFsc28gYSB0ZXN0"
EVENT = {
    "id": "event-1",
    "type": "secure-video-call.booked",
    "subject": "call-1",
    "time": "2026-11-23T12:00:00Z",
    "sequence": "00000000000000000007",
}


async def _run(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


# --- kinline token


@pytest.fixture
def installed(databases: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KINLINE_DATABASE_URL", databases.owner)


@pytest.mark.postgres
async def test_a_token_is_made_listed_and_revoked(house: House, installed: None) -> None:
    house.clock.moment = real_now()
    made = await _run("token", "--role", "NB", "--prison", PRISON, "--label", "prison record")
    assert made.exit_code == 0, made.output
    token = made.output.strip()
    system = {"authorization": f"Bearer {token}"}
    assert (await house.browser().get("/v1/events", headers=system)).status_code == 200

    (listed,) = json.loads((await _run("token", "--list", "--json")).output)
    assert (listed["role"], listed["prison"], listed["label"]) == ("NB", PRISON, "prison record")
    in_words = (await _run("token", "--list")).output
    assert listed["token"] in in_words
    assert token not in in_words

    assert (await _run("token", "--revoke", listed["token"])).exit_code == 0
    assert (await house.browser().get("/v1/events", headers=system)).status_code == 401
    assert (await _run("token", "--revoke", listed["token"])).exit_code == 2


@pytest.mark.parametrize(
    "arguments",
    [["--role", "GO"], ["--prison", "../x"], ["--revoke", "the first"]],
    ids=lambda arguments: arguments[0],
)
async def test_what_cannot_be_is_said_in_one_line(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "postgres").mkdir()
    monkeypatch.setenv("KINLINE_DATA", str(tmp_path))
    result = await _run("token", *arguments)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1


async def test_without_data_there_is_nothing_to_make_a_token_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KINLINE_DATA", str(tmp_path / "none"))
    result = await _run("token")
    assert (result.exit_code, "Start Kinline once" in result.output) == (2, True)


# --- kinline stub


class Running:
    """The stub as a process of its own, listening."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.url: str = self.line()["listening"]

    def line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        found: dict[str, Any] = json.loads(self.process.stdout.readline())
        return found

    def post(self, secret: str, ident: str = "event-1") -> int:
        body, at = json.dumps(EVENT | {"id": ident}), datetime.now(UTC)
        headers = {
            "webhook-id": ident,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(ident, at, body),
        }
        return httpx.post(self.url + "hook", content=body, headers=headers, trust_env=False).status_code

    def ask(self, method: str, path: str) -> httpx.Response:
        return httpx.request(method, self.url + path, trust_env=False)


@contextlib.contextmanager
def _stub(folder: Path, *arguments: str) -> Iterator[Running]:
    (folder / "secret").write_text(f"{SECRET}\n")
    command = [sys.executable, "-c", "from api.cli import main; main()", "stub", "--port", "0", "--json"]
    process = subprocess.Popen(
        [*command, "--secret-file", str(folder / "secret"), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    with process:
        try:
            yield Running(process)
        finally:
            process.terminate()
            process.wait(20)


def test_the_stub_takes_what_is_signed_and_tells_what_came(tmp_path: Path) -> None:
    with _stub(tmp_path) as stub:
        assert [stub.post(SECRET), stub.post(SECRET), stub.post(OTHER, "event-2")] == [204, 204, 401]
        lines = [stub.line() for _ in range(3)]
        assert [(line["taken"], line.get("again")) for line in lines] == [
            (True, False),
            (True, True),
            (False, None),
        ]
        (tmp_path / "secret").write_text(f"{OTHER}\n{SECRET}\n")  # exchanged while it runs
        assert stub.post(OTHER, "event-2") == 204
        told = stub.ask("GET", "stub/received").json()
        assert [event["id"] for event in told["received"]] == ["event-1", "event-2"]


def test_the_stub_is_down_as_long_as_it_is_told_to(tmp_path: Path) -> None:
    with _stub(tmp_path, "--down") as stub:
        assert stub.post(SECRET) == 503
        assert stub.line()["because"] == "down"
        stub.process.send_signal(signal.SIGUSR1)
        assert stub.line() == {"stub": "up"}
        assert stub.post(SECRET) == 204
        assert stub.ask("POST", "stub/down").status_code == 204
        assert stub.post(SECRET, "event-2") == 503
        assert stub.ask("POST", "stub/up").status_code == 204
        assert stub.post(SECRET, "event-2") == 204


def test_the_stub_fails_as_often_as_it_is_told_to(tmp_path: Path) -> None:
    with _stub(tmp_path, "--fail-first", "2") as stub:
        assert [stub.post(SECRET) for _ in range(3)] == [503, 503, 204]


@contextlib.asynccontextmanager
async def _served(house: House) -> AsyncIterator[str]:
    """The application on a real port."""
    door = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(house.app, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[door]))
    try:
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
        door.close()


@pytest.mark.postgres
async def test_the_stub_sends_facts_in_with_a_token(house: House, installed: None, tmp_path: Path) -> None:
    house.clock.moment = real_now()
    (tmp_path / "token").write_text((await _run("token", "--prison", PRISON)).output)
    async with _served(house) as address:
        common = ["--to", address, "--prison", PRISON, "--token-file", str(tmp_path / "token")]
        unknown = await _run("stub", "--send", "prisoner.released", "--number", "B4321CB", *common)
        assert (unknown.exit_code, "refused: Nobody is known" in unknown.output) == (1, True)
        new = ["--set", "name=Somebody New", "--set", "date_of_birth=1990-05-17"]
        received = await _run("stub", "--send", "prisoner.received", "--number", "B4321CB", *new, *common)
        assert (received.exit_code, "taken: position" in received.output) == (0, True)
        heard = await _run("stub", "--send", "facts.received", "--json", *common)
        assert json.loads(heard.output)["answer"]["receipts"][0]["outcome"] == "taken"
        wrong = await _run("stub", "--send", "prisoner.released", "--set", "reason=bored", *common)
        assert (wrong.exit_code, "/body/0/data/reason" in wrong.output) == (1, True)
        (tmp_path / "token").write_text("kinline_nobody")
        nobody = await _run("stub", "--send", "facts.received", *common)
        assert (nobody.exit_code, "401: Please sign in." in nobody.output) == (1, True)
    assert len(await house.events(PrisonerReceived)) == len(await house.events(FactsReceived)) == 1
    away = await _run("stub", "--send", "facts.received", *common)
    assert (away.exit_code, "does not answer" in away.output) == (2, True)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--secret-file", "nowhere"],
        ["--send", "prisoner.vanished", "--prison", "MDI", "--token-file", "nowhere"],
        ["--send", "prisoner.released"],
        ["--send", "prisoner.released", "--prison", "MDI", "--token-file", "nowhere"],
        ["--send", "prisoner.released", "--prison", "MDI", "--token-file", "x", "--set", "reason"],
    ],
    ids=["no secret", "no file", "no type", "no prison", "no token", "no value"],
)
async def test_what_the_stub_lacks_is_said_in_one_line(arguments: list[str]) -> None:
    result = await _run("stub", *arguments)
    assert result.exit_code == 2
    assert len(result.output.strip().splitlines()) == 1
