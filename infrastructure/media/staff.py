"""An officer who looks: one more viewer of one side's raw stream, also in a pause.

Where the stream's mode forbids it, the types here cannot be made.
"""

from dataclasses import dataclass
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
