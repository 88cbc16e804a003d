"""Incidents: what belongs together of one call's alerts, who takes it up, and what came of it."""

from domain.incident.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
