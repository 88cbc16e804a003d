"""`kinline fsck`: does the log say what it said when it was written, and do the read models say the same?"""

from api.commands.output import JsonOption

FOUND = 1


def fsck(json: JsonOption = False) -> None:
    """Check every event against its tags and hash, and every read model against the events."""
    raise NotImplementedError
