"""May a pack judge real calls? What its licence says, as far as that can be verified.

insightface signs its licences, and its own verifier is asked. Models under an open licence carry no signature:
there the text of a licence that permits any use must lie in the pack, be the text the lock names, and be
recognisable as what the lock says it is.
"""

from dataclasses import dataclass
from pathlib import Path

from infrastructure.moderation.pack_lock import PackKind, PackLock

# A phrase that stands in the title or the grant of one licence and in no other one's text.
_OPEN = {
    "Apache-2.0": "apache license version 2.0",
    "BSD-2-Clause": "redistributions in binary form must reproduce",
    "BSD-3-Clause": "redistributions in binary form must reproduce",
    "CC0-1.0": "cc0 1.0 universal",
    "MIT": "permission is hereby granted free of charge to any person obtaining a copy",
}
_TEXT_BYTES_MAX = 256 * 1024


@dataclass(frozen=True, slots=True)
class Licence:
    """What was found out about a pack's licence."""

    commercial: bool  # verified to permit use in a service like this
    says: str


def of(folder: Path, lock: PackLock) -> Licence:
    """The licence of a pack whose files were checked."""
    signed = lock.kind is PackKind.INSIGHTFACE
    licence = _signed(folder) if signed else _by_text(folder, lock, lock.licence)
    if lock.liveness is None or not licence.commercial:
        return licence
    liveness = _by_text(folder, lock, lock.liveness.licence)  # a signed licence is for the pack's model alone
    return Licence(liveness.commercial, f"{licence.says}; liveness: {liveness.says}")


def _signed(folder: Path) -> Licence:
    from insightface.model_zoo.model_license import inspect_model_package_license

    found = inspect_model_package_license(folder)
    return Licence(found.status == "verified_commercial", str(found.status))


def _by_text(folder: Path, lock: PackLock, licences: str) -> Licence:
    """Every licence that is named, separated by `AND`, must be open and have its text among the files."""
    texts = [_words(folder / name) for name in lock.licence_texts]
    for name in (part.strip() for part in licences.split(" AND ")):
        if name not in _OPEN:
            return Licence(False, f"{name or 'no name'} is no licence we know to permit every use")
        if not any(_OPEN[name] in text for text in texts):
            return Licence(False, f"the text of {name} is not in the pack")
    return Licence(True, f"{licences}, by the text in the pack")


def _words(path: Path) -> str:
    """The text in small letters, one space between words, without commas and brackets."""
    text = path.read_bytes()[:_TEXT_BYTES_MAX].decode("utf-8", "replace").lower()
    return " ".join(text.translate(str.maketrans(",()", "   ")).split())
