"""A call: from the moment both sides see each other until it is over.

The machine may only stop a call: a violation pauses it in the same append that records what was seen.
Only an officer of the prison, who gives a reason and a word on each face, lets it go on; a pause whose
cause can clear by itself goes on when it has.

    start -> LIVE -- violation, staff --> PAUSED -- resume, cause gone --> LIVE
             LIVE, PAUSED -- connection or checking lost --> INTERRUPTED -- both back --> LIVE
             any -- officer, time up, a side leaves --> ENDED
"""

from domain.call.decisions import boundary, decide
from domain.call.state import evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
