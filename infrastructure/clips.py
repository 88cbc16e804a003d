"""Short films for tests, rehearsals and the demonstration: people cut from pictures in installed packages.

No picture of a person is part of this project: the pictures lie in packages that are installed anyway, and
what is made of them lives in a temporary folder and is deleted with it. People are known by the name of their
picture only.

A person is an actor: a function from seconds to a pose, or None while out of the picture.
"""

import importlib.util
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from infrastructure import props

WIDTH, HEIGHT, FPS = 640, 480, 25
SOUND_RATE = 48_000

Image = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Source:
    """Where a person's picture lies, and the face in it: x, y, width, height in its pixels."""

    package: str
    path: str
    face: tuple[int, int, int, int]
    alone: bool = True  # nobody else beside them: shoulders may be cut out too


_GROUP = "data/images/t1.jpg"
PEOPLE = {
    "astronaut": Source("skimage", "data/astronaut.png", (173, 83, 101, 97)),
    "actor": Source("insightface", "data/images/Tom_Hanks_54745.png", (10, 9, 90, 97)),
    "group-0": Source("insightface", _GROUP, (60, 289, 118, 115), alone=False),
    "group-1": Source("insightface", _GROUP, (276, 168, 105, 101), alone=False),
    "group-2": Source("insightface", _GROUP, (456, 305, 116, 104), alone=False),
    "group-3": Source("insightface", _GROUP, (741, 380, 106, 95), alone=False),
    "group-4": Source("insightface", _GROUP, (900, 85, 123, 113), alone=False),
    "group-5": Source("insightface", _GROUP, (1125, 300, 106, 96), alone=False),
}


@dataclass(frozen=True, slots=True)
class Pose:
    """One person in one picture."""

    person: str
    size: float  # px, side of the face
    x: float  # px, middle of the face
    y: float
    turn: float = 0.0  # degrees to the side
    tilt: float = 0.0  # degrees
    blur: float = 0.0  # px
    light: float = 1.0
    printed: bool = False  # not they themselves but a photograph of them that is held up


Actor = Callable[[float], Pose | None]


@dataclass(frozen=True, slots=True)
class Clip:
    """A film: who is in it, back to front, and for how long."""

    actors: tuple[Actor, ...]
    seconds: float
    light: float = 1.0  # of the whole picture
    tone_hz: float | None = 220.0  # a beep every second; None: silent
    noise: float = 2.5  # luma levels, as a camera has
    covered: tuple[float, float] | None = None  # from, to: a hand on the lens
    handheld: int | None = None  # the camera is in a hand that moves so; None: it stands
    in_room: bool = False  # before shelves and a window, not before a bare wall
    things: tuple[props.Prop, ...] = ()  # before the people
    blur: float = 0.0  # px, of the whole picture
    slant: float = 0.0  # share of the width by which the picture narrows to its top, on each side
    stuck: tuple[float, float] | None = None  # from, to: the camera repeats the very same picture
    loop_s: float | None = None  # the first so many seconds are played again and again


# ------------------------------------------------------------------------------------------- actors


def sitter(
    person: str, seed: int, *, size: float = 120, x: float = 300, y: float = 230, lively: bool = False
) -> Actor:
    """Somebody who sits and talks: sways, turns, leans. Lively: turns far, is blurred, goes away at times."""
    chance = np.random.default_rng(seed)
    phase = chance.uniform(0, 6, 6)
    acts = list(_acts(chance, lively=lively))

    def pose(t: float) -> Pose | None:
        still = Pose(
            person,
            size=size * (1 + 0.06 * math.sin(0.4 * t + phase[0])),
            x=x + 14 * math.sin(1.3 * t + phase[1]) + 5 * math.sin(4.1 * t + phase[2]),
            y=y + 7 * math.sin(1.9 * t + phase[3]),
            turn=8 * math.sin(0.9 * t + phase[4]),
            tilt=4 * math.sin(0.7 * t + phase[5]),
        )
        for act in acts:
            still = act.on(still, t)
        return still

    return pose


def enters(
    person: str, at_s: float, *, size: float = 100, to_x: float = 530, y: float = 230, speed: float = 450
) -> Actor:
    """Walks in from the right edge and stays."""

    def pose(t: float) -> Pose | None:
        if t < at_s:
            return None
        x = max(to_x, WIDTH + 0.8 * size - speed * (t - at_s))
        return Pose(person, size, x + 4 * math.sin(1.7 * t), y + 4 * math.sin(2 * t))

    return pose


