"""Booking a call: no station is given twice, nobody is in two calls at once, no month is overspent.

A booking rests on facts about several things at once: the session, the prisoner's month, each visitor's
day, each relationship and restriction, the rooms, and the prison's policy. All are one boundary, so of two
people who ask for the last place in the same instant one is told that it is taken.

    reserve -> RESERVED -- book --> REQUESTED -- approve --> BOOKED -- change --> BOOKED -- cancel --> gone
                  | lapses             | reject, no decision in time, withdraw
"""

from domain.booking.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
