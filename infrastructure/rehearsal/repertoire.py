"""The set: short films of people cut from still pictures, each with what must come of it in a real call.

What is drawn and moved about says nothing of how well people are told apart; it shows that the whole of the system,
from the camera to the other side's screen, does what its rules say.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from domain.clearance import Side
from infrastructure import clips, props
from infrastructure.clips import Actor, Clip

ENTRY_S = 5.0
SECONDS = 12.0
FAMILY, PRISONER, SECOND = "astronaut", "group-1", "group-2"

AT_SIX: Mapping[str, Any] = {
    "moderation": {"sampling": {"per_s": 6}, "release": {"paced_delay_ms": 270}},
}
"""The set is held at six samples a second, for the sake of its delay."""

CHILDREN_ENROLLED: Mapping[str, Any] = {"people": {"template_age_min": 12}}
"""Else a side with a child is counted, and no face of it is compared."""


class Freezes(StrEnum):
    """What is expected of withheld pictures on the side that is looked at."""

    NONE = "none"  # a short one now and then is allowed, as the summary says
    BRIEF = "brief"  # somebody approved comes: a face is proved before it is shown
    SOME = "some"  # at least one, until the pause, the end, or the stranger is gone


@dataclass(frozen=True, slots=True)
class Expected:
    """What must come of a film."""

    freezes: Freezes = Freezes.NONE
    pause: str | None = None
    alert: str | None = None  # raised without a pause

    def sentence(self) -> str:
        """In words, for the table."""
        freeze = {Freezes.NONE: "", Freezes.BRIEF: "brief freeze", Freezes.SOME: "freeze"}[self.freezes]
        told = [freeze, self.pause and f"pause: {self.pause}", self.alert and f"alert: {self.alert}"]
        return ", ".join(part for part in told if part) or "nothing"


@dataclass(frozen=True, slots=True)
class Scene:
    """One call of the set. The other side always shows somebody approved who sits there."""

    name: str
    says: str
    film: Clip
    expected: Expected
    side: Side = Side.VISITOR  # whose camera the film is
    approved: tuple[str, ...] = (FAMILY,)  # whose photographs were handed in on that side
    with_child: bool = False  # the last of them is registered as a child
    stranger: str | None = None
    barred: bool = False  # the stranger is on the list of those barred from these calls
    limit: str | None = None  # what this film shows that the system cannot tell

    @property
    def is_of_approved_people(self) -> bool:
        """May nothing at all be stopped here?"""
        return self.expected == Expected()

    def clip(self, side: Side) -> Clip:
        """What one side's camera sees."""
        if side is self.side:
            return self.film
        return Clip((clips.sitter(self.people(side)[0], 41),), self.film.seconds)

    def people(self, side: Side) -> tuple[str, ...]:
        """By whose pictures one side is known."""
        if side is self.side:
            return self.approved
        return (PRISONER,) if side is Side.PRISONER else (FAMILY,)

    def lasting(self, seconds: float) -> "Scene":
        """The same, longer: whoever is in it goes on as at the end. Never shorter."""
        return replace(self, film=replace(self.film, seconds=max(seconds, self.film.seconds)))


def _sits(**more: Any) -> Actor:
    return clips.sitter(FAMILY, 5, **more)


def _film(*actors: Actor, **more: Any) -> Clip:
    return Clip(actors, more.pop("seconds", SECONDS), **more)


def _approved(name: str, says: str, film: Clip) -> Scene:
    return Scene(name, says, film, Expected())


_PAUSE = Expected(Freezes.SOME, "unapproved_face")

APPROVED = (
    _approved("sits", "sits and talks", _film(_sits())),
    _approved("slanted", "the camera looks up from a table", _film(_sits(), slant=0.06, in_room=True)),
    _approved("near", "sits close to the camera and to one side", _film(_sits(size=200, x=360, y=250))),
    _approved("far", "sits far off", _film(_sits(size=75))),
    _approved("dimmed", "in dim light", _film(_sits(), light=0.4)),
    _approved("blurred", "the camera is not sharp", _film(_sits(), blur=1.2)),
    _approved(
        "glasses", "wears glasses that the photograph does not show", _film(_sits(), things=(props.glasses,))
    ),
    _approved("hand", "lays a hand to the chin", _film(_sits(), things=(props.hand_at_chin(5, 8),))),
    _approved("bar", "a bar hangs before the hair", _film(_sits(), things=(props.bar(5, 8),))),
    _approved(
        "handheld", "holds a telephone in the hand", _film(_sits(), in_room=True, handheld=2, seconds=20.0)
    ),
)

