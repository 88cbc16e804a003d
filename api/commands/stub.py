"""`kinline stub`: the other side, for integrators: takes webhooks and checks them, or sends an example fact in."""

import asyncio
import signal
import socket
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer
import uvicorn

from api.commands.output import JsonOption, print_json, wrong
from application.examples import EXAMPLES
from infrastructure.stub import Stub, in_json, in_words

NOT_TAKEN = 1
HOST = "127.0.0.1"
PATIENCE_S = 10.0


def stub(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8090,
    secret_file: Annotated[
        Path | None,
        typer.Option(help="File with the webhook's secret; one on each line while it is exchanged."),
    ] = None,
    fail_first: Annotated[int, typer.Option(min=0, help="Answer the first attempts with 503.")] = 0,
    down: Annotated[
        bool, typer.Option("--down", help="Be down until SIGUSR1, or a POST to /stub/up.")
    ] = False,
    gone: Annotated[bool, typer.Option("--gone", help="Say that the address is no more (410).")] = False,
    send: Annotated[
        str | None, typer.Option(help="Send an example of this type in, such as prisoner.released.")
    ] = None,
    to: Annotated[str, typer.Option(help="Where Kinline is.")] = "http://127.0.0.1:8000",
    prison: Annotated[str | None, typer.Option(help="The prison whose system tells it.")] = None,
    number: Annotated[str | None, typer.Option(help="The prisoner number in the example.")] = None,
    change: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE in the example's data; may be repeated.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File with a token from `kinline token --role NB`.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Be a neighbouring system: take webhooks on this machine and check their signatures, or send a fact in."""
    if send is None:
        _listen(port, secret_file, fail_first, down=down, gone=gone, as_json=json)
    else:
        _send(send, to, prison, number, change or [], token_file, as_json=json)


def _listen(
    port: int, secret_file: Path | None, fail_first: int, *, down: bool, gone: bool, as_json: bool
) -> None:
    if secret_file is None:
        wrong("Please give --secret-file: the secret that the webhook was made with.")
    _secrets(secret_file)  # what is wrong with the file is said before anything is taken
    form: Callable[[dict[str, Any]], str] = in_json if as_json else in_words
    made = Stub(
        lambda: _secrets(secret_file), fail_first, down, gone, lambda line: print(form(line), flush=True)
    )
    try:
        door = socket.create_server((HOST, port))
    except OSError:
        wrong(f"Port {port} of {HOST} cannot be listened on.")
    address = f"http://{HOST}:{door.getsockname()[1]}/"
    print(
        in_json({"listening": address}) if as_json else f"Listening on {address} (Ctrl-C ends it).",
        flush=True,
    )
    asyncio.run(_serve(made, door))


async def _serve(made: Stub, door: socket.socket) -> None:
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, made.up)
    await uvicorn.Server(uvicorn.Config(made.app, log_config=None, access_log=False)).serve(sockets=[door])


def _secrets(path: Path) -> Sequence[str]:
    lines = [line.strip() for line in _read(path).splitlines()]
    found = [line for line in lines if line]
    if not found:
        wrong(f"There is no secret in {path}.")
    return found


def _send(
    kind: str, to: str, prison: str | None, number: str | None, changes: Sequence[str], token_file: Path | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    if prison is None or token_file is None:
        wrong("Please give --prison and --token-file.")
    message = example(kind, number, changes)
    url = f"{to.rstrip('/')}/v1/prisons/{prison}/facts"
    headers = {"authorization": f"Bearer {_read(token_file).strip()}"}
    try:
        answer = httpx.post(url, json=message, headers=headers, timeout=PATIENCE_S, trust_env=False)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        wrong(f"Kinline does not answer at {to}.")
    found = _answered(answer)
    if as_json:
        print_json({"status": answer.status_code, "sent": message, "answer": found})
    else:
        print(_said(answer.status_code, found))
    if answer.status_code != httpx.codes.OK or found["receipts"][0]["outcome"] == "refused":
        raise typer.Exit(NOT_TAKEN)


def example(kind: str, number: str | None, changes: Sequence[str]) -> dict[str, Any]:
    """A message of this type that is true now."""
    if kind not in EXAMPLES:
        wrong(f"There is no type {kind}. There are: {', '.join(EXAMPLES)}.")
    now = datetime.now(UTC).isoformat()
    data = dict(EXAMPLES[kind])
    if number is not None and "number" in data:
        data["number"] = number
    if "as_of" in data:
        data["as_of"] = now
    for each in changes:
        name, found, value = each.partition("=")
        if not found:
            wrong(f"--set takes FIELD=VALUE, and {each} has no `=`.")
        data[name] = value
    return {
        "specversion": "1.0",
        "id": str(uuid4()),
        "source": "kinline-stub",
        "type": kind,
        "time": now,
        "data": data,
    }


def _answered(answer: httpx.Response) -> dict[str, Any]:
    try:
        found: dict[str, Any] = answer.json()
    except ValueError:
        wrong(f"What answers there is not Kinline (status {answer.status_code}).")
    return found


def _said(status: int, found: dict[str, Any]) -> str:
    if status != httpx.codes.OK:
        parts = [f"{part['pointer']}: {part['detail']}" for part in found.get("errors") or ()]
        return "\n".join([f"{status}: {found.get('detail', 'refused')}", *parts])
    receipt = found["receipts"][0]
    detail = receipt["detail"] or f"position {receipt['position']}"
    return f"{receipt['outcome']}: {detail}"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        wrong(f"{path} cannot be read.")
