"""The terms of a seat reach the worker whole, whatever they are."""

from dataclasses import asdict, fields
from datetime import UTC, datetime

import msgspec

from application.ports import SeatTerms
from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.mute import MediaKind
from infrastructure.media.worker import _seat

TERMS = SeatTerms(
    side=Side.VISITOR,
    people=3,
    templates=((0.25, 0.5), (0.75, 1.0)),
    persons=("visitor-1", "visitor-2"),
    mode=ClearanceMode.MATCH,
    admitted=True,
    shown=False,
    audio_only=AudioOnlyBecause.BAD_LINE,
    muted=(MediaKind.SOUND,),
    until=datetime(2026, 11, 23, 12, tzinfo=UTC),
    recorded=True,
    pictured=True,
    with_child=True,
    barred=((0.5, 0.5),),
)


def test_every_term_arrives_as_it_was_sent() -> None:
    body = msgspec.msgpack.decode(msgspec.msgpack.encode(asdict(TERMS)))
    assert _seat(body) == TERMS
    usual = {field.name: getattr(TERMS, field.name) != field.default for field in fields(SeatTerms)}
    assert all(usual.values()), "a term that is as usual here proves nothing"
