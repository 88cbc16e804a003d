"""How late sound is behind a server when 5 % of what both sides send is lost: ours, against a plain aiortc relay.

The relay is aiortc's MediaRelay with its own jitter buffer. Each side plays a scale, another tone every half
second; the other side notes when the first packet with the next tone arrives, before any buffer of its own. What
is measured is the server's share. Ours is measured as it is by default, where sound waits to stay in step with the
held picture (335 ms), and with a lease instead of the hold, where it only passes through.
"""

import asyncio
import random
from statistics import median, quantiles
from time import monotonic
from typing import Any

import av
import numpy as np

from bench.load import Load, Player, Reel, encoded_sounds, noise
from bench.report import Report
from bench.servers import join_all, server
from infrastructure.media.assembler import SoundAssembler, assemble
from infrastructure.media.frame import SOUND_RATE, EncodedSound, StreamClock
from infrastructure.media.seat import advertise

LOSS = 0.05
TONES, LOWEST_HZ, STEP_HZ = 8, 400, 200
TONE_PACKETS = 25  # half a second
WARM_S, SECONDS, ROUNDS = 8.0, 8.0, 2
_RTCP = range(200, 207)


async def measure(report: Report) -> None:
    """All three in turn; the ratio is of the medians of one round."""
    medians: dict[str, list[float]] = {"ours": [], "ours-lease": [], "relay": []}
    worst: dict[str, list[float]] = {name: [] for name in medians}
    for number in range(ROUNDS):
        for name, typical in medians.items():
            latencies = await _latencies_ms(name, number)
            typical.append(median(latencies))
            worst[name].append(quantiles(latencies, n=20)[-1])
    for name, key in {"ours": "hold", "ours-lease": "lease", "relay": "relay"}.items():
        report.say(f"loss_sound_p50_{key}", median(medians[name]), "ms")
        report.say(f"loss_sound_p95_{key}", median(worst[name]), "ms")
    for name, key in {"ours-lease": "lease", "ours": "hold"}.items():
        report.at_most(
            f"loss_sound_{key}_vs_relay",
            median(a / b for a, b in zip(medians[name], medians["relay"], strict=True)),
            "ratio",
            goal=1.0,
            against="an aiortc MediaRelay with the stock jitter buffer",
        )


async def _latencies_ms(name: str, seed: int) -> list[float]:
    """Of every tone in the measured time, on both ways."""
    advertise(("127.0.0.1",))
    async with server(name) as (_, peer):
        loads = [_Singer(seed * 2 + number) for number in range(2)]
        for load, other in zip(loads, reversed(loads), strict=True):
            load.hear(other)
        try:
            await join_all(peer, list(loads))
            await asyncio.sleep(WARM_S)
            for load in loads:
                load.latencies_ms.clear()
            await asyncio.sleep(SECONDS)
            return [latency for load in loads for latency in load.latencies_ms]
        finally:
            await asyncio.gather(*(load.close() for load in loads))


class _Microphone(Player):
    """Plays the scale, and knows when it began each tone last."""

    def __init__(self, packets: tuple[bytes, ...]) -> None:
        super().__init__("audio", packets, 0.02, SOUND_RATE)
        self.began_tone: dict[int, float] = {}

    async def recv(self) -> Any:
        packet = await super().recv()
        tone, inside = divmod((self._next - 1) % (TONES * TONE_PACKETS), TONE_PACKETS)
        if inside == 0:
            self.began_tone[tone] = monotonic()
        return packet


class _Singer(Load):
    """A side whose line loses packets, and which listens for the tones of the other."""

    def __init__(self, seed: int) -> None:
        super().__init__(Reel(noise().pictures, _scale()))
        self.singing = _Microphone(_scale())
        self.microphone = self.singing
        self._chance = random.Random(seed)
        self._decoder: Any = av.CodecContext.create("libopus", "r")
        self._tone: int | None = None
        self.latencies_ms: list[float] = []

    def hear(self, other: "_Singer") -> None:
        """Note how late the other's tones are."""
        self._sung = other.singing.began_tone

    async def accept(self, answer: str) -> None:
        for transceiver in self.peer.getTransceivers():
            if transceiver.kind == "audio":
                assemble(
                    transceiver.receiver, SoundAssembler(StreamClock(SOUND_RATE, monotonic()), self._heard)
                )
        self._lose(self.peer.getTransceivers()[0].sender.transport)
        await super().accept(answer)

    def _lose(self, transport: Any) -> None:
        send = transport._send_rtp

        async def lossy(data: bytes) -> None:
            if data[1] in _RTCP or self._chance.random() >= LOSS:
                await send(data)

        transport._send_rtp = lossy

    def _heard(self, sound: EncodedSound) -> None:
        tone = self._tone_of(sound.data)
        if tone is None or tone == self._tone:
            return
        follows = self._tone is not None and (tone - self._tone) % TONES == 1
        self._tone = tone
        if follows and tone in self._sung:
            self.latencies_ms.append((monotonic() - self._sung[tone]) * 1000)

    def _tone_of(self, packet: bytes) -> int | None:
        """Which tone the packet is full of; None where one passes into the next."""
        wave = np.concatenate([f.to_ndarray()[0, ::2] for f in self._decoder.decode(av.Packet(packet))])
        power = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), SOUND_RATE // 10)) ** 2
        loud = [power[(LOWEST_HZ + tone * STEP_HZ) // 10] for tone in range(TONES)]
        highest = int(np.argmax(loud))
        return highest if loud[highest] > 0.8 * sum(loud) else None


def _scale() -> tuple[bytes, ...]:
    """The tones one after the other, without a jump between them."""
    pitch = np.repeat(LOWEST_HZ + STEP_HZ * np.arange(TONES), TONE_PACKETS * SOUND_RATE // 50)
    return encoded_sounds(8000 * np.sin(np.cumsum(2 * np.pi * pitch / SOUND_RATE)))
