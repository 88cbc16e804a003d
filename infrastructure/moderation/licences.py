"""The licence texts that came with the networks, as they lie in the installed packages and packs."""

import importlib.metadata
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infrastructure.moderation import models
from infrastructure.moderation.installed import Installed, installed
from infrastructure.moderation.models import Weights
from infrastructure.moderation.pack_lock import PackLock

_TEXT = re.compile(r"(^|/)(LICEN[CS]E|COPYING|UNLICENSE)[^/]*$", re.IGNORECASE)
_SIGNED = "MODEL.LICENSE"


@dataclass(frozen=True, slots=True)
class Text:
    """One text, and what it is the licence of."""

    network: str
    licence: str  # as Kinline knows it, or as the pack's lock says
    says: str


def texts(packs_folder: Path) -> Iterator[Text]:
    """The texts of everything that is installed."""
    for weights in (models.DETECTOR, models.EMBEDDER, models.LANDMARKS, models.NUDITY):
        if models.is_installed(weights):
            yield Text(weights.name, weights.licence, _of_package(weights))
    for name, found in installed(packs_folder):
        if isinstance(found, Installed):
            yield Text(f"pack {name}", found.lock.licence, _of_pack(found.folder, found.lock))


def _of_package(weights: Weights) -> str:
    """The texts in the package; its label is not asked, for labels are easily wrong."""
    package = importlib.metadata.distribution(weights.package.replace("_", "-"))
    found = [file for file in package.files or [] if _TEXT.search(str(file))]
    said = dict.fromkeys(file.read_text(encoding="utf-8").strip() for file in found)
    return "\n\n".join(said) or "No licence text came with it."


def _of_pack(folder: Path, lock: PackLock) -> str:
    names = [*lock.licence_texts, *([_SIGNED] if _SIGNED in lock.files else [])]
    said = [(folder / name).read_text(encoding="utf-8", errors="replace").strip() for name in names]
    return "\n\n".join(said) or "No licence text came with it."
