"""Barred faces: whom the law keeps from calls with one person in prison, told by a face.

    proposed -- another person --> IN FORCE -- taken off, time over --> OVER
                rejected

A short list for each person in prison, never one for all. Each entry has a legal basis, says where its
photograph comes from, was signed by two people and ends by itself: every decision compares times. Only the
template is kept, under a key of its own, which is destroyed with the entry.
"""

from domain.barring.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
