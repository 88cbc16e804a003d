"""One end's connection: a browser's camera and screen, or an officer who watches. Terminated by aiortc."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCRtpTransceiver, RTCSessionDescription
from aiortc.exceptions import InvalidStateError, OperationError
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL

from domain.network import Way
from infrastructure.media.assembler import FrameAssembler, SoundAssembler, assemble
from infrastructure.media.bitrate import limit
from infrastructure.media.counts import Counts, received_by, received_from
from infrastructure.media.egress import Egress
from infrastructure.media.frame import (
    PICTURE_RATE,
    SOUND_RATE,
    Codec,
    EncodedFrame,
    EncodedSound,
    StreamClock,
)
from infrastructure.media.sdp import Network, with_start_bitrate, without_candidates

CONNECT_S = 15.0  # from the answer to the first packet; a browser sends its checks within 1 s
SILENT_S = 2.0  # without any packet: lost. ICE itself would notice after about 30 s
_KEY_REQUEST_S = 0.2  # at most five requests for a key frame a second
_WATCH_S = 0.1
SOURCES_MAX = 16  # a browser sends two or four streams; beyond, the connection is closed

_DTLS_1_2 = 0xFEFD  # as OpenSSL numbers it
_H264_PROFILE = "42e01f"  # constrained baseline: the one every browser has
_CERTIFICATE = "_RTCDtlsTransport__local_certificate"


class OfferRefused(Exception):
    """The offer cannot be answered. The message is a sentence fit for the person who made it."""


@dataclass(frozen=True, slots=True)
class Secured:
    """How a connection is protected, once it is up."""

    dtls_fingerprint: str  # of the other end's certificate: `sha-256 AB:CD…`
    srtp_profile: str
    pair: str  # kinds of the two candidates, never an address: `host/prflx`


@dataclass(frozen=True, slots=True)
class NetworkTerms:
    """Where media may come and go."""

    addresses: tuple[str, ...] = ("127.0.0.1",)
    allow: tuple[Network, ...] = ()  # remote candidates in these networks are used


def advertise(addresses: tuple[str, ...]) -> None:
    """Offer media on these addresses of this host only, in the whole process."""

    def only_these(use_ipv4: bool, use_ipv6: bool) -> list[str]:  # noqa: ARG001  the signature aioice calls
        return list(addresses)

    aioice.ice.get_host_addresses = only_these


@dataclass(frozen=True, slots=True)
class Ingress:
    """Where a side's media goes. All are called on the event loop."""

    epoch: float  # monotonic seconds at which the call was opened
    on_frame: Callable[[EncodedFrame], None]
    on_sound: Callable[[EncodedSound], None]
    most: Callable[[int | None], int]  # bits a second its picture may take; it is told what its line carries


