"""Flags: a fact changed under a call that was asked for or booked, so a person looks at it again.

Raised by rules, before the call and during it; cleared by staff with a reason, or by the fact that ends
the cause. A call that carries a flag of a stopping kind is not approved and does not start.
"""

from domain.flag.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
