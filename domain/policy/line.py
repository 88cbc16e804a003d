"""The lines between a call and its two sides: how good they are, and how much may go over them."""

from typing import Self

from pydantic import Field, model_validator

from domain.moderation.section import Section, number


class LinePolicy(Section):
    """Every number of the lines. Loss is of packets, before what was lost is sent again."""

    heartbeat_s: int = number(5, "s", "a line is measured so often", ge=1)
    values: int = number(4, "measurements", "the worst of so many newest measurements counts", ge=1, le=60)
    loss_poor: int = number(10, "%", "from this loss a line is poor", ge=1, le=100)
    loss_bad: int = number(15, "%", "from this loss a line is bad", ge=1, le=100)
    audio_only_after_s: int = number(15, "s", "a line that is bad for so long carries sound alone", ge=1)
    audio_only_max_s: int = number(
        300, "s", "sound alone lasts at most so long at a time; then the picture is tried again", ge=1, tighter="lower"
    )  # fmt: skip
    picture_kbps: int = number(900, "kbit/s", "most of one side's picture", ge=100)
    picture_kbps_light: int = number(
        380, "kbit/s", "most of one side's picture when one of them saves data", ge=100
    )
    picture_kbps_min: int = number(
        150, "kbit/s", "less is asked of no camera: faces could not be told any more", ge=30
    )
    frames_light: int = Field(
        default=15,
        ge=5,
        le=30,
        description="pictures a second that a side sends which saves data",
        json_schema_extra={"unit": "pictures/s"},
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.loss_poor <= self.loss_bad:
            raise ValueError("loss_bad is not below loss_poor")
        if not self.picture_kbps_min <= self.picture_kbps_light <= self.picture_kbps:
            raise ValueError("picture_kbps_min, picture_kbps_light and picture_kbps must rise")
        return self
