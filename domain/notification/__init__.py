"""Notifications: who was told what, by which way, and what became of the message.

A message is planned when something happens that its reader should know; the outbox sends it once and
notes what the provider says. No address and no word of a message is in any event: what was said is the
occasion, the version of its text, the language and the facts, from which it can be made again.

    plan -> PLANNED -- taken by the provider --> SENT -- delivered | failed
               | no address, refused, given up --> FAILED
"""

from domain.notification.decisions import boundary, decide, evolve, initial

__all__ = ["boundary", "decide", "evolve", "initial"]
