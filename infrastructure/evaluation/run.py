"""The films of a manifest under one engine and one policy, as a live stream would be judged."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from application.moderation import Setup
from domain.moderation.policy import ModerationPolicy
from infrastructure.evaluation.events import Film, assess
from infrastructure.evaluation.manifest import Clip, Manifest
from infrastructure.moderation.enrol import PhotographRefused, template_from_file
from infrastructure.moderation.footage import FilmJudge, Shot, decoded

Moved = Callable[[float], None]
"""Called with the media seconds judged since it was called last."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Whose face could be turned into a template, and whose photograph was refused."""

    templates: Mapping[str, tuple[float, ...]]
    refused: Mapping[str, str]


def enrol(manifest: Manifest, setup: Setup) -> Enrolled:
    """The templates of everybody who is admitted in some film."""
    templates: dict[str, tuple[float, ...]] = {}
    refused: dict[str, str] = {}
    for name in sorted({person for clip in manifest.clips for person in clip.admitted}):
        photograph = manifest.people[name].photograph
        assert photograph is not None
        try:
            templates[name] = template_from_file(photograph, setup)
        except PhotographRefused as error:
            refused[name] = str(error)
    return Enrolled(templates, refused)


def films(
    manifest: Manifest, enrolled: Enrolled, setup: Setup, policy: ModerationPolicy, moved: Moved
) -> Iterator[Film]:
    """What was decided on each film. One that admits somebody without a template is left out."""
    for clip in manifest.clips:
        if all(person in enrolled.templates for person in clip.admitted):
            yield _film(clip, enrolled, setup, policy, moved)


def _film(clip: Clip, enrolled: Enrolled, setup: Setup, policy: ModerationPolicy, moved: Moved) -> Film:
    templates = [enrolled.templates[person] for person in clip.admitted]
    judge = FilmJudge(setup, policy, templates, clip.side)
    shots: list[Shot] = []
    times: list[int] = []
    before = 0
    for media_ms, planes, _ in decoded(clip.path):
        times.append(media_ms)
        shots += judge.offer(planes, media_ms)
        moved((media_ms - before) / 1000)
        before = media_ms
    return assess(clip, shots, times, policy)