OTHERS = (
    Scene(
        "second-joins",
        "a second approved person, who was admitted, leaves and comes in late",
        _film(
            clips.until(clips.appears(SECOND, 0, size=110, x=500), 1.5),
            clips.enters(SECOND, ENTRY_S, size=110, to_x=500),
            _sits(x=220),
        ),
        Expected(Freezes.BRIEF),
        approved=(FAMILY, SECOND),
    ),
    Scene(
        "stranger-behind",
        "somebody unknown stands behind",
        _film(clips.appears("group-0", ENTRY_S, size=90, x=480, y=150), _sits(x=240)),
        _PAUSE,
        stranger="group-0",
    ),
    Scene(
        "stranger-at-edge",
        "somebody unknown looks in at the edge, half a face",
        _film(clips.enters("group-4", ENTRY_S, size=120, to_x=625), _sits(x=240)),
        Expected(Freezes.SOME),
        stranger="group-4",
    ),
    Scene(
        "barred",
        "somebody who is barred from these calls stands behind",
        _film(clips.appears("group-0", ENTRY_S, size=110, x=480, y=170), _sits(x=240)),
        Expected(Freezes.SOME, "barred_person"),
        stranger="group-0",
        barred=True,
    ),
    Scene(
        "swap",
        "somebody else sits there from one picture to the next",
        _film(clips.swapped(_sits(size=140), "group-0", ENTRY_S)),
        Expected(Freezes.SOME, "identity_swap"),
        stranger="group-0",
    ),
    Scene(
        "child",
        "with somebody registered as a child, of whom only the photograph is an adult's, somebody unknown comes",
        _film(
            clips.appears(SECOND, 0, size=110, x=500),
            clips.appears("group-0", ENTRY_S, size=90, x=110, y=150),
            _sits(x=300),
        ),
        Expected(Freezes.SOME, alert="unapproved_face"),
        approved=(FAMILY, SECOND),
        with_child=True,
        stranger="group-0",
    ),
    Scene(
        "flash",
        "somebody unknown for 100 ms, between two samples",
        _film(clips.flashes("group-3", [5.0, 7.06, 9.12], milliseconds=100), _sits(x=240)),
        Expected(Freezes.SOME),
        stranger="group-3",
    ),
    Scene(
        "handheld-stranger",
        "somebody unknown comes while the telephone is in the hand",
        _film(
            clips.appears("group-0", ENTRY_S, size=100, x=480, y=170), _sits(x=240), in_room=True, handheld=3
        ),
        _PAUSE,
        stranger="group-0",
    ),
    Scene(
        "photograph-of-stranger",
        "a photograph of somebody unknown is held up",
        _film(_sits(x=200), clips.holds_up("group-0", ENTRY_S)),
        _PAUSE,
        stranger="group-0",
    ),
    Scene(
        "photograph-of-approved",
        "a photograph of the approved person instead of them",
        _film(clips.until(_sits(), ENTRY_S), clips.holds_up(FAMILY, ENTRY_S, size=140, x=310)),
        Expected(Freezes.BRIEF),
        limit="liveness is not assessed without a network for it: a photograph of somebody approved passes",
    ),
    Scene(
        "covered",
        "a hand on the lens",
        _film(_sits(), covered=(3.0, 13.0), seconds=14.0),
        Expected(pause="camera_covered"),
    ),
    Scene(
        "stuck",
        "the camera repeats the very same picture",
        _film(_sits(), stuck=(3.0, 16.0), seconds=16.0),
        Expected(alert="frozen_picture"),
    ),
    Scene(
        "looped",
        "a film of six seconds is played again and again in place of the camera",
        _film(_sits(), loop_s=6.0, seconds=18.0),
        Expected(alert="replayed_picture"),
    ),
    Scene(
        "officer-passes",
        "an officer passes behind the prisoner",
        _film(clips.passes("group-3", ENTRY_S), clips.sitter(PRISONER, 31, x=240)),
        Expected(Freezes.SOME),
        side=Side.PRISONER,
        approved=(PRISONER,),
        stranger="group-3",
    ),
)

SCENES: Mapping[str, Scene] = {scene.name: scene for scene in (*APPROVED, *OTHERS)}


def chosen(names: str) -> list[Scene]:
    """The scenes of a name, of several with commas between them, or all. Raises ValueError."""
    if names == "all":
        return list(SCENES.values())
    wanted = names.split(",")
    if unknown := [name for name in wanted if name not in SCENES]:
        raise ValueError(f"There is no clip {unknown[0]} in the set: {', '.join(SCENES)}.")
    return [SCENES[name] for name in wanted]


def with_more_of_the_approved(scenes: Sequence[Scene], minutes: float) -> list[Scene]:
    """The same scenes; those of approved people alone last so many minutes in all, each as long as the others."""
    calm = sum(scene.is_of_approved_people for scene in scenes)
    return [scene.lasting(minutes * 60 / calm) if scene.is_of_approved_people else scene for scene in scenes]