class Connection:
    """One RTCPeerConnection. A side that comes back gets a new one; ICE is never restarted."""

    def __init__(
        self,
        name: str,
        network: NetworkTerms,
        on_secured: Callable[[Secured], None],
        on_lost: Callable[[str], None],
    ) -> None:
        self.name = name
        self._network, self._on_secured, self._on_lost = network, on_secured, on_lost
        self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._pictures: FrameAssembler | None = None
        self._sounds: SoundAssembler | None = None
        self._receiver: Any = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._asked_key = 0.0
        self._answered = 0.0
        self.codec = Codec.VP8
        self.silent = False
        self.key_requests = 0

    async def answer(
        self, offer: str, egress: Egress, ingress: Ingress | None, codec: Codec | None = None
    ) -> str:
        """Connect: the offer in, the answer out. Without `ingress` nothing is received (an officer watches).

        Raises `OfferRefused` when the offer is none or shares no codec with us.
        """
        try:
            transceivers = self._arrange(offer, codec, receives=ingress is not None)
            for transceiver in transceivers:
                egress.bind(transceiver.sender)
            await self._peer.setRemoteDescription(
                RTCSessionDescription(without_candidates(offer, self._network.allow), "offer")
            )
            if ingress is not None:
                self._receive(transceivers, ingress)
            self._harden()
            await self._peer.setLocalDescription(await self._peer.createAnswer())
        except (OperationError, InvalidStateError, ValueError, IndexError, AssertionError) as error:
            await self.close()
            raise OfferRefused("Your browser's offer for the call cannot be used.") from error
        self._answered = monotonic()
        self._start(self._watch(receives=ingress is not None))
        return with_start_bitrate(self._peer.localDescription.sdp)

    async def close(self) -> None:
        """Take the connection down and wait until nothing of it runs."""
        for task in list(self._tasks):
            if task is not asyncio.current_task():
                task.cancel()
        await self._peer.close()

    def set_epoch(self, epoch: float) -> None:
        """Media time 0 is at this moment from now on, monotonic seconds."""
        if self._pictures is not None:
            self._pictures.set_epoch(epoch)

    def request_key(self) -> None:
        """Ask the sender for a key frame; at most five times a second."""
        now = monotonic()
        source = self._pictures.source if self._pictures is not None else None
        if source is None or now - self._asked_key < _KEY_REQUEST_S:
            return
        self._asked_key = now
        self.key_requests += 1
        self._start(self._receiver._send_rtcp_pli(source))

    @property
    def heard(self) -> float | None:
        """When the last packet of media came, monotonic seconds."""
        times = [a.heard for a in (self._pictures, self._sounds) if a is not None and a.heard is not None]
        return max(times, default=None)

    async def counts(self) -> dict[Way, Counts]:
        """What came and what was lost so far, each way."""
        assemblers = [a for a in (self._pictures, self._sounds) if a is not None]
        sources = {a.source for a in assemblers if a.source is not None}
        transceivers = self._peer.getTransceivers()
        return {
            Way.FROM_SIDE: await received_by([t.receiver for t in transceivers], sources),
            Way.TO_SIDE: await received_from([t.sender for t in transceivers]),
        }

    def _arrange(self, offer: str, codec: Codec | None, *, receives: bool) -> list[RTCRtpTransceiver]:
        """A transceiver for each kind of the offer, with the codec both sides of the call will use."""
        self.codec = _choose(offer, codec)
        transceivers = []
        for kind in re.findall(r"^m=(audio|video) ", offer, re.MULTILINE):
            transceiver = self._peer.addTransceiver(kind, direction="sendrecv" if receives else "sendonly")
            if kind == "video":
                transceiver.setCodecPreferences(_preferences(self.codec))
            transceivers.append(transceiver)
        return transceivers

    def _receive(self, transceivers: list[RTCRtpTransceiver], ingress: Ingress) -> None:
        """Put our assemblers in place of aiortc's jitter buffers."""
        for transceiver in transceivers:
            if transceiver.kind == "audio":
                self._sounds = SoundAssembler(StreamClock(SOUND_RATE, ingress.epoch), ingress.on_sound)
                assemble(transceiver.receiver, self._sounds)
            else:
                clock = StreamClock(PICTURE_RATE, ingress.epoch)
                self._pictures = FrameAssembler(self.codec, clock, ingress.on_frame)
                self._receiver = transceiver.receiver
                assemble(transceiver.receiver, self._pictures)
                limit(transceiver.receiver, ingress.most)

    def _transport(self) -> Any:
        return self._peer.getTransceivers()[0].receiver.transport

    def _harden(self) -> None:
        """Authenticated encryption only, DTLS 1.2 at least."""
        for transceiver in self._peer.getTransceivers():
            transport: Any = transceiver.receiver.transport
            transport._srtp_profiles = [p for p in transport._srtp_profiles if b"AEAD" in p.openssl_profile]
            certificate = getattr(transport, _CERTIFICATE)
            certificate._create_ssl_context = partial(_strict_context, type(certificate), certificate)

    async def _watch(self, *, receives: bool) -> None:
        """See the connection come up, and see it lost: by packets, long before ICE would."""
        if not await self._connected():
            self._on_lost("not_connected")
            return
        self._on_secured(self._secured())
        while self._peer.connectionState == "connected":
            await asyncio.sleep(_WATCH_S)
            if self._sources() > SOURCES_MAX:
                self._on_lost("too_many_sources")
                await self.close()
                return
            since = self.heard or self._answered
            silent = receives and monotonic() - since > SILENT_S
            if silent and not self.silent:
                self._on_lost("no_media")
            self.silent = silent
        if not self.silent:
            self._on_lost("disconnected")

    def _sources(self) -> int:
        """How many streams the other end sends; aiortc keeps accounts of each for ever."""
        router: Any = self._transport()._rtp_router
        return len(router.ssrc_table)

    async def _connected(self) -> bool:
        while monotonic() - self._answered < CONNECT_S:
            if self._peer.connectionState == "connected":
                return True
            if self._peer.connectionState in ("failed", "closed"):
                return False
            await asyncio.sleep(_WATCH_S / 4)
        return False

    def _secured(self) -> Secured:
        transport = self._transport()
        certificate = transport._ssl.get_peer_certificate(as_cryptography=True)
        digest = certificate_fingerprint(certificate)
        profile = transport._ssl.get_selected_srtp_profile().decode()
        pair = next(iter(transport.transport._connection._nominated.values()))
        return Secured(digest, profile, f"{pair.local_candidate.type}/{pair.remote_candidate.type}")

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def certificate_fingerprint(certificate: Any) -> str:
    """SHA-256 over a certificate, as session descriptions write it."""
    digest: bytes = certificate.fingerprint(SHA256())
    return f"sha-256 {digest.hex(':').upper()}"


def _strict_context(kind: Any, certificate: Any, srtp_profiles: Any) -> SSL.Context:
    context: SSL.Context = kind._create_ssl_context(certificate, srtp_profiles)
    context.set_min_proto_version(_DTLS_1_2)
    return context


def _choose(offer: str, codec: Codec | None) -> Codec:
    """VP8 where the offer has it; H264 only when it has not. The other side's codec, once it is known."""
    wanted = [codec] if codec is not None else list(Codec)
    for choice in wanted:
        if f" {choice.value}/{PICTURE_RATE}" in offer:
            return choice
    raise OfferRefused("Your browser cannot show the pictures of the other side.")


def _preferences(codec: Codec) -> list[RTCRtpCodecCapability]:
    """One codec, in one profile, with retransmission: what one side sends the other must be able to show."""
    capable = RTCRtpSender.getCapabilities("video")
    assert capable is not None
    return [c for c in capable.codecs if c.name == "rtx" or (c.name == codec.value and _profile_fits(c))]


def _profile_fits(codec: RTCRtpCodecCapability) -> bool:
    return codec.parameters.get("profile-level-id", _H264_PROFILE) == _H264_PROFILE
