"""Running the checks of a call again, from what was put away of them: is the record what the rules said?

`replay(store, vault, call)` judges it under the policy it was held under; with changes it also tells what
another policy would have decided.
"""

from application.replay.checked import Checked, Outcome
from application.replay.otherwise import Difference, Otherwise
from application.replay.record import BlockAltered, Record
from application.replay.replay import Report, replay, replayed
from application.replay.shadow import Comparison, Tally, compare, tried, tried_engines

__all__ = [
    "BlockAltered",
    "Checked",
    "Comparison",
    "Difference",
    "Otherwise",
    "Outcome",
    "Record",
    "Report",
    "Tally",
    "compare",
    "replay",
    "replayed",
    "tried",
    "tried_engines",
]
