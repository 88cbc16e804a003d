"""Weeding: what is kept of a call is destroyed when its time is over, unless something keeps it.

Two events, so that neither a crash nor a concern raised in that moment makes the record lie. The first says,
in the same breath as the look at everything that might keep it, that it will be destroyed; the second follows
when it is. In between it is destroyed again, until that is done.

A piece or a picture whose way into the vault was cut off may lie there although nothing says so. Where one was
on its way at all, what may lie there is destroyed in its time like what is on record.

    kept -- time over, not held, not extended --> begun -- destroyed --> weeded
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import assert_never, get_args

from domain import evidence
from domain.calendar import local_day
from domain.decider import Boundary, about
from domain.event import Command, Refused
from domain.evidence import Evidence, EvidenceFact
from domain.evidence_picture import EvidencePictureKept
from domain.kept import MediaKept, MediaWeeded, RetentionExtended, WeedingBegun
from domain.lifecycle import CallCompleted, CallTerminated
from domain.moderation.kind import Action
from domain.monitoring.events import Ground
from domain.policy import Policy, PolicyPublished
from domain.recording import RecordingSealed, RecordingStarted
from domain.stream import ObservationsSealed
from domain.violation import ViolationRaised
from domain.waiting_room.events import WaitingRoomOpened


class WeedMedia(Command):
    """Destroy what is kept of a call and should be no longer. Sent whenever that may have changed."""

    call: str
    prison: str


class ReportWeeded(Command):
    """It was destroyed."""

    call: str
    prison: str
    media: MediaKept
    key_destroyed: bool


class ExtendRetention(Command):
    """Keep what there is of a call longer."""

    call: str
    prison: str
    until: date
    ground: Ground
    extended_by: str
    reason: str


RetentionCommand = WeedMedia | ReportWeeded | ExtendRetention
RetentionEvent = WeedingBegun | MediaWeeded | RetentionExtended
RetentionFact = (
    WaitingRoomOpened
    | CallCompleted
    | CallTerminated
    | ViolationRaised
    | RecordingStarted
    | RecordingSealed
    | EvidencePictureKept
    | EvidenceFact
    | RetentionEvent
    | PolicyPublished
)
OF_CALLS = tuple(kind for kind in get_args(RetentionFact) if kind is not PolicyPublished)
"""The facts of a call that say what is kept of it, and what keeps it; all carry the call's tag."""


@dataclass(frozen=True)
class Retention:
    """What is kept of a call, how long, and what became of it."""

    version: str = ""  # of the policy that the call was pinned to
    documents: Mapping[str, Policy] = field(default_factory=dict)
    ended_at: datetime | None = None
    references: Mapping[MediaKept, tuple[str, ...]] = field(default_factory=dict)
    pictured: bool = False  # pictures of what is found are kept
    sent: frozenset[MediaKept] = frozenset()  # to the vault, whether or not it is on record as there
    evidence: Evidence = evidence.initial
    extended_until: date | None = None
    begun: Mapping[MediaKept, WeedingBegun] = field(default_factory=dict)
    weeded: frozenset[MediaKept] = frozenset()

    @property
    def policy(self) -> Policy:
        """The policy that the call was held under."""
        return self.documents.get(self.version, Policy())

    @property
    def there(self) -> tuple[MediaKept, ...]:
        """What there is, and is not being destroyed."""
        return tuple(media for media in MediaKept if self.references.get(media) and media not in self.begun)

    @property
    def perhaps_there(self) -> tuple[MediaKept, ...]:
        """What there is, or was on its way, and is not being destroyed."""
        known = self.sent.union(media for media, references in self.references.items() if references)
        return tuple(media for media in MediaKept if media in known and media not in self.begun)

    def day(self, moment: datetime) -> date:
        """The day of a moment where the prison is."""
        return local_day(moment, self.policy.time_zone)

    def last_day(self, media: MediaKept) -> date | None:
        """The last day of its ordinary time; None while the call is not over."""
        if self.ended_at is None:
            return None
        return self.day(self.ended_at) + timedelta(days=days_kept(self.policy, media))

    def kept_longer(self, day: date) -> bool:
        """Whether something keeps it on a day whose time is over."""
        extended = self.extended_until is not None and day <= self.extended_until
        return extended or self.evidence.holds(day)

    def due(self, day: date) -> tuple[MediaKept, ...]:
        """What has to be destroyed on a day."""
        if self.kept_longer(day):
            return ()
        return tuple(
            one for one in self.perhaps_there if (last := self.last_day(one)) is not None and last < day
        )


