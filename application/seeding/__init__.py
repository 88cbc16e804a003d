"""A believable year of a service that never was: for pages, measurements and newcomers.

A plan is made from a seed alone: people with invented names, times for calls, and what becomes of each
call. Its steps are ordinary commands with their own time in the past, decided by the real rules against
the real log; what the rules refuse is put on record as refused. The same seed is the same plan.
"""

from application.seeding.perform import Outcome, Performed, Performer, SeededOtherwise
from application.seeding.plan import Plan, plan_of
from application.seeding.scale import Scale
from application.seeding.step import Step

__all__ = ["Outcome", "Performed", "Performer", "Plan", "Scale", "SeededOtherwise", "Step", "plan_of"]
