"""Clearance: on what condition the pictures of one side of a call may be shown to the other."""

from enum import StrEnum


class Side(StrEnum):
    """The two ends of a call. Several visitors may share one camera: they are one side, one stream."""

    PRISONER = "prisoner"
    VISITOR = "visitor"

    @property
    def other(self) -> "Side":
        """The end that sees what this one sends."""
        return Side.VISITOR if self is Side.PRISONER else Side.PRISONER


class ClearanceMode(StrEnum):
    """What is checked on a side's stream. Fixed at admission, on record, never chosen by software later."""

    MATCH = "match"  # every face is compared with the templates of the people admitted
    COUNT = "count"  # staff admitted a number of people; faces are counted and never compared
    OPEN = "open"  # a legal call: no picture is decoded or judged, identity is checked by staff
    IMAGE_ONLY = "image_only"  # a legal call under authorisation: pictures are judged, sound is never tapped


class Tap(StrEnum):
    """Who besides the other side may read a stream, and what of it."""

    SAMPLER = "sampler"  # decodes pictures and has them judged
    STAFF_PICTURE = "staff_picture"
    STAFF_SOUND = "staff_sound"
    RECORDING = "recording"  # of pictures
    RECORDING_SOUND = "recording_sound"
    EVIDENCE = "evidence"  # single pictures of what was found


TAPS: dict[ClearanceMode, frozenset[Tap]] = {
    ClearanceMode.MATCH: frozenset(Tap),
    ClearanceMode.COUNT: frozenset(Tap),
    ClearanceMode.OPEN: frozenset(),
    ClearanceMode.IMAGE_ONLY: frozenset({Tap.SAMPLER, Tap.STAFF_PICTURE, Tap.RECORDING}),
}


RECORDING = frozenset({Tap.RECORDING, Tap.RECORDING_SOUND})
"""Taps that exist only where the call is recorded."""


def taps_of(mode: ClearanceMode, *, recorded: bool = False, pictured: bool = False) -> tuple[Tap, ...]:
    """The taps of a mode, in the order in which they are told. `pictured`: what is found is kept in a picture."""
    absent = (frozenset() if recorded else RECORDING) | (frozenset() if pictured else {Tap.EVIDENCE})
    return tuple(tap for tap in Tap if tap in TAPS[mode] and tap not in absent)
