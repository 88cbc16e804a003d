"""The timetable: when calls may be held, on how many stations, and for whom.

A time is either opened by itself, or follows from a weekly template: then its id is the template's with
the day, and it exists because the template does. A day, or one session on a day, may be blocked.
"""

from domain.timetable.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
