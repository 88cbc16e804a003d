"""Hands what comes to a port of one address on to the same port of another.

`python -m tests.browser.forward HERE THERE PORT`

A browser opens a camera for pages of 127.0.0.1 and for https. One that sits at the far end of a cable finds the
pages under its own 127.0.0.1.
"""

import asyncio
import contextlib
import sys


async def forward(here: str, there: str, port: int) -> asyncio.Server:
    """Listen here, and hand on. The server can be closed."""

    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward_reader, onward = await asyncio.open_connection(there, port)
        await asyncio.gather(_pour(reader, onward), _pour(onward_reader, writer))

    return await asyncio.start_server(taken, here, port)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(65536):
            writer.write(part)
            await writer.drain()
    writer.close()


async def _main() -> None:
    here, there, port = sys.argv[1:]
    await (await forward(here, there, int(port))).serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
