"""As much of a WebSocket client (RFC 6455) as it takes to speak with a browser on this machine: text, both ways."""

import asyncio
import base64
import secrets
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

_LAST, _TEXT, _CLOSE, _PING, _PONG = 0x80, 0x1, 0x8, 0x9, 0xA
_MASKED = 0x80
_MASK = bytes(
    4
)  # a client has to mask; it guards proxies, of which there is none between two of our processes


class Closed(Exception):
    """The other end has gone."""


@dataclass(frozen=True)
class WebSocket:
    """A connection that is open."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def connect(cls, url: str) -> "WebSocket":
        """Open it. Raises `Closed` where the other end does not want to."""
        at = urlsplit(url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        wanted = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key}
        fields = {"Host": at.netloc, "Sec-WebSocket-Version": "13", **wanted}
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        writer.write(f"GET {at.path} HTTP/1.1\r\n{head}\r\n".encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 101 " not in answer.split(b"\r\n", 1)[0]:
            raise Closed(answer.decode(errors="replace"))
        return cls(reader, writer)

    async def send(self, text: str) -> None:
        """Send one message."""
        self._write(_TEXT, text.encode())
        await self.writer.drain()

    async def receive(self) -> str:
        """The next message. Raises `Closed` when there will be none."""
        text = b""
        while True:
            kind, is_last, part = await self._frame()
            if kind == _CLOSE:
                raise Closed
            if kind == _PING:
                self._write(_PONG, part)
            elif kind != _PONG:
                text += part
                if is_last:
                    return text.decode()

    def close(self) -> None:
        """Hang up."""
        self.writer.close()

    def _write(self, kind: int, content: bytes) -> None:
        size = len(content)
        if size < 126:
            length = struct.pack("!B", _MASKED | size)
        elif size < 1 << 16:
            length = struct.pack("!BH", _MASKED | 126, size)
        else:
            length = struct.pack("!BQ", _MASKED | 127, size)
        mask = secrets.token_bytes(4)
        self.writer.write(bytes([_LAST | kind]) + length + mask + _masked(content, mask))

    async def _frame(self) -> tuple[int, bool, bytes]:
        try:
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, bool(first & _LAST), await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise Closed from error


def _masked(content: bytes, mask: bytes) -> bytes:
    """The content under the mask that every client has to lay over it."""
    size = len(content)
    over = (mask * (size // len(mask) + 1))[:size]
    return (int.from_bytes(content) ^ int.from_bytes(over)).to_bytes(size)