def appears(
    person: str, at_s: float, *, until_s: float = math.inf, size: float = 100, x: float = 520, y: float = 220
) -> Actor:
    """Is there from one picture to the next, like somebody who leans into the view."""

    def pose(t: float) -> Pose | None:
        if not at_s <= t < until_s:
            return None
        return Pose(person, size, x + 6 * math.sin(1.7 * t), y + 4 * math.sin(2 * t))

    return pose


def flashes(
    person: str,
    at_s: Sequence[float],
    *,
    milliseconds: int = 80,
    size: float = 120,
    x: float = 500,
    y: float = 230,
) -> Actor:
    """Is held into the picture for a few frames, again and again."""
    length = milliseconds / 1000 - 1e-6

    def pose(t: float) -> Pose | None:
        return Pose(person, size, x, y) if any(a <= t < a + length for a in at_s) else None

    return pose


def holds_up(
    person: str, at_s: float, *, until_s: float = math.inf, size: float = 110, x: float = 470, y: float = 230
) -> Actor:
    """Somebody out of the picture holds a photograph of this person into it."""

    def pose(t: float) -> Pose | None:
        if not at_s <= t < until_s:
            return None
        return Pose(person, size, x + 3 * math.sin(1.3 * t), y + 3 * math.sin(1.9 * t), printed=True)

    return pose


def passes(person: str, at_s: float, *, size: float = 110, y: float = 190, speed: float = 260) -> Actor:
    """Walks through the picture from right to left."""

    def pose(t: float) -> Pose | None:
        x = WIDTH + 0.8 * size - speed * (t - at_s)
        return Pose(person, size, x, y) if t >= at_s and x > -0.8 * size else None

    return pose


def until(actor: Actor, end_s: float) -> Actor:
    """The same, gone from then on."""
    return lambda t: actor(t) if t < end_s else None


def swapped(actor: Actor, person: str, at_s: float) -> Actor:
    """The same movements, but from one picture to the next another person makes them."""

    def pose(t: float) -> Pose | None:
        now = actor(t)
        return replace(now, person=person) if now and t >= at_s else now

    return pose


@dataclass(frozen=True, slots=True)
class _Act:
    """Something a sitter does for a moment, easing in and out."""

    kind: str
    start_s: float
    end_s: float
    amount: float  # -1 to 1

    def on(self, pose: Pose, t: float) -> Pose:
        ease, a = 0.35, self.amount
        h = min(1, max(0, (t - self.start_s) / ease)) * min(1, max(0, (self.end_s - t) / ease))
        if not h:
            return pose
        match self.kind:
            case "turn":
                return replace(pose, turn=pose.turn + h * math.copysign(15 + 20 * abs(a), a))
            case "turn far":
                return replace(pose, turn=pose.turn + h * math.copysign(25 + 45 * abs(a), a))
            case "tilt":
                return replace(pose, tilt=pose.tilt + 18 * h * a)
            case "lean":
                grown = 1 + h * (0.4 if a > 0 else -0.25)
                return replace(pose, size=pose.size * grown, x=pose.x + 50 * h * a)
            case "blur":
                return replace(pose, blur=h * (1.5 + 2 * abs(a)), x=pose.x + 20 * h * a)
            case "away":
                return replace(
                    pose, x=pose.x + (480 * h if a > 0 else 0), y=pose.y + (0 if a > 0 else 420 * h)
                )
            case _:
                raise ValueError(self.kind)


def _acts(chance: np.random.Generator, *, lively: bool) -> Iterator[_Act]:
    kinds = ["turn", "tilt", "lean"] + (["turn far", "turn far", "blur", "away"] if lively else [])
    t = float(chance.uniform(3, 5))
    while t < 120:
        length = float(chance.uniform(0.8, 2.5))
        yield _Act(str(chance.choice(kinds)), t, t + length, float(chance.uniform(-1, 1)))
        t += length + float(chance.uniform(1.5, 4.5))


# ------------------------------------------------------------------------------------------- pictures


