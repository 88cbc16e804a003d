"""An officer who looks: one more viewer of one side's raw stream, also in a pause.

Where the stream's mode forbids it, the types here cannot be made.
"""

from dataclasses import dataclass

from domain.clearance import TAPS, ClearanceMode, Tap
from infrastructure.media.clearance import Grant
from infrastructure.media.egress import Egress
from infrastructure.media.frame import EncodedFrame, EncodedSound
from infrastructure.media.seat import Connection


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
    """Passes raw sound to staff. No stream of a legal call has one: its grant cannot be made."""

    grant: Grant
    egress: Egress

    def __post_init__(self) -> None:
        if self.grant.tap is not Tap.STAFF_SOUND:
            raise ValueError("Sound is passed to staff under a grant for sound.")

    def pass_on(self, sound: EncodedSound) -> None:
        """Pass one on at once."""
        self.egress.sound(sound, sound.arrived)


@dataclass(frozen=True, slots=True)
class StaffViewer:
    """One officer's look at one side."""

    connection: Connection
    pictures: PictureTap
    sounds: SoundTap | None

    @classmethod
    def admit(cls, mode: ClearanceMode, egress: Egress, connection: Connection) -> "StaffViewer":
        """A viewer with what the mode allows. Raises `TapForbidden` where it allows no picture."""
        pictures = PictureTap(Grant(mode, Tap.STAFF_PICTURE), egress)
        audible = Tap.STAFF_SOUND in TAPS[mode]
        sounds = SoundTap(Grant(mode, Tap.STAFF_SOUND), egress) if audible else None
        return cls(connection, pictures, sounds)