initial = Retention()


def days_kept(policy: Policy, media: MediaKept) -> int:
    """How long a policy keeps it after the day of the call."""
    match media:
        case MediaKept.OBSERVATIONS:
            return policy.retention.observation_blocks_days
        case MediaKept.RECORDING:
            return policy.retention.recordings_days
        case MediaKept.PICTURES:
            return policy.retention.evidence_pictures_days
        case _:
            assert_never(media)


def boundary(command: RetentionCommand) -> Boundary:
    """Everything that was put away of the call and everything that keeps it, and the prison's policy."""
    return (about(f"call:{command.call}", *OF_CALLS), about(f"policy:{command.prison}", PolicyPublished))


def evolve(state: Retention, event: RetentionFact) -> Retention:
    """What there is now."""
    match event:
        case WaitingRoomOpened(policy_version=version, evidence_pictures=pictured):
            return replace(state, version=version, pictured=pictured)
        case PolicyPublished():
            return replace(
                state, documents={**state.documents, event.name: Policy.model_validate(event.document)}
            )
        case CallCompleted(at=at) | CallTerminated(at=at):
            return replace(state, ended_at=at)
        case RecordingStarted():
            return replace(state, sent=state.sent | {MediaKept.RECORDING})
        case ViolationRaised(action=action):
            sent = {MediaKept.PICTURES} if state.pictured and action is not Action.COACH else set()
            return replace(state, sent=state.sent | sent)
        case RecordingSealed(digests=digests):
            return _put_away(state, MediaKept.RECORDING, digests)
        case EvidencePictureKept(digest=digest):
            return _put_away(state, MediaKept.PICTURES, (digest,))
        case RetentionExtended(until=until):
            return replace(state, extended_until=max(until, state.extended_until or until))
        case WeedingBegun(media=media):
            state = replace(state, begun={**state.begun, media: event})
            return replace(state, evidence=evidence.evolve(state.evidence, event))
        case MediaWeeded(media=media):
            return replace(state, weeded=state.weeded | {media})
        case _:
            if isinstance(event, ObservationsSealed):
                state = _put_away(state, MediaKept.OBSERVATIONS, event.digests)
            return replace(state, evidence=evidence.evolve(state.evidence, event))


def _put_away(state: Retention, media: MediaKept, digests: Iterable[str]) -> Retention:
    known = state.references.get(media, ())
    return replace(state, references={**state.references, media: (*known, *digests)})


def decide(state: Retention, command: RetentionCommand) -> list[RetentionEvent]:
    """What is destroyed, that it was, or that it is kept longer."""
    match command:
        case WeedMedia():
            return [
                WeedingBegun(
                    at=command.at,
                    call=command.call,
                    prison=command.prison,
                    media=media,
                    references=state.references.get(media, ()),
                    last_day=last,
                )
                for media in state.due(state.day(command.at))
                if (last := state.last_day(media)) is not None
            ]
        case ReportWeeded():
            return _weeded(state, command)
        case ExtendRetention():
            return _extended(state, command)
        case _:
            assert_never(command)


def _weeded(state: Retention, command: ReportWeeded) -> list[RetentionEvent]:
    begun = state.begun.get(command.media)
    if begun is None or command.media in state.weeded:
        return []
    return [
        MediaWeeded(
            at=command.at,
            call=command.call,
            prison=command.prison,
            media=command.media,
            references=begun.references,
            key_destroyed=command.key_destroyed,
        )
    ]


def _extended(state: Retention, command: ExtendRetention) -> list[RetentionEvent]:
    if not state.there:
        raise Refused("Nothing is kept of this call that could be kept longer.", "nothing_kept")
    if not command.reason.strip():
        raise Refused("Please say why it is needed longer, and why nothing less would do.", "reason_missing")
    today, most = state.day(command.at), state.policy.retention.extension_days_max
    before = max([today, *([state.extended_until] if state.extended_until else [])])
    if command.until <= before:
        raise Refused("Please choose a later day than the one until which it is kept now.", "hold_shortened")
    if command.until > today + timedelta(days=most):
        raise Refused(
            f"It can be kept for {most} days more at a time. Then somebody looks at it again.",
            "extension_too_long",
        )
    return [
        RetentionExtended(
            at=command.at,
            call=command.call,
            prison=command.prison,
            until=command.until,
            ground=command.ground,
            extended_by=command.extended_by,
            reason=command.reason.strip(),
        )
    ]
