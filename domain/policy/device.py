"""When a device is good enough for a call: what its own browser measures of it before somebody joins."""

from typing import Self

from pydantic import model_validator

from domain.moderation.section import Section, number


class DevicePolicy(Section):
    """Every number of the device check. How much a line has to carry stands with the lines."""

    camera_lines: int = number(480, "px", "a camera with so many lines is good", ge=1)
    camera_lines_min: int = number(240, "px", "a camera with fewer lines is of no use", ge=1)
    microphone_level: int = number(
        10, "%", "speech that reaches so much of full scale is loud enough", le=100
    )
    microphone_level_min: int = number(2, "%", "a microphone that hears less hears nothing", le=100)
    light: int = number(70, "luma levels", "a face this bright has light enough", le=255)
    light_min: int = number(40, "luma levels", "a darker face is not told from others", le=255)
    light_max: int = number(225, "luma levels", "a brighter face is in glare", le=255)
    round_trip_ms: int = number(
        300, "ms", "with a longer way there and back people interrupt each other", ge=1
    )
    checks_max: int = number(20, "checks", "so many checks of one side of a call go on record", ge=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.camera_lines_min > self.camera_lines or self.microphone_level_min > self.microphone_level:
            raise ValueError("the smallest is above what is good")
        if not self.light_min <= self.light < self.light_max:
            raise ValueError("light_min, light and light_max must rise")
        return self
