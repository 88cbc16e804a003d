"""A call: from the moment both sides see each other until it is over.

The machine may only stop a call: a violation pauses it in the same append that records what was seen.
Only an officer of the prison, who gives a reason and a word on each face, lets it go on; what stopped for a
cause that can pass goes on by rule when it has: its end is reported, and going on is decided afterwards.

    start -> LIVE -- violation, staff, a fact that changed --> PAUSED -- resume, cause gone --> LIVE
             LIVE, PAUSED -- connection or checking lost --> INTERRUPTED -- both back --> LIVE
             LIVE, INTERRUPTED -- who must watch is gone --> HELD -- somebody watches --> LIVE
             any -- officer, time up, a side leaves --> ENDED

docs/lifecycle.md has every state and answer. How it ends is decided in `domain.call.ending`.
"""

from domain.call.decisions import boundary, decide
from domain.call.state import evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
