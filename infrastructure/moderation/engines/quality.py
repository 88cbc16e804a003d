"""How well a face is seen, measured on its chip and on its box."""

import cv2
import numpy as np
import numpy.typing as npt

from application.moderation import Chip, FloatBox, Picture
from domain.moderation.geometry import ONE
from domain.moderation.observation import Quality

Point = npt.NDArray[np.float64]

_GREY = (122, 117, 104)  # beside the picture there is nothing: the mean colour the detector was trained with


def to_units(value: float) -> int:
    """A score, distance or share in 1/10,000."""
    return round(value * ONE)


def crop(picture: Picture, box: FloatBox, margin: float, side: int) -> Picture:
    """The box with a margin (in sides) all around, scaled to a square; grey where it leaves the picture."""
    x, y, width, height = box
    scale = side / (max(width, height) * (1 + 2 * margin))
    shift_x, shift_y = side / 2 - scale * (x + width / 2), side / 2 - scale * (y + height / 2)
    matrix = np.array([[scale, 0, shift_x], [0, scale, shift_y]])
    cut: Picture = cv2.warpAffine(
        picture,
        matrix,
        (side, side),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_GREY,
    ).astype(np.uint8, copy=False)
    return cut


def plain_chip(picture: Picture, box: FloatBox) -> Chip:
    """The face as it is, not turned upright: enough to judge light and blur where nobody is compared."""
    return Chip(crop(picture, box, 0.0, 150), turn=0.0)


def assess(chip: Chip, box: FloatBox, shape: tuple[int, int], stir: float) -> Quality:
    """The quality of one face. `shape` is height and width of the picture."""
    x, y, width, height = box
    bottom, right = shape
    across = max(0.0, min(right, x + width) - max(0.0, x))
    down = max(0.0, min(bottom, y + height) - max(0.0, y))
    grey = cv2.cvtColor(chip.picture, cv2.COLOR_RGB2GRAY)
    return Quality(
        side=round((width * height) ** 0.5),
        sharpness=to_units(_sharpness(grey.astype(np.uint8, copy=False))),
        brightness=round(float(grey.mean())),
        turn=to_units(chip.turn),
        inside=to_units(across * down / max(1.0, width * height)),
        edge=round(min(x, y, right - x - width, bottom - y - height)),
        stir=to_units(stir),
    )


def turn_of(one_eye: Point, other_eye: Point, nose: Point) -> float:
    """Way of the nose from between the eyes along their line, in eye distances."""
    apart = float(np.linalg.norm(other_eye - one_eye)) + 1e-6
    return float(np.dot(nose - (one_eye + other_eye) / 2, (other_eye - one_eye) / apart) / apart)


def _sharpness(grey: Picture) -> float:
    """Variance of the Laplacian over the variance of the chip: a ratio, so that the light does not matter."""
    variance = float(grey.var())
    return float(cv2.Laplacian(grey, cv2.CV_32F).var()) / variance if variance > 0 else 0.0
