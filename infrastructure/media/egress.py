"""What one viewer is sent of one side: pictures, sound, or the slate in their place."""

import math
from collections.abc import Callable
from time import monotonic
from typing import Any

from aiortc import RTCRtpSender
from aiortc import clock as aiortc_clock

from domain.mute import MediaKind
from infrastructure.media.bitrate import hear
from infrastructure.media.counts import hear_newest
from infrastructure.media.frame import PICTURE_RATE, SOUND_RATE, EncodedFrame, EncodedSound
from infrastructure.media.track import Departure, EncodedTrack

_SENT_HISTORY = "_RTCRtpSender__rtp_history"
"""What aiortc sends again when the viewer asks for a lost packet."""
_REPORT_TIME = "_RTCRtpSender__ntp_timestamp"
"""The wall time that aiortc's next sender report gives to the last packet."""
_JUMP_S = 1.0  # a source whose clock is so far off the time that passed is set again

OnSent = Callable[[str, float], None]  # kind, and milliseconds from arrival to the last packet handed over


class _Line:
    """One kind of media to one viewer: a time line that only goes forward, whatever feeds it."""

    def __init__(self, kind: str, rate: int, on_sent: OnSent | None) -> None:
        self._kind, self._rate, self._on_sent = kind, rate, on_sent
        self.track = EncodedTrack(kind, rate, self._sent)
        self._sender: Any = None
        self._offset: int | None = None  # from the source's ticks to ours
        self._pts = 0
        self._due = monotonic()

    def bind(self, sender: RTCRtpSender) -> None:
        for name in (_SENT_HISTORY, _REPORT_TIME):
            if not hasattr(sender, name):
                raise RuntimeError(f"aiortc's sender has no {name}: its internals changed")
        self._sender = sender
        sender.replaceTrack(self.track)  # before it started: a sender never changes its track while it runs

    def rebase(self) -> None:
        """The next packet comes from somewhere else: date it by the time that passed."""
        self._offset = None

    def push(self, data: bytes, ticks: int | None, due: float, arrived: float | None) -> bool:
        return self.track.push(Departure(data, self._date(ticks, due), due, arrived))

    def purge(self) -> None:
        self.track.purge()
        if self._sender is not None:
            getattr(self._sender, _SENT_HISTORY).clear()

    def _date(self, ticks: int | None, due: float) -> int:
        expected = self._pts + round((due - self._due) * self._rate)
        if ticks is None:
            self._offset = None
            pts = expected
        else:
            if self._offset is None or abs(ticks + self._offset - expected) > _JUMP_S * self._rate:
                self._offset = max(expected, self._pts + 1) - ticks
            pts = ticks + self._offset
        self._pts, self._due = max(pts, self._pts + 1), due
        return self._pts

    def _sent(self, departure: Departure) -> None:
        """Sender reports give each packet the time at which it was due, not the one at which it could leave.

        So the viewer keeps sound and picture together even while pictures catch up after a stall.
        """
        now = monotonic()
        behind = round((now - departure.due) * (1 << 32))
        setattr(self._sender, _REPORT_TIME, aiortc_clock.current_ntp_time() - behind)
        if self._on_sent is not None and departure.arrived is not None:
            self._on_sent(self._kind, (now - departure.arrived) * 1000)


class Egress:
    """One viewer of one side, for as long as the viewer's connection lasts.

    `on_limit` is told how many bits a second the viewer's line carries, whenever the viewer says so.
    """

    def __init__(
        self,
        request_key: Callable[[], None],
        on_sent: OnSent | None = None,
        on_limit: Callable[[int], None] | None = None,
    ) -> None:
        self._request_key, self._on_limit = request_key, on_limit
        self._picture = _Line("video", PICTURE_RATE, on_sent)
        self._sound = _Line("audio", SOUND_RATE, on_sent)
        self._needs_key = True
        self._newest: int | None = None  # number of the last packet that the viewer said it has
        self.acknowledged = -math.inf  # when it last said that it has a newer one, monotonic seconds
        self.pictures = 0
        self.slates = 0

    def bind(self, sender: RTCRtpSender) -> None:
        """Send through this sender. What the viewer cannot decode is asked of the side that is shown."""
        if sender.kind == "audio":
            self._sound.bind(sender)
            return
        self._picture.bind(sender)
        if self._on_limit is not None:
            hear(sender, self._on_limit)
        hear_newest(sender, self._has)
        setattr(sender, "_send_keyframe", self._request_key)  # noqa: B010  what aiortc calls for PLI and FIR

    def _has(self, newest: int) -> None:
        if newest != self._newest:
            self._newest, self.acknowledged = newest, monotonic()

    def show(self, frame: EncodedFrame, due: float, *, measured: bool = False) -> bool:
        """Send a picture; False when it could not, because a key frame must come first."""
        if self._needs_key and not frame.key:
            self._request_key()
            return False
        arrived = frame.arrived if measured else None
        self._needs_key = not self._picture.push(frame.data, frame.ticks, due, arrived)
        self.pictures += not self._needs_key
        return not self._needs_key

    def sound(self, sound: EncodedSound, due: float, *, measured: bool = False) -> None:
        """Send sound."""
        self._sound.push(sound.data, sound.ticks, due, sound.arrived if measured else None)

    def slate(self, data: bytes) -> None:
        """Send the slate. The next picture after it must be a key frame."""
        self._picture.push(data, None, monotonic(), None)
        self._needs_key = True
        self.slates += 1

    def cut(self) -> None:
        """Pictures were left out: the next must be a key frame."""
        self._needs_key = True

    def rebase(self) -> None:
        """The side shown has a new connection."""
        self._picture.rebase()
        self._sound.rebase()
        self._needs_key = True

    def purge(self, *kinds: MediaKind) -> None:
        """Drop what has not left, and what could be sent again: all of it, or of these kinds."""
        if MediaKind.SOUND in (kinds or MediaKind):
            self._sound.purge()
        if MediaKind.PICTURE in (kinds or MediaKind):
            self._picture.purge()
            self._needs_key = True
