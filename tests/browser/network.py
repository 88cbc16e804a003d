"""A network of two: this machine, and a place of its own for a browser, with a cable between them that can be pulled.

Only root may make one. Its addresses exist on this machine alone.
"""

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.browser.browsers import executable
from tests.browser.forward import forward

LOCAL = "127.0.0.1"
HERE, THERE = "10.203.17.1", "10.203.17.2"
PREFIX = 30


@dataclass(frozen=True)
class Cable:
    """The cable, and the place at its far end."""

    place: str
    end: str

    def browser(self, folder: Path) -> Path:
        """The program that starts the browser at the far end."""
        program = folder / "browser-at-the-far-end"
        program.write_text(
            f'#!/bin/sh\nexec ip netns exec {self.place} {shlex.quote(executable() or "")} "$@"\n'
        )
        program.chmod(0o700)
        return program

    @asynccontextmanager
    async def pages(self, port: int) -> AsyncIterator[None]:
        """The pages of this machine are found at the far end too, under its own 127.0.0.1."""
        far = await asyncio.create_subprocess_exec(
            *("ip", "netns", "exec", self.place, sys.executable, "-m", "tests.browser.forward"),
            *(LOCAL, HERE, str(port)),
        )
        async with await forward(HERE, LOCAL, port):
            try:
                yield
            finally:
                far.terminate()
                await far.wait()

    async def pull(self) -> None:
        """Nothing comes or goes any more."""
        await _ip("-n", self.place, "link", "set", self.end, "down")

    async def plug_in(self) -> None:
        """It does again."""
        await _ip("-n", self.place, "link", "set", self.end, "up")


def may_be_made() -> bool:
    """Whether this user may make networks, and has what it takes."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


@asynccontextmanager
async def cable() -> AsyncIterator[Cable]:
    """Lay it, and take everything away afterwards."""
    made = Cable(f"kinline-{os.getpid()}", f"kin{os.getpid()}b")
    near = f"kin{os.getpid()}a"
    await _ip("netns", "add", made.place)
    try:
        await _ip("link", "add", near, "type", "veth", "peer", "name", made.end, "netns", made.place)
        await _ip("address", "add", f"{HERE}/{PREFIX}", "dev", near)
        await _ip("link", "set", near, "up")
        await _ip("-n", made.place, "address", "add", f"{THERE}/{PREFIX}", "dev", made.end)
        for name in ("lo", made.end):
            await _ip("-n", made.place, "link", "set", name, "up")
        yield made
    finally:
        await _ip("netns", "delete", made.place)  # the cable goes with it


async def _ip(*arguments: str) -> None:
    process = await asyncio.create_subprocess_exec("ip", *arguments, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode:
        raise OSError(f"ip {' '.join(arguments)}: {said.decode().strip()}")
