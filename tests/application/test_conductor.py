"""The media plane is told what is on record, and told again alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from application.conductor import Conductor
from application.ports import Context, EventStore, Listening, MediaEngine, SeatTerms, Still
from application.templates import template_bytes
from domain.audio_only import AudioOnlyBecause, AudioOnlyEntered, AudioOnlyLeft
from domain.booking.events import BookingCancelled, CallBooked, Video
from domain.call.events import CallInterrupted, CallPaused, CallResumed, PausedBy, WordOnFace
from domain.clearance import ClearanceMode, Side
from domain.event import Event, Purpose, Refused
from domain.lifecycle import CallCompleted, CallMissed, CallStarted
from domain.looking import ListeningStopped
from domain.moderation.kind import FaceWord
from domain.mute import MediaKind, StreamMuted, StreamUnmuted
from domain.policy import Policy, PolicyPublished
from domain.takeover import TAKEOVER_CAUSES, JudgingGivenBack, JudgingTakenOver
from domain.timetable.events import CallType
from domain.waiting_room.events import (
    TOOK_OVER,
    BarredOnCall,
    ClearanceModeSet,
    ParticipantAdmitted,
    WaitingRoomOpened,
)
from tests.application.history import everything, put
from tests.facts import (
    AUTHORISATION,
    CALL,
    COUNTED_VISITORS,
    MATCHED_PRISONER,
    MATCHED_VISITOR,
    NOON,
    OFFICER,
    PRISONER,
    VISITOR,
    fact,
    recorded,
)

VECTORS = {"sha256:aa": (0.25, 0.5), "sha256:bb": (0.75, 1.0), "sha256:cc": (0.5, 0.5)}


class VaultOfTemplates:
    """A vault with the templates of the usual people."""

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        raise PermissionError("nothing is put into the vault here")

    async def get(self, reference: str) -> bytes | None:
        vector = VECTORS.get(reference)
        return None if vector is None else template_bytes(vector)


class Told(MediaEngine):
    """A media plane that writes down what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    async def open_call(
        self,
        call: str,
        prison: str,
        policy: str,
        document: Mapping[str, Any],
        seats: Sequence[SeatTerms],
        started_at: datetime | None = None,
    ) -> None:
        said = {"policy": policy, "document": document, "seats": seats, "started_at": started_at}
        self.calls.append(("open", said))

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        raise PermissionError("nobody joins here")

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        raise PermissionError("nobody saves data here")

    async def sound_alone(self, call: str, side: Side, because: AudioOnlyBecause | None) -> None:
        self.calls.append(("sound_alone", {"side": side, "because": because}))

    async def admit(self, call: str, side: Side, mode: ClearanceMode, people: int) -> None:
        self.calls.append(("admit", {"side": side, "mode": mode, "people": people}))

    async def start(self, call: str, at: datetime) -> None:
        self.calls.append(("start", {"at": at}))

    async def pause(self, call: str, context: Context, cause: str, text_key: str, reason: str | None) -> None:
        raise PermissionError("nobody pauses here")

    async def hold(self, call: str, cause: str, side: Side | None) -> None:
        self.calls.append(("hold", {"cause": cause, "side": side}))

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        self.calls.append(("resume", {"words": dict(words)}))

    async def mute(self, call: str, context: Context, side: Side, kind: MediaKind, reason: str) -> None:
        raise PermissionError("nobody mutes here")

    async def muted(self, call: str, side: Side, kind: MediaKind) -> None:
        self.calls.append(("muted", {"side": side, "kind": kind}))

    async def unmute(self, call: str, side: Side, kind: MediaKind) -> None:
        self.calls.append(("unmute", {"side": side, "kind": kind}))

    async def by_eye(self, call: str, side: Side, takeover: str, viewer: str) -> None:
        self.calls.append(("by_eye", {"side": side, "takeover": takeover, "viewer": viewer}))

    async def give_back(self, call: str, context: Context, side: Side) -> None:
        raise PermissionError("nobody gives back here")

    async def given_back(self, call: str, takeover: str) -> None:
        self.calls.append(("given_back", {"takeover": takeover}))

    async def looks(self, call: str, side: Side, viewer: str) -> bool:
        raise PermissionError("nobody looks here")

    async def end(self, call: str) -> None:
        self.calls.append(("end", {}))

    async def close_taps(self, call: str, side: Side) -> None:
        self.calls.append(("close_taps", {"side": side}))

    async def stop_listening(self, call: str) -> None:
        self.calls.append(("stop_listening", {}))

    async def watch(self, call: str, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        raise PermissionError("nobody looks here")

    async def still(self, call: str, side: Side, *, bare: bool = False) -> Still | None:
        return None


async def _told(store: EventStore, *history: Event) -> list[tuple[str, dict[str, Any]]]:
    """What the media plane is told of the last event of the history."""
    position = await put(store, *history)
    engine = Told()
    await Conductor(store, VaultOfTemplates(), engine).take(recorded(position, history[-1]))
    return engine.calls


async def test_an_opened_waiting_room_is_opened_with_the_templates_of_the_people_expected(
    store: EventStore,
) -> None:
    ((name, said),) = await _told(store, fact(PolicyPublished), fact(WaitingRoomOpened))

    assert name == "open"
    by_side = {seat.side: seat for seat in said["seats"]}
    assert by_side[Side.PRISONER].templates == (VECTORS["sha256:aa"],)
    assert by_side[Side.PRISONER].persons == (PRISONER,)
    assert by_side[Side.VISITOR].templates == (VECTORS["sha256:bb"],)
    assert by_side[Side.VISITOR].persons == (VISITOR,)
    assert not any(seat.admitted for seat in said["seats"])


async def test_where_faces_are_only_counted_no_template_reaches_the_media_plane(store: EventStore) -> None:
    opened = fact(WaitingRoomOpened, visitor=COUNTED_VISITORS)

    ((_, said),) = await _told(store, fact(PolicyPublished), opened)

    visitors = next(seat for seat in said["seats"] if seat.side is Side.VISITOR)
    assert visitors.mode is ClearanceMode.COUNT
    assert visitors.templates == ()


async def test_the_media_plane_is_told_on_which_side_a_child_is(store: EventStore) -> None:
    visitor = COUNTED_VISITORS.model_copy(update={"children": ("child-1",)})

    ((_, said),) = await _told(store, fact(PolicyPublished), fact(WaitingRoomOpened, visitor=visitor))

    assert {seat.side: seat.with_child for seat in said["seats"]} == {
        Side.PRISONER: False,
        Side.VISITOR: True,
    }


async def test_with_video_one_way_the_media_plane_is_told_whom_not_to_show(store: EventStore) -> None:
    opened = fact(WaitingRoomOpened, video=Video.ONE_WAY)

    ((_, said),) = await _told(store, fact(PolicyPublished), opened)

    assert {seat.side: seat.shown for seat in said["seats"]} == {Side.PRISONER: True, Side.VISITOR: False}


@pytest.mark.parametrize(
    ("call_type", "actions"), [(CallType.LEGAL, ["alert"]), (CallType.SOCIAL, ["alert", "pause"])]
)
async def test_a_call_is_judged_by_the_policy_of_its_type(
    store: EventStore, call_type: CallType, actions: list[str]
) -> None:
    alert = {"after_ms": 0, "action": "alert", "severity": 4}
    changes = {"moderation": {"by_call_type": {"legal": {"explicit_nudity": [alert]}}}}
    published = fact(PolicyPublished, document=Policy().merged(changes).document())
    booked = fact(CallBooked, call_type=call_type)

    ((_, said),) = await _told(store, published, booked, fact(WaitingRoomOpened))

    ladder = said["document"]["moderation"]["actions"]["explicit_nudity"]
    assert [rung["action"] for rung in ladder] == actions


async def test_a_call_that_lost_its_worker_is_opened_again_as_one_that_runs(store: EventStore) -> None:
    history = [fact(PolicyPublished), fact(WaitingRoomOpened)]
    history += [fact(ParticipantAdmitted, side=side) for side in Side]
    await put(store, *history, fact(CallStarted, 5))
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    ((_, said),) = engine.calls
    assert said["started_at"] == fact(CallStarted, 5).at
    assert all(seat.admitted for seat in said["seats"])


async def test_a_call_that_was_missed_is_not_opened_again(store: EventStore) -> None:
    await put(store, fact(PolicyPublished), fact(WaitingRoomOpened), fact(CallMissed, 600))
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    assert engine.calls == []


async def test_a_picture_that_was_left_out_is_left_out_in_a_new_worker_too(store: EventStore) -> None:
    history = [fact(PolicyPublished), fact(WaitingRoomOpened), fact(CallStarted, 5)]
    await put(store, *history, fact(AudioOnlyEntered, 30, side=Side.VISITOR))
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    ((_, said),) = engine.calls
    left_out = {seat.side: seat.audio_only for seat in said["seats"]}
    assert left_out == {Side.PRISONER: None, Side.VISITOR: AudioOnlyBecause.BAD_LINE}


async def test_a_call_that_is_opened_again_is_judged_as_it_was_admitted_whoever_took_over(
    store: EventStore,
) -> None:
    admitted = fact(ClearanceModeSet, 1, side=Side.VISITOR, mode=ClearanceMode.MATCH)
    by_eye = fact(ClearanceModeSet, 9, side=Side.VISITOR, mode=ClearanceMode.COUNT, cause=TOOK_OVER)
    await put(store, fact(PolicyPublished), fact(WaitingRoomOpened), admitted, fact(CallStarted, 5))
    await put(store, fact(JudgingTakenOver, 9), by_eye)
    engine = Told()
    await Conductor(store, VaultOfTemplates(), engine).open(CALL)
    ((_, said),) = engine.calls
    assert {seat.side: seat.mode for seat in said["seats"]}[Side.VISITOR] is ClearanceMode.MATCH


async def test_a_call_that_is_opened_again_stays_as_muted_as_it_was(store: EventStore) -> None:
    muted = [fact(StreamMuted, 10), fact(StreamMuted, 11, kind=MediaKind.PICTURE), fact(StreamUnmuted, 12)]
    await put(store, fact(PolicyPublished), fact(WaitingRoomOpened), fact(CallStarted, 5), *muted)
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    ((_, said),) = engine.calls
    assert {seat.side: seat.muted for seat in said["seats"]} == {
        Side.PRISONER: (),
        Side.VISITOR: (MediaKind.PICTURE,),
    }


async def test_a_call_whose_taps_were_closed_is_opened_again_without_them(store: EventStore) -> None:
    change = {"mode": ClearanceMode.IMAGE_ONLY}
    until = NOON + timedelta(hours=1)
    room = fact(
        WaitingRoomOpened,
        prisoner=MATCHED_PRISONER.model_copy(update=change),
        visitor=MATCHED_VISITOR.model_copy(update=change),
        confidential=True,
        authorisation=AUTHORISATION,
        authorised_until=until,
    )
    closed = fact(ClearanceModeSet, side=Side.VISITOR, mode=ClearanceMode.OPEN, cause="authorisation_ended")
    await put(store, fact(PolicyPublished), room, closed)
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    ((_, said),) = engine.calls
    by_side = {seat.side: seat for seat in said["seats"]}
    prisoner, visitor = by_side[Side.PRISONER], by_side[Side.VISITOR]
    assert (prisoner.mode, prisoner.until, prisoner.templates) == (
        ClearanceMode.IMAGE_ONLY,
        until,
        (VECTORS["sha256:aa"],),
    )
    assert (visitor.mode, visitor.until, visitor.templates) == (ClearanceMode.OPEN, None, ())


@pytest.mark.parametrize("over", [fact(CallCompleted, 60), fact(BookingCancelled, -60)])
async def test_a_call_that_is_over_is_not_opened_again(store: EventStore, over: Event) -> None:
    await put(store, fact(PolicyPublished), fact(WaitingRoomOpened), fact(CallStarted), over)
    engine = Told()

    await Conductor(store, VaultOfTemplates(), engine).open(CALL)

    assert engine.calls == []


async def test_the_moments_of_a_call_are_passed_on_in_the_media_planes_words(store: EventStore) -> None:
    word = WordOnFace(side=Side.VISITOR, track=2, word=FaceWord.PERMITTED)

    assert await _told(store, fact(ClearanceModeSet, side=Side.VISITOR)) == [
        ("admit", {"side": Side.VISITOR, "mode": ClearanceMode.MATCH, "people": 1})
    ]
    closed = fact(ClearanceModeSet, side=Side.VISITOR, mode=ClearanceMode.OPEN, cause="authorisation_ended")
    assert await _told(store, closed) == [("close_taps", {"side": Side.VISITOR})]  # and nobody is admitted
    assert await _told(store, fact(ListeningStopped)) == [("stop_listening", {})]
    assert await _told(store, fact(CallStarted)) == [("start", {"at": NOON})]
    assert await _told(store, fact(AudioOnlyEntered, side=Side.VISITOR)) == [
        ("sound_alone", {"side": Side.VISITOR, "because": AudioOnlyBecause.BAD_LINE})
    ]
    assert await _told(store, fact(AudioOnlyLeft, side=Side.VISITOR)) == [
        ("sound_alone", {"side": Side.VISITOR, "because": None})
    ]
    paused = fact(CallPaused, cause="camera_covered", side=Side.VISITOR)
    told = {"cause": "camera_covered", "side": Side.VISITOR}
    assert await _told(store, paused) == [("hold", told)]
    assert await _told(store, fact(CallResumed, words=(word,))) == [
        ("resume", {"words": {"visitor/2": "permitted"}})
    ]
    sound = {"side": Side.VISITOR, "kind": MediaKind.SOUND}
    assert await _told(store, fact(StreamMuted)) == [("muted", sound)]
    assert await _told(store, fact(StreamUnmuted)) == [("unmute", sound)]
    taken = {"side": Side.VISITOR, "takeover": "takeover-1", "viewer": "viewer-1"}
    assert await _told(store, fact(JudgingTakenOver)) == [("by_eye", taken)]
    assert await _told(store, fact(JudgingGivenBack)) == [("given_back", {"takeover": "takeover-1"})]
    for cause in TAKEOVER_CAUSES:  # who judges is no admission
        assert await _told(store, fact(ClearanceModeSet, cause=cause)) == []
    assert await _told(store, fact(CallCompleted)) == [("end", {})]


async def test_a_pause_that_an_interruption_covers_is_left_to_the_media_plane(store: EventStore) -> None:
    asked = fact(CallPaused, 20, cause="staff", paused_by=PausedBy.STAFF, officer=OFFICER)
    assert await _told(store, fact(CallStarted), fact(CallInterrupted, 10), asked) == []


async def test_a_call_that_begins_while_nobody_carries_it_is_interrupted(store: EventStore) -> None:
    class Nobody(Told):
        """No worker carries the call."""

        async def start(self, call: str, at: datetime) -> None:
            raise Refused("This call is not connected at the moment.", "no_worker")

    position = await put(store, fact(CallBooked, -86400), fact(CallStarted))
    conductor = Conductor(store, VaultOfTemplates(), Nobody())

    await conductor.take(recorded(position, fact(CallStarted)))
    await conductor.take(recorded(position, fact(CallStarted)))

    happened = [one.event for one in await everything(store)][2:]
    assert [type(event).__name__ for event in happened] == ["CallInterrupted"] + 2 * ["ParticipantLeft"]
    assert isinstance(happened[0], CallInterrupted)
    assert (happened[0].cause, happened[0].at) == ("worker_lost", NOON)


async def test_the_worker_is_given_the_faces_that_are_barred_from_the_call_for_the_visitors_side_alone(
    store: EventStore,
) -> None:
    barred = tuple(
        BarredOnCall(barred=name, template=template)
        for name, template in (("barred-1", "sha256:cc"), ("barred-2", "sha256:taken-off-since"))
    )
    opened = fact(WaitingRoomOpened, barred=barred)

    ((_, said),) = await _told(store, fact(PolicyPublished), opened)

    assert {seat.side: seat.barred for seat in said["seats"]} == {
        Side.PRISONER: (),
        Side.VISITOR: (VECTORS["sha256:cc"],),
    }
