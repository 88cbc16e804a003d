"""The part of a prison's policy about its own staff: what is asked of them, and what is asked for them."""

from pydantic import Field

from domain.moderation.section import Section, number


class StaffPolicy(Section):
    """What is asked of those who watch over calls, and what is asked for them."""

    review_within_hours: int = number(
        72,
        "h",
        "what the machine found is reviewed within so long after its call",
        ge=1,
        tighter="lower",
    )
    handover_hours: int = number(24, "h", "a note for the next shift is shown for so long", ge=1)
    reveals_7_days_max: int = number(
        5,
        "pictures",
        "an officer who saw more sensitive pictures within 7 days is asked to rotate",
        tighter="lower",
    )
    reveals_28_days_max: int = number(
        15, "pictures", "the same within 28 days; 0: after the first", tighter="lower"
    )
    reveal_two_people: bool = Field(
        default=False,
        description="a sensitive picture is shown only when a second officer agrees",
        json_schema_extra={"unit": "", "tighter": [False, True]},
    )
    reveal_within_minutes: int = number(
        15, "min", "what a second officer agreed to is shown within so long", ge=1, tighter="lower"
    )
