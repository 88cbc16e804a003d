"""What the application asks of the world, in our words. Adapters live in `infrastructure`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from domain.audio_only import AudioOnlyBecause
from domain.clearance import ClearanceMode, Side
from domain.contact import Channel
from domain.decider import Boundary
from domain.enrolment.events import PhotographQuality
from domain.event import Event, Purpose
from domain.moderation.observation import Observation
from domain.moderation.policy import ModerationPolicy
from domain.mute import MediaKind
from domain.notification.events import FailedBecause
from domain.texts import Language

E_co = TypeVar("E_co", bound=Event, covariant=True)


class ActorKind(StrEnum):
    """Who acts, in the field's words (ActionedBy)."""

    STAFF = "STAFF"
    PUBLIC = "PUBLIC"
    PRISONER = "PRISONER"
    SYSTEM = "SYSTEM"  # a reaction or a deadline
    SERVICE = "SERVICE"  # a program that reports: media, moderation, a neighbouring system


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a random id, never a name."""

    kind: ActorKind
    id: str
    role: str | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What goes on record beside the events of one command.

    `cmd` makes the command idempotent: sent twice, it happens once and answers twice.
    """

    actor: Actor
    cmd: UUID
    corr: UUID
    cause: UUID | None = None
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class Sealed:
    """A personal field at rest: AES-256-GCM under one subject's key, bound to event and field."""

    subject: str
    purpose: Purpose
    key: int  # number of the subject's key
    commitment: str  # SHA-256 over the key, so that no other key can later be shown for it
    field: str
    event: UUID
    ciphertext: bytes  # nonce (12 bytes) and ciphertext with tag


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E_co]):
    """An event with its envelope. Positions strictly increase and may have gaps."""

    position: int
    id: UUID
    recorded_at: datetime
    actor: Actor
    cmd: UUID
    corr: UUID
    cause: UUID | None
    policy: str | None
    event: E_co
    sealed: Mapping[str, Sealed] = field(default_factory=dict)


class BoundaryMoved(Exception):
    """A fact entered the boundary between reading and appending."""


class StoreAway(Exception):
    """The log cannot be reached. Nothing was appended as far as we know; the command may be sent again."""


class EventStore(Protocol):
    """The log: read a boundary, append on condition, follow."""

    async def read(self, boundary: Boundary) -> tuple[Sequence[Recorded[Any]], int]:
        """The facts of the boundary in order, and the head position, in one snapshot."""

    async def append(self, events: Sequence[Event], boundary: Boundary, after: int, context: Context) -> int:
        """Append all or nothing; the position of the last. Raises `BoundaryMoved` or `StoreAway`."""

    async def head(self) -> int:
        """The position of the newest event, 0 when there is none. Raises `StoreAway`."""

    async def after(
        self, position: int, *, limit: int, types: Sequence[type[Event]] = ()
    ) -> Sequence[Recorded[Any]]:
        """The events behind a position, in order, of these types; without any: of all this release knows."""


class Keys(Protocol):
    """Keys per (subject, purpose), in a database of their own."""

    async def seal(self, subject: str, purpose: Purpose, event: UUID, name: str, text: str) -> Sealed:
        """Encrypt one personal field; makes the subject's key at first use."""

    async def open(self, sealed: Sealed) -> str | None:
        """The text, or None when the key was destroyed."""


class VaultDamaged(Exception):
    """What is kept does not open with its key: it was altered, or the key is another's."""


class Vault(Protocol):
    """Pictures, templates and observation blocks: content-addressed, each under its subject's key."""

    async def put(self, subject: str, purpose: Purpose, kind: str, content: bytes) -> str:
        """Store and return the reference `sha256:<hex of the content>`."""

    async def get(self, reference: str) -> bytes | None:
        """The content, or None when it was destroyed. Raises `VaultDamaged`."""


class NoSuitableFace(Exception):
    """A photograph cannot stand for a person. The message is fit for whoever gave it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A face as numbers, made from a photograph."""

    vector: tuple[float, ...]  # goes to the vault, never into an event
    engine: str  # name and digest of the model
    face_side_px: int
    quality: PhotographQuality


class FaceEnroller(Protocol):
    """Makes a template from a photograph, in the process that may parse hostile pictures."""

    async def template(self, photograph: bytes) -> Template:
        """The template of the one face in the photograph. Raises `NoSuitableFace`."""

    async def distance(self, one: Template, other: Template) -> int:
        """How far apart two faces are, 1/10,000, as the engine that made both templates measures it."""


