"""Allocation: which officer is to watch which call, and when an officer cannot."""

from domain.allocation.decisions import boundary, decide
from domain.allocation.state import evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
