"""The prison's record of a person in prison, as its own systems tell it: a mirror, never the master.

Each fact comes with the moment at which it became true. A fact told twice, or told late after a newer one
of its kind, changes nothing.
"""

from domain.prisoner.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
