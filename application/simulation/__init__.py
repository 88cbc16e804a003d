"""A change of policy, tried on what happened: which requests and refusals would have gone otherwise.

Each request is decided again by the real rules on the facts as they were when it was made. A rule whose
keys the change leaves alone answers as it did. Once an answer differs, a place, call time or a visitor's
time is free or taken that was not: whatever competed for the same met another world, and what is said of
it is marked as not comparable, with the difference from which that is so.
"""

from application.simulation.draft import Draft
from application.simulation.findings import Answer, Item, Report, Summary, What
from application.simulation.past import Past
from application.simulation.simulation import FACTS, Simulation, simulate

__all__ = ["FACTS", "Answer", "Draft", "Item", "Past", "Report", "Simulation", "Summary", "What", "simulate"]
