"""What a worker keeps of pictures goes straight into the vault: not through the journal, not onto this disk."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from infrastructure.rpc import PeerGone, PeerRefused

_AGAIN_S: Final = 0.25
_TRY_AGAIN = frozenset({"StoreAway", "PeerGone"})

Put = Callable[[bytes], Awaitable[None]]
"""Sends content to the vault once; raises `PeerGone` or `PeerRefused`."""

log = structlog.get_logger()


async def into_vault(put: Put, content: bytes, call: str) -> bool:
    """True when the vault has it; it is sent until then. False: it will never take it."""
    while True:
        try:
            await put(content)
        except PeerRefused as refusal:
            if refusal.kind not in _TRY_AGAIN:
                log.error("The vault took nothing of a call.", call=call, error=refusal)
                return False
        except PeerGone:
            pass
        else:
            return True
        await asyncio.sleep(_AGAIN_S)