def photograph(person: str) -> bytes:
    """A PNG that shows this person alone, as a relative would hand it in."""
    picture, (x, y, w, h) = _portrait(person)
    margin = 0.45 * max(w, h)
    top, left = max(0, int(y - margin)), max(0, int(x - margin))
    cut = picture[top : int(y + h + margin), left : int(x + w + margin)]
    ok, encoded = cv2.imencode(".png", np.ascontiguousarray(cut[:, :, ::-1]))
    if not ok:
        raise RuntimeError("The photograph could not be encoded.")
    return encoded.tobytes()


def pictures(clip: Clip, *, every: int = 1) -> Iterator[Image]:
    """The pictures of the film in order, RGB: all of them, or every so many."""
    chance = np.random.default_rng(7)
    grain = [_grain(chance, clip.noise) for _ in range(4)]
    wall = props.room(WIDTH, HEIGHT) if clip.in_room else _wall()
    for number in range(0, round(clip.seconds * FPS), every):
        i = _taken(clip, number)
        t = i / FPS
        picture = np.full_like(wall, 12) if _is_covered(clip, t) else _scene(clip, wall, t)
        yield cv2.add(picture, grain[i % 4], dtype=cv2.CV_8U).astype(np.uint8, copy=False)


def _taken(clip: Clip, number: int) -> int:
    """The picture that the camera shows: the one it took now, or one at which it is stuck."""
    if clip.loop_s is not None:
        return number % round(clip.loop_s * FPS)
    if clip.stuck is None or not clip.stuck[0] <= number / FPS < clip.stuck[1]:
        return number
    return round(clip.stuck[0] * FPS)


