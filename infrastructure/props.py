"""What stands around the people of a made film: a room behind them, things before them, a hand that holds the camera.

Everything is drawn; nothing here is a picture of anybody or anything.
"""

import math
from collections.abc import Callable, Sequence
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Face = tuple[float, float, float, float]
"""The middle of a face, the side of it in pixels, and its tilt in degrees."""
Prop = Callable[[Image, Sequence[Face], float], None]
"""Draws a thing into the picture: it is told where the faces are, back to front, and the second of the film."""

_SKIN, _METAL, _DARK, _PAPER = (196, 150, 122), (120, 124, 130), (28, 26, 30), (238, 236, 228)
_ZOOM = 1.06  # a picture that is moved about is cut a little smaller, so that its borders do not show


# ------------------------------------------------------------------------------------------- behind


@cache
def room(width: int, height: int, seed: int = 3) -> Image:
    """A room with shelves, books, a window and a patterned wall: nearly every part of it has edges."""
    chance = np.random.default_rng(seed)
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (188, 180, 164)
    for x in range(0, width, 34):
        cv2.line(picture, (x, 0), (x, height), (170, 162, 148), 5)
    cv2.rectangle(picture, (20, 40), (190, 250), (225, 232, 238), -1)
    cv2.rectangle(picture, (20, 40), (190, 250), (92, 70, 52), 8)
    cv2.line(picture, (105, 40), (105, 250), (92, 70, 52), 6)
    for shelf in range(60, height, 110):
        _books(picture, chance, shelf, int(0.62 * width), width)
    cv2.rectangle(picture, (0, height - 90), (width, height), (104, 84, 66), -1)
    for x in range(0, width, 52):
        cv2.line(picture, (x, height - 90), (x + 30, height), (84, 66, 52), 3)
    return picture


def _books(picture: Image, chance: np.random.Generator, shelf: int, left: int, right: int) -> None:
    x = left
    while x < right:
        thick, tall = int(chance.integers(9, 24)), int(chance.integers(48, 84))
        colour = tuple(int(c) for c in chance.integers(30, 220, 3))
        cv2.rectangle(picture, (x, shelf + 84 - tall), (x + thick - 2, shelf + 84), colour, -1)
        x += thick
    cv2.rectangle(picture, (left, shelf + 84), (right, shelf + 92), (92, 70, 52), -1)


# ------------------------------------------------------------------------------------------- the camera


def shaken(picture: Image, seed: int, t: float) -> Image:
    """The picture as a camera in somebody's hand takes it: it sways, trembles, turns a little, and is jerked."""
    height, width = picture.shape[:2]
    x, y, degrees = hand(seed, t)
    place = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, _ZOOM)
    place[:, 2] += np.array([x, y])
    moved = cv2.warpAffine(picture, place, (width, height), borderMode=cv2.BORDER_REFLECT)
    return moved.astype(np.uint8, copy=False)


def hand(seed: int, t: float) -> tuple[float, float, float]:
    """Where the hand is: pixels to the right and down, and degrees. Smooth, and never far off."""
    phase = np.random.default_rng(seed).uniform(0, 2 * math.pi, 12)
    sway = [
        6.0 * math.sin(2 * math.pi * 0.31 * t + phase[axis])
        + 3.5 * math.sin(2 * math.pi * 0.83 * t + phase[axis + 2])
        + 1.6 * math.sin(2 * math.pi * 2.1 * t + phase[axis + 4])
        + 0.5 * math.sin(2 * math.pi * 7.3 * t + phase[axis + 6])
        for axis in (0, 1)
    ]
    degrees = 0.7 * math.sin(2 * math.pi * 0.43 * t + phase[8]) + 0.2 * math.sin(
        2 * math.pi * 1.7 * t + phase[9]
    )
    jerk = 9.0 * math.exp(-((((t % 11.0) - 7.0) / 0.16) ** 2))
    return sway[0] + jerk * math.cos(phase[10]), sway[1] + jerk * math.sin(phase[10]), degrees


# ------------------------------------------------------------------------------------------- before


def glasses(picture: Image, faces: Sequence[Face], _: float) -> None:
    """Thin frames on every face."""
    for x, y, side, tilt in faces:
        eyes = [_at((x, y), side, tilt, across, -0.13) for across in (-0.21, 0.21)]
        for eye in eyes:
            cv2.circle(picture, eye, round(0.15 * side), _METAL, max(1, round(0.025 * side)), cv2.LINE_AA)
        cv2.line(picture, eyes[0], eyes[1], _METAL, max(1, round(0.02 * side)), cv2.LINE_AA)


def hand_at_chin(from_s: float, to_s: float) -> Prop:
    """A hand that is laid to the chin of the nearest face for a while."""

    def prop(picture: Image, faces: Sequence[Face], t: float) -> None:
        if faces and from_s <= t < to_s:
            x, y, side, tilt = faces[-1]
            palm, arm = _at((x, y), side, tilt, 0.2, 0.62), _at((x, y), side, tilt, 0.6, 2.0)
            cv2.line(picture, palm, arm, _SKIN, round(0.3 * side), cv2.LINE_AA)
            cv2.ellipse(picture, palm, (round(0.3 * side), round(0.2 * side)), tilt - 30, 0, 360, _SKIN, -1)

    return prop


def bar(from_s: float, to_s: float) -> Prop:
    """A dark bar that hangs over the hair of the nearest face, across the whole picture."""

    def prop(picture: Image, faces: Sequence[Face], t: float) -> None:
        if faces and from_s <= t < to_s:
            _, y, side, _ = faces[-1]
            middle = round(y - 0.62 * side)
            cv2.rectangle(picture, (0, middle), (picture.shape[1], middle + round(0.16 * side)), _DARK, -1)

    return prop


def sheet(picture: Image, middle: tuple[float, float], side: float) -> tuple[int, int, int, int]:
    """A printed photograph that is held up: paper with a white border, and a thumb. Returns what is printed."""
    x, y = middle
    left, right = round(x - 0.85 * side), round(x + 0.85 * side)
    top, bottom, border = round(y - 0.95 * side), round(y + 1.05 * side), max(3, round(0.08 * side))
    cv2.rectangle(picture, (left - border, top - border), (right + border, bottom + border), _PAPER, -1)
    cv2.rectangle(picture, (left, top), (right, bottom), (150, 158, 166), -1)
    cv2.ellipse(picture, (right, bottom), (round(0.3 * side), round(0.12 * side)), -35, 0, 360, _SKIN, -1)
    return left, top, right, bottom


def slanted(picture: Image, share: float) -> Image:
    """The picture as a camera sees it that looks up from a table: narrower at the top by this share on each side."""
    height, width = picture.shape[:2]
    edge = share * width
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    seen = np.array([(edge, 0), (width - edge, 0), (width, height), (0, height)], np.float32)
    warp = cv2.getPerspectiveTransform(corners, seen)
    moved = cv2.warpPerspective(picture, warp, (width, height), borderMode=cv2.BORDER_REFLECT)
    return moved.astype(np.uint8, copy=False)


def _at(middle: tuple[float, float], side: float, tilt: float, across: float, down: float) -> tuple[int, int]:
    """A place on a face, in sides of it from its middle, turned with it."""
    angle = math.radians(-tilt)
    x = across * math.cos(angle) - down * math.sin(angle)
    y = across * math.sin(angle) + down * math.cos(angle)
    return round(middle[0] + side * x), round(middle[1] + side * y)
