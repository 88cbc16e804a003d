"""The waiting room: from its opening to the start of the call, or to nobody having come.

Each side is admitted either by a match of every face with the people who were approved, or by staff
who saw and counted them. The mode in which its pictures are checked is fixed here and goes on record.

    open -> WAITING -- both admitted, monitor if required --> start
"""

from domain.waiting_room.decisions import boundary, decide
from domain.waiting_room.state import evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
