"""The dictionary of moderation: what can be wrong, how grave it is, and what the machine may do about it."""

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What was found. The same words are used on the wire, in events and in JSON."""

    UNAPPROVED_FACE = "unapproved_face"
    FACE_UNCERTAIN = "face_uncertain"
    IDENTITY_SWAP = "identity_swap"
    HEAD_COUNT_ABOVE = "head_count_above"
    BARRED_PERSON = "barred_person"
    FACE_ABSENT = "face_absent"
    FACE_UNCLEAR = "face_unclear"
    CAMERA_COVERED = "camera_covered"
    FROZEN_PICTURE = "frozen_picture"
    REPLAYED_PICTURE = "replayed_picture"
    LIVENESS_FAILED = "liveness_failed"
    EXPLICIT_NUDITY = "explicit_nudity"
    DRESS = "dress"
    SECOND_DEVICE = "second_device"
    SCREEN_CAPTURE = "screen_capture"
    WEAPON_OR_DRUGS = "weapon_or_drugs"
    VEHICLE = "vehicle"
    THREAT = "threat"
    CHILD_AT_RISK = "child_at_risk"
    COULD_NOT_CHECK = "could_not_check"
    MODERATION_BLIND = "moderation_blind"
    HEAD_COUNT_BELOW = "head_count_below"
    PRISONER_MISMATCH = "prisoner_mismatch"


class Severity(IntEnum):
    """How grave a kind is; from HIGH on only staff may let the call go on."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Action(StrEnum):
    """What the machine does at once. It may only stop a call, never let it go on."""

    COACH = "coach"  # the person concerned is told what to do
    ALERT = "alert"  # staff are told
    PAUSE = "pause"  # both sides see the slate


class FreezeCause(StrEnum):
    """Why a direction sends nothing for the moment. The far browser keeps its last picture."""

    NEW_FACE = "new_face"  # a face that was not yet proved
    RETURNED_FACE = "returned_face"  # a proved face that was lost for too long
    MISMATCH = "mismatch"  # a proved face that suddenly matches nobody
    STRANGER = "stranger"  # a face that evidence says is nobody's who was approved
    HEAD_COUNT = "head_count"  # more people than were admitted
    NUDITY = "nudity"


class Standing(StrEnum):
    """What is held of a face in the picture."""

    PROVED = "proved"
    UNPROVED = "unproved"
    STRANGER = "stranger"
    COUNTED = "counted"  # where faces are only counted: one of the people
    THING = "thing"  # no face: it never moved, never changed and was never confirmed


class FaceWord(StrEnum):
    """What the officer says of a face when a paused call is resumed."""

    IS = "is"  # it is a participant, wrongly not matched
    GONE = "gone"  # it left, or was no face
    PERMITTED = "permitted"  # it may stay


SELF_CLEARING = frozenset({Kind.CAMERA_COVERED, Kind.FACE_ABSENT})
"""Kinds whose pause ends by itself when the cause has been gone for a while."""

ASSESSED_BY_FACES = (
    Kind.UNAPPROVED_FACE,
    Kind.IDENTITY_SWAP,
    Kind.FACE_UNCERTAIN,
    Kind.FACE_UNCLEAR,
    Kind.HEAD_COUNT_ABOVE,
    Kind.BARRED_PERSON,
    Kind.FACE_ABSENT,
    Kind.CAMERA_COVERED,
    Kind.FROZEN_PICTURE,
    Kind.REPLAYED_PICTURE,
)
"""What an engine can tell that finds, confirms and compares faces; brightness and change need no model."""
