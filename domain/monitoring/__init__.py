"""Monitoring: a person's calls are watched or heard only on an authorisation that somebody else gave, for a time.

    asked -- another person --> LIVE -- review --> LIVE
             rejected           LIVE -- time over, review, taken back --> OVER

Every decision that rests on an authorisation compares times itself: one that ran out an hour ago opens
nothing, whether or not anybody noted that it lapsed.
"""

from domain.monitoring.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
