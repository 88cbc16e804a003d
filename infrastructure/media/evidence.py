"""Keeps a picture of what is found on one side: the sample on which it was decided, as it was judged.

Nobody waits for it. It is on record only once it is in the vault; where it cannot get there, that is on record.
"""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

from application.ports import Still
from domain.clearance import Side, Tap
from domain.evidence_picture import PICTURES_MAX
from domain.moderation.block import digest
from domain.moderation.verdict import Raised
from infrastructure.media.clearance import Grant
from infrastructure.media.into_vault import Put, into_vault
from infrastructure.media.judge import Judged
from infrastructure.media.still import faces_of, whole

PATIENCE_S: Final = 30.0  # a picture that is not in the vault by then is given up
STOP_S: Final = 5.0  # the same, at the end of a call


@dataclass(frozen=True, slots=True)
class EvidencePicture:
    """A picture in the vault, and what it is of."""

    violation: str
    digest: str
    still: Still
    concerned: int | None  # index of the face it is about


class EvidenceFacts(Protocol):
    """What is put on record of pictures."""

    def picture_kept(self, side: Side, picture: EvidencePicture) -> None:
        """It is in the vault."""

    def picture_failed(self, side: Side, violation: str, cause: str) -> None:
        """There is none."""


class Evidence:
    """One side's pictures, for as long as the call lasts.

    `drawing`: held while a picture is drawn, since a decoded picture crashes when two threads scale it at once.
    """

    def __init__(self, call: str, side: Side, put: Put, facts: EvidenceFacts, drawing: asyncio.Lock) -> None:
        self._call, self._side = call, side
        self._put, self._facts, self._drawing = put, facts, drawing
        self._kept = 0
        self._under_way: dict[str, asyncio.Task[None]] = {}  # by violation; at most PICTURES_MAX

    def keep(self, grant: Grant, violation: str, raised: Raised, judged: Judged) -> None:
        """Keep the picture of something that was just found."""
        if grant.tap is not Tap.EVIDENCE:
            raise ValueError("A picture of what was found is kept under a grant to keep it.")
        if self._kept >= PICTURES_MAX:
            self._facts.picture_failed(self._side, violation, "enough")
            return
        self._kept += 1
        self._under_way[violation] = asyncio.create_task(self._keep(violation, raised, judged))

    async def stop(self) -> None:
        """The call is over: whatever is not in the vault soon is given up."""
        if self._under_way:
            await asyncio.wait(self._under_way.values(), timeout=STOP_S)
        late, self._under_way = self._under_way, {}
        for task in late.values():
            task.cancel()
        await asyncio.gather(*late.values(), return_exceptions=True)
        for violation in late:
            self._facts.picture_failed(self._side, violation, "vault_away")

    async def _keep(self, violation: str, raised: Raised, judged: Judged) -> None:
        async with self._drawing:
            still = await asyncio.to_thread(whole, judged)
        try:
            async with asyncio.timeout(PATIENCE_S):
                taken = await into_vault(self._put, still.jpeg, self._call)
        except TimeoutError:
            self._facts.picture_failed(self._side, violation, "vault_away")
        else:
            self._tell(violation, raised, judged, still, taken=taken)
        self._under_way.pop(violation, None)

    def _tell(self, violation: str, raised: Raised, judged: Judged, still: Still, *, taken: bool) -> None:
        if not taken:
            self._facts.picture_failed(self._side, violation, "vault_refused")
            return
        tracks = [face.track for face in faces_of(judged)]
        about = raised.evidence.track
        concerned = tracks.index(about) if about in tracks else None
        picture = EvidencePicture(violation, digest(still.jpeg), still, concerned)
        self._facts.picture_kept(self._side, picture)
