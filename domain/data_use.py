"""How much data a call takes at most: the figure that people see before they join."""

from domain.policy.line import LinePolicy

SOUND_KBPS = 48  # Opus at about 32 kbit/s, and what its packets add
WAYS = 2  # what is sent and what is received

_KBIT_PER_MEGABYTE = 8000


def megabytes(minutes: int, line: LinePolicy, *, light: bool) -> int:
    """Megabytes that a side sends and receives in so many minutes, at most; to the next ten."""
    picture = line.picture_kbps_light if light else line.picture_kbps
    exact = minutes * 60 * WAYS * (picture + SOUND_KBPS) / _KBIT_PER_MEGABYTE
    return -(-round(exact) // 10) * 10
