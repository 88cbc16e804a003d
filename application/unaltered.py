"""What the vault holds, only if it is what was put on record."""

from application.ports import Vault, VaultDamaged
from domain.event import Refused
from domain.moderation.block import digest


class Altered(Refused):
    """What the vault holds is not what was put on record."""

    def __init__(self, what: str, reference: str) -> None:
        super().__init__(
            f"{what} is not the one on record ({reference[:19]}…). Nothing can be shown by it.",
            "kept_altered",
        )


async def unaltered(vault: Vault, what: str, reference: str) -> bytes | None:
    """What is kept under a digest on record; None when it was destroyed. Raises `Altered`."""
    try:
        content = await vault.get(reference)
    except VaultDamaged as error:
        raise Altered(what, reference) from error
    if content is not None and digest(content) != reference:
        raise Altered(what, reference)
    return content
