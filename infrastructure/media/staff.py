"""An officer who looks: one more viewer of one side's raw stream, also in a pause.

Where the stream's mode forbids it, the types here cannot be made.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic

from application.ports import Listening
from domain.clearance import ClearanceMode, Tap
from infrastructure.media.clearance import Grant
from infrastructure.media.egress import Egress
from infrastructure.media.frame import EncodedFrame, EncodedSound
from infrastructure.media.seat import Connection

UNSEEN_S = 2.0  # nothing new acknowledged for so long: the officer does not see the side any more


@dataclass(frozen=True, slots=True)
class PictureTap:
    """Passes raw pictures to staff."""

    grant: Grant
    egress: Egress

    def __post_init__(self) -> None:
        if self.grant.tap is not Tap.STAFF_PICTURE:
            raise ValueError("Pictures are shown to staff under a grant for pictures.")

    def show(self, frame: EncodedFrame) -> None:
        """Pass one on at once."""
        self.egress.show(frame, frame.arrived)


@dataclass(frozen=True, slots=True)
class SoundTap:
    """Passes raw sound to staff, as long as there is leave for it. No stream of a legal call has one.

    Two things are needed to make it: a grant, which the mode of a legal call does not give, and the leave
    that is on record for this look.
    """

    grant: Grant
    listening: Listening
    egress: Egress

    def __post_init__(self) -> None:
        if self.grant.tap is not Tap.STAFF_SOUND:
            raise ValueError("Sound is passed to staff under a grant for sound.")

    def pass_on(self, sound: EncodedSound) -> None:
        """Pass one on at once; nothing when the leave has run out."""
        if not self.listening.over(datetime.now(UTC)):
            self.egress.sound(sound, sound.arrived)


@dataclass(frozen=True, slots=True)
class StaffViewer:
    """One officer's look at one side."""

    connection: Connection
    pictures: PictureTap
    sounds: SoundTap | None

    @property
    def sees(self) -> bool:
        """Whether pictures reach the officer: his end acknowledged new ones just now."""
        return monotonic() - self.pictures.egress.acknowledged <= UNSEEN_S

    @classmethod
    def admit(
        cls, mode: ClearanceMode, egress: Egress, connection: Connection, listening: Listening | None
    ) -> "StaffViewer":
        """A viewer of pictures, and of sound where there is leave. Raises `TapForbidden` where the mode has none."""
        pictures = PictureTap(Grant(mode, Tap.STAFF_PICTURE), egress)
        sounds = None
        if listening is not None:
            sounds = SoundTap(Grant(mode, Tap.STAFF_SOUND), listening, egress)
        return cls(connection, pictures, sounds)


class Watchers:
    """The officers who look at one side, each by name and once."""

    def __init__(self) -> None:
        self._looking: dict[str, StaffViewer] = {}

    def put(self, name: str, viewer: StaffViewer) -> StaffViewer | None:
        """An officer looks from now on. The look that this one takes the place of, if any."""
        before = self._looking.pop(name, None)
        self._looking[name] = viewer
        return before

    def left(self, name: str, connection: Connection) -> bool:
        """A connection is gone. Whether its officer looks no longer: another may have taken its place."""
        looking = self._looking.get(name)
        if looking is None or looking.connection is not connection:
            return False
        del self._looking[name]
        return True

    def sees(self, name: str) -> bool:
        """Whether pictures reach that officer now."""
        looking = self._looking.get(name)
        return looking is not None and looking.sees

    def stop_listening(self) -> None:
        """They go on without sound."""
        self._looking = {name: replace(viewer, sounds=None) for name, viewer in self._looking.items()}

    def show(self, frame: EncodedFrame) -> None:
        """Pass a raw picture on to each."""
        for viewer in self._looking.values():
            viewer.pictures.show(frame)

    def pass_on(self, sound: EncodedSound) -> None:
        """Pass raw sound on to those who may hear it."""
        for viewer in self._looking.values():
            if viewer.sounds is not None:
                viewer.sounds.pass_on(sound)

    async def close(self) -> None:
        """Nobody looks any more, from this moment on; what closes, closes afterwards."""
        viewers, self._looking = self._looking, {}
        await asyncio.gather(*(viewer.connection.close() for viewer in viewers.values()))