def write(clip: Clip, path: Path, *, bits_per_second: int = 1_200_000) -> Path:
    """The film as a file (VP8 and Opus), as a browser records it. The suffix must be `.webm`."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libvpx", rate=FPS)
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.bit_rate = bits_per_second
        video.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
        video.codec_context.thread_count = 1  # more of them wait by spinning, which starves a busy machine
        sound = container.add_stream("libopus", rate=SOUND_RATE) if clip.tone_hz else None
        for picture in pictures(clip):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(video.encode())
        if sound is not None:
            for frame in tone(clip):
                container.mux(sound.encode(frame))
            container.mux(sound.encode())
    return path


def tone(clip: Clip) -> Iterator[av.AudioFrame]:
    """A quarter second of tone at the beginning of every second."""
    step = SOUND_RATE // 50
    for start in range(0, round(clip.seconds * SOUND_RATE), step):
        t = (start + np.arange(step)) / SOUND_RATE
        wave = 0.2 * np.sin(2 * np.pi * (clip.tone_hz or 0) * t) * ((t % 1) < 0.25)
        frame = av.AudioFrame.from_ndarray((wave * 32767).astype(np.int16)[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        yield frame


def _scene(clip: Clip, wall: Image, t: float) -> Image:
    picture = wall.copy()
    poses = [pose for actor in clip.actors if (pose := actor(t)) is not None]
    for pose in poses:
        _put(picture, pose)
    faces = [(pose.x, pose.y, pose.size, pose.tilt) for pose in poses]
    for thing in clip.things:
        thing(picture, faces, t)
    picture = props.slanted(picture, clip.slant) if clip.slant else picture
    picture = props.shaken(picture, clip.handheld, t) if clip.handheld is not None else picture
    if clip.blur:
        picture = cv2.GaussianBlur(picture, (0, 0), clip.blur).astype(np.uint8, copy=False)
    if clip.light == 1:
        return picture
    dimmed: Image = cv2.convertScaleAbs(picture, alpha=clip.light).astype(np.uint8, copy=False)
    return dimmed


def _is_covered(clip: Clip, t: float) -> bool:
    return clip.covered is not None and clip.covered[0] <= t < clip.covered[1]


def _wall() -> Image:
    across = np.linspace(150, 205, WIDTH)[None, :, None] * np.array([1, 0.97, 0.9])
    down = np.linspace(-15, 15, HEIGHT)[:, None, None]
    wall: Image = np.clip(across + down, 0, 255).astype(np.uint8)
    return wall


def _grain(chance: np.random.Generator, deviation: float) -> npt.NDArray[np.int16]:
    """The noise of a camera, the same in the three colours."""
    return np.repeat(chance.normal(0, deviation, (HEIGHT, WIDTH, 1)), 3, 2).astype(np.int16)


# ------------------------------------------------------------------------------------------- people

_CUT = 520  # px, side of the canvas a person is cut out on
_FACE = 160  # px, side of the face on it
_FACE_Y = 0.42  # of the canvas: height of the face's middle


def _put(picture: Image, pose: Pose) -> None:
    """Lays the person over the picture."""
    canvas, mask = _cut_out(pose.person)
    canvas = _turned(canvas, pose.turn) if abs(pose.turn) >= 3 else canvas
    scale, middle = pose.size / _FACE, (_CUT / 2, _CUT * _FACE_Y)
    place = cv2.getRotationMatrix2D(middle, pose.tilt, scale)
    place[:, 2] += np.array([pose.x - middle[0], pose.y - middle[1]])
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    person = cv2.warpAffine(canvas, place, (WIDTH, HEIGHT), flags=how)
    where = cv2.warpAffine(mask, place, (WIDTH, HEIGHT))
    if pose.printed:
        left, top, right, bottom = props.sheet(picture, (pose.x, pose.y), pose.size)
        paper = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.rectangle(paper, (left, top), (right, bottom), 255, -1)
        where = cv2.min(where, paper)
    if pose.blur:
        person = cv2.GaussianBlur(person, (0, 0), pose.blur)
    if pose.light != 1:
        person = cv2.convertScaleAbs(person, alpha=pose.light)
    cv2.copyTo(person, (where > 127).astype(np.uint8), picture)


@cache
def _portrait(person: str) -> tuple[Image, tuple[int, int, int, int]]:
    """The picture a person is in, and their face."""
    source = PEOPLE[person]
    spec = importlib.util.find_spec(source.package)
    folders = spec.submodule_search_locations if spec else None
    path = next((Path(f) / source.path for f in folders or [] if (Path(f) / source.path).is_file()), None)
    encoded = cv2.imread(str(path)) if path else None
    if encoded is None:
        raise FileNotFoundError(f"The picture for {person} is not installed.")
    return np.ascontiguousarray(encoded[:, :, ::-1]).astype(np.uint8, copy=False), source.face


@cache
def _cut_out(person: str) -> tuple[Image, Image]:
    """Head and shoulders on a canvas with the face in a fixed place, and the mask of what belongs to them."""
    picture, (x, y, w, h) = _portrait(person)
    scale = _FACE / math.sqrt(w * h)
    place = np.array(
        [[scale, 0, _CUT / 2 - scale * (x + w / 2)], [0, scale, _CUT * _FACE_Y - scale * (y + h / 2)]]
    )
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = cv2.warpAffine(picture, place, (_CUT, _CUT), flags=how)
    inside = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), place, (_CUT, _CUT))
    mask = np.zeros((_CUT, _CUT), np.uint8)
    across, down = _CUT // 2, int(_CUT * _FACE_Y) - 10
    cv2.ellipse(mask, (across, down), (int(0.70 * _FACE), int(0.95 * _FACE)), 0, 0, 360, 255, -1)
    if PEOPLE[person].alone:
        body = [
            [across - 60, down + 90],
            [across + 60, down + 90],
            [across + 190, _CUT],
            [across - 190, _CUT],
        ]
        cv2.fillPoly(mask, [np.array(body)], 255)
    return canvas.astype(np.uint8), cv2.GaussianBlur(cv2.min(mask, inside), (0, 0), 2).astype(np.uint8)


def _turned(canvas: Image, degrees: float) -> Image:
    """The head turned to the side, as if it were a cylinder; what comes into view behind is hair."""
    radius, middle = 0.74 * _FACE, _CUT / 2
    across = np.arange(_CUT, dtype=np.float32)
    on_head = np.abs((across - middle) / radius) < 1
    angle = np.arcsin(np.clip((across - middle) / radius, -1, 1)) - np.deg2rad(degrees)
    source = np.where(on_head, middle + radius * np.sin(angle), across).astype(np.float32)
    map_x = np.repeat(source[None], _CUT, 0)
    map_y = np.repeat(np.arange(_CUT, dtype=np.float32)[:, None], _CUT, 1)
    behind = np.repeat((on_head & (np.abs(angle) > np.pi / 2))[None], _CUT, 0)
    body = int(_CUT * _FACE_Y + 0.75 * _FACE)
    map_x[body:] = across[None]
    behind[body:] = False
    turned = cv2.remap(canvas, map_x, map_y, cv2.INTER_LINEAR).astype(np.uint8)
    turned[behind] = (60, 45, 35)
    return turned