class FaceRehearser(Protocol):
    """Looks at a few pictures as at those of a call, in the process that may parse hostile pictures."""

    async def observe(
        self,
        pictures: Sequence[bytes],
        policy: ModerationPolicy,
        mode: ClearanceMode,
        templates: Sequence[Sequence[float]],
    ) -> Sequence[Observation]:
        """What each shows, in order. Nothing of them is kept. Raises `NoSuitableFace` for what is no picture."""


@dataclass(frozen=True, slots=True)
class SeatTerms:
    """Under which terms a side takes part, as the media worker needs them.

    `mode` is fixed when the waiting room opens, and where it rests on an authorisation it is OPEN from
    `until` on. Until `admitted`, pictures are judged for admission and nothing leaves.
    """

    side: Side
    people: int
    templates: tuple[tuple[float, ...], ...]
    persons: tuple[str, ...]  # whose each template is
    mode: ClearanceMode
    admitted: bool = False
    shown: bool = True  # False: one-way video, its pictures never reach the other side
    audio_only: AudioOnlyBecause | None = None  # its picture is left out for now
    muted: tuple[MediaKind, ...] = ()  # by an officer, before a worker took the call up again
    until: datetime | None = None  # then the authorisation is over: the worker closes the taps by itself
    recorded: bool = False  # what reaches the other side is recorded, as far as the mode allows
    pictured: bool = False  # a picture of what is found is kept, as far as the mode allows
    with_child: bool = False  # somebody on this side is registered as a child
    barred: tuple[tuple[float, ...], ...] = ()  # templates of faces that are barred from the call


@dataclass(frozen=True, slots=True)
class Listening:
    """Leave to hear what one looks at, as it is on record. Without it a look is a picture without sound."""

    until: datetime | None  # the authorisation's end; None: it rests on the terms of this type of call

    def over(self, at: datetime) -> bool:
        """Whether nothing may be heard any more."""
        return self.until is not None and at >= self.until


@dataclass(frozen=True, slots=True)
class Still:
    """The newest judged sample of one side, as a picture."""

    jpeg: bytes
    width: int
    height: int
    faces: tuple[tuple[int, int, int, int], ...]  # x, y, width, height in pixels
    media_ms: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered over HTTP: the status, the body, and the headers worth keeping."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


class OtherBody(Exception):
    """The same key was sent before with another body."""


class InFlight(Exception):
    """The first request with this key is still being answered."""


class Answers(Protocol):
    """Answers given before, kept for a day for whoever asked, as ciphertext under their key."""

    async def before(self, key: UUID, body: bytes) -> Answer | None:
        """The answer given before, or None: then the request is ours to answer, by `give` or `drop`.

        `key` is made of who asks, what for, and their own key; `body` is the request.
        Raises `OtherBody`, `InFlight`, `StoreAway`.
        """

    async def give(self, key: UUID, person: str, answer: Answer) -> None:
        """Keep the answer for whoever sends the same again. Raises `StoreAway`."""

    async def drop(self, key: UUID) -> None:
        """Nothing was answered, as when the log was away: the same may be sent again at once."""


@dataclass(frozen=True, slots=True)
class WorkerLoad:
    """How busy one media worker is, as it measures itself."""

    worker: str
    calls: int
    takes_calls: bool  # one more may be placed there
    lag_ms: int | None  # so late its loop wakes up, p95 of the last seconds; None: not told yet
    verdict_ms: int | None  # so long a verdict takes, p95; None: nothing was judged


