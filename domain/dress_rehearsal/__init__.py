"""The dress rehearsal: from the day before a call, one side tries whether its faces will be recognised.

The pictures are judged as those of the call will be, by the same networks, thresholds and templates, and the
other side sees nothing. No picture and no vector is kept: the fact says who was recognised, and what to change.

    booked -- from rehearsal_hours before -- RehearsalHeld, as often as the policy lets -- room opens: too late
"""

from domain.dress_rehearsal.decisions import boundary, decide
from domain.dress_rehearsal.state import evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
