"""What is kept of a call outside the log, and for how long."""

from domain.moderation.section import Section, choice, number


class RecordingPolicy(Section):
    """How calls are recorded, where the rules of their type say that they are."""

    required: bool = choice(
        False, "a call that can no longer be recorded stops, in place of going on without"
    )


class RetentionPolicy(Section):
    """How long what is kept outside the log is kept."""

    observation_blocks_days: int = number(90, "days", "observation blocks of a call", ge=1)
    recordings_days: int = number(90, "days", "the recording of a call", ge=1)
    evidence_pictures_days: int = number(90, "days", "the pictures kept of what was found in a call", ge=1)
    extension_days_max: int = number(
        90,
        "days",
        "a governor keeps what there is of a call longer by so much at a time",
        ge=1,
        tighter="lower",
    )
    evidence_hold_days: int = number(
        90, "days", "evidence is kept so long from the day a concern was raised, and while it is open", ge=1
    )