class MediaEngine(Protocol):
    """The media plane as the application sees it. Closing is immediate; opening waits for the record."""

    async def open_call(
        self,
        call: str,
        prison: str,
        policy: str,
        document: Mapping[str, Any],
        seats: Sequence[SeatTerms],
        started_at: datetime | None = None,
    ) -> None:
        """Make room for a call in a media worker. Does nothing when it is already there.

        `started_at`: the call runs already and lost its worker: it stays dark until `resume`.
        """

    async def join(self, call: str, side: Side, offer: str, connection: str, *, light: bool = False) -> str:
        """A side's (new) connection: SDP offer in, answer out. An earlier connection of the side is put out.

        `light`: the side saves data.
        """

    async def save_data(self, call: str, side: Side, *, light: bool) -> None:
        """The side saves data from now on, or does so no longer: both cameras are asked for less, or more."""

    async def sound_alone(self, call: str, side: Side, because: AudioOnlyBecause | None) -> None:
        """AudioOnlyEntered is on record: leave the side's picture out. None: AudioOnlyLeft is."""

    async def admit(self, call: str, side: Side, mode: ClearanceMode, people: int) -> None:
        """The side's clearance mode is on record: from now on its clean pictures may leave once the call runs."""

    async def start(self, call: str, at: datetime) -> None:
        """CallStarted is on record: open both directions. `at` is media time 0.

        Raises `Refused` where nobody carries the call: its worker died while people waited.
        """

    async def pause(self, call: str, context: Context, cause: str, text_key: str, reason: str | None) -> None:
        """Close both directions at once; the worker reports the pause. Never waits for the log."""

    async def hold(self, call: str, cause: str, side: Side | None) -> None:
        """CallPaused is on record: be closed, if for any reason the call is not closed yet.

        `side`: whose picture it is about. What each side is told of it depends on that.
        """

    async def resume(self, call: str, words: Mapping[str, str]) -> None:
        """CallResumed is on record: leave the pause with a judged key frame.

        `words`: the officer's word (is, gone, permitted) on each face, by `side/track`.
        """

    async def mute(self, call: str, context: Context, side: Side, kind: MediaKind, reason: str) -> None:
        """Close a side's sound or picture at once; the worker reports it. Never waits for the log."""

    async def muted(self, call: str, side: Side, kind: MediaKind) -> None:
        """StreamMuted is on record: be closed, if for any reason it is not closed yet."""

    async def unmute(self, call: str, side: Side, kind: MediaKind) -> None:
        """StreamUnmuted is on record: it flows again, a picture from a judged key frame on."""

    async def by_eye(self, call: str, side: Side, takeover: str, viewer: str) -> None:
        """JudgingTakenOver is on record: the side's pictures flow without verdicts, while that viewer sees them."""

    async def give_back(self, call: str, context: Context, side: Side) -> None:
        """Withhold at once what flows by eye; the worker reports it. Never waits for the log."""

    async def given_back(self, call: str, takeover: str) -> None:
        """JudgingGivenBack is on record: be closed, if for any reason it is not closed yet."""

    async def looks(self, call: str, side: Side, viewer: str) -> bool:
        """Whether a side's raw pictures reach that viewer now."""

    async def end(self, call: str) -> None:
        """Close both directions for good and take the call down."""

    async def close_taps(self, call: str, side: Side) -> None:
        """Nobody but the other side reads this side's stream from now on. It stays admitted, or not, as it was."""

    async def stop_listening(self, call: str) -> None:
        """Whoever looks hears nothing from now on."""

    async def watch(self, call: str, side: Side, viewer: str, offer: str, listening: Listening | None) -> str:
        """Look: one more viewer of one side, receiving only; with its sound where there is leave for it."""

    async def still(self, call: str, side: Side, *, bare: bool = False) -> Still | None:
        """The newest judged sample, or None (no call, no sample, or a mode that allows none).

        A sensitive one is blurred, unless it is asked for `bare`.
        """


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """An entry for the reader's calendar."""

    content: bytes
    method: str  # PUBLISH, CANCEL


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent to one person by one way. Never logged, never stored in clear."""

    notification: str  # its id, by which the provider can be asked for it
    person: str
    channel: Channel
    address: str
    language: Language
    subject: str  # empty in a text message
    body: str
    calendar: CalendarFile | None = None


class NotTaken(Exception):
    """The provider has certainly not taken the message over."""

    def __init__(self, because: FailedBecause, *, again: bool, permanent: bool = False) -> None:
        super().__init__(because.value)
        self.because = because
        self.again = again  # the same may be taken later
        self.permanent = permanent  # the address itself is wrong


class NotifierAway(Exception):
    """The provider did not answer: whether it took a message over is not known."""


class Fate(StrEnum):
    """What a provider says of a message it took over."""

    UNDER_WAY = "under_way"
    DELIVERED = "delivered"
    FAILED = "failed"
    NOT_TOLD = "not_told"  # and it never will be


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a message, as far as its provider knows."""

    fate: Fate
    permanent: bool = False  # of a failed one: the address itself is wrong


class Notifier(Protocol):
    """Sends messages. One message at a time: no method is called while another runs."""

    @property
    def name(self) -> str:
        """What goes on record as the way a message took."""

    @property
    def channels(self) -> frozenset[Channel]:
        """What it can send."""

    async def send(self, message: Message) -> str:
        """Hand the message over; the provider's reference. Raises `NotTaken`, `NotifierAway`."""

    async def find(self, notification: str) -> str | None:
        """The reference, if the provider took this message over before. Raises `NotifierAway`.

        None where it did not, and where the provider cannot tell: the message is then sent again.
        """

    async def status(self, reference: str) -> Delivery:
        """What became of a message it took over. Raises `NotifierAway`."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it lies in the local mailbox of a demonstration."""

    at: datetime
    channel: Channel
    address: str
    subject: str
    body: str
    calendar: str | None


class Mailbox(Protocol):
    """The local mailbox: where messages of a demonstration can be read by whom they were for."""

    async def letters(self, person: str) -> Sequence[Letter]:
        """The newest first; whoever's key was destroyed has none left. Raises `StoreAway`."""
