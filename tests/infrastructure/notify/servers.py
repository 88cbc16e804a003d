"""Little servers on this machine that speak as GOV.UK Notify and as a mail server do."""

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from notifications_python_client.authentication import decode_jwt_token

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
API_KEY = f"test-{SERVICE}-{SECRET}"
LOST = 0  # the message is taken over, and the answer is lost on its way


class NotifyServer:
    """What it took over, in order. `next_answers`: statuses with which the next messages are met."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.next_answers: list[int] = []
        self.complaint = "email_address Not a valid email address"
        self.next_questions: list[int] = []  # the same for questions
        self.statuses: dict[str, str] = {}  # by reference; others are on their way
        self.questions = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @contextlib.contextmanager
    def running(self) -> Iterator["NotifyServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def _took(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        taken = {"id": str(uuid4()), "type": path.rpartition("/")[2], **body}
        self.taken.append(taken)
        return taken

    def _shown(self, taken: dict[str, Any]) -> dict[str, Any]:
        status = self.statuses.get(taken["reference"], "sending")
        return {"id": taken["id"], "reference": taken["reference"], "status": status}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._check_token()
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                status = owner.next_answers.pop(0) if owner.next_answers else 201
                if status == LOST:
                    owner._took(self.path, body)
                    self.close_connection = True
                elif status == 201:
                    self._answer(201, {"id": owner._took(self.path, body)["id"]})
                else:
                    self._answer(
                        status, {"errors": [{"error": "ValidationError", "message": owner.complaint}]}
                    )

            def do_GET(self) -> None:
                self._check_token()
                owner.questions += 1
                if owner.next_questions:
                    self._answer(owner.next_questions.pop(0), {"errors": []})
                    return
                asked = urlsplit(self.path)
                named = parse_qs(asked.query).get("reference", [""])[0]
                ident = asked.path.rpartition("/")[2]
                found = [owner._shown(one) for one in owner.taken if named in ("", one["reference"])]
                if ident == "notifications":
                    self._answer(200, {"notifications": found, "links": {}})
                else:
                    self._answer(200, next(one for one in found if one["id"] == ident))

            def _check_token(self) -> None:
                token = self.headers["authorization"].removeprefix("Bearer ")
                assert decode_jwt_token(token, SECRET)

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        return Handler


class MailServer:
    """A mail server that takes over what it is given, unless `says` holds another answer to a command."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.mails: list[EmailMessage] = []
        self.says: dict[str, str] = {}
        self.port = 0
        self._tls = tls

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["MailServer"]:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._say(writer, "220 here")
            while line := await reader.readline():
                command = line.decode().strip().upper()
                word = command.split(" ")[0].split(":")[0]
                if word == "DATA" and word not in self.says:
                    await self._say(writer, "354 go on")
                    content = (await reader.readuntil(b"\r\n.\r\n"))[:-5].replace(b"\r\n..", b"\r\n.")
                    answer = self.says.get("CONTENT", "250 taken")
                    if answer.startswith("250") or answer == "":
                        mail = message_from_bytes(content, policy=policy.default)
                        assert isinstance(mail, EmailMessage)
                        self.mails.append(mail)
                    if answer == "":
                        return  # the line breaks before the answer
                    await self._say(writer, answer)
                else:
                    await self._say(writer, self.says.get(word, "221 bye" if word == "QUIT" else "250 yes"))
                if word == "QUIT":
                    return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _say(self, writer: asyncio.StreamWriter, answer: str) -> None:
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
