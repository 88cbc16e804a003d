"""A line that loses packets: some of the media of one end, always the same ones."""

import random
from typing import Any

from aiortc.rtp import is_rtcp


class LossyLine:
    """Stands between one end and the network. Reports and requests get through; media is lost by chance."""

    def __init__(self, peer: Any, seed: int = 7) -> None:
        transport = peer.getTransceivers()[0].sender.transport
        self._send = transport._send_rtp
        self._chance = random.Random(seed)
        self.share = 0.0  # of the packets that are lost
        self.sent = self.lost = 0
        transport._send_rtp = self._pass_on

    async def _pass_on(self, data: bytes) -> None:
        if not is_rtcp(data):
            self.sent += 1
            if self._chance.random() < self.share:
                self.lost += 1
                return
        await self._send(data)
