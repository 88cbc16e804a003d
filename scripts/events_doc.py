#!/usr/bin/env python
"""Writes docs/events.md from the events themselves: fields, types, units, tags and who may cause each.

    .venv/bin/python scripts/events_doc.py            say whether the page is current (exit 1 if not)
    .venv/bin/python scripts/events_doc.py --write    write it

What a field means is said once, in the comment or docstring beside it in the code. Who may cause an
event is said here by actions of the permission table, whose roles are looked up.
"""

import ast
import inspect
import sys
import tomllib
import types
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from domain.event import CallEvent, Event, PrisonEvent  # noqa: E402  the path must be known first
from domain.events import EVENTS  # noqa: E402
from domain.prisoner.events import STANDING  # noqa: E402

PAGE = ROOT / "docs" / "events.md"
PERMISSIONS = ROOT / "domain" / "permissions.toml"

WORKER = "the call's media worker, which reports what happened to a stream"
MACHINE = "the call's media worker, by the rules of moderation"
DEADLINE = "a deadline"
NEIGHBOUR = "facts.give"
RULE = "a rule that follows from other events"
OUTBOX = "the outbox, which sends messages and asks what became of them"
SETTING_UP = "whoever sets the prison up, once"

CAUSED_BY: Mapping[str, Sequence[str]] = {
    "PolicyPublished": ("policy.publish", "policy.tighten", SETTING_UP),
    "TighteningReviewed": ("policy.publish",),
    "PersonRegistered": ("person.register", "visitor.register", "participant.add", NEIGHBOUR),
    "ParticipantAdded": ("participant.add",),
    "ContactDetailsGiven": ("contact.give",),
    "IdentityEvidenceSubmitted": ("identity.submit",),
    "IdentityVerified": ("identity.decide",),
    "IdentityRejected": ("identity.decide",),
    "GuardianVouchedForChild": ("child.vouch",),
    "BiometricConsentGiven": ("face.consent",),
    "BiometricConsentWithdrawn": ("face.consent",),
    "NonBiometricRouteChosen": ("face.without",),
    "FaceTemplateEnrolled": ("face.enrol", "face.enrol_record"),
    "FaceTemplateRetired": ("face.retire", "face.consent", "face.without", "face.enrol"),
    "ReenrolmentAsked": (RULE,),
    "VisitorLinkRequested": ("link.request",),
    "RelationshipApproved": ("relationship.approve",),
    "VisitorLinkRejected": ("relationship.approve",),
    "VisitorUnapproved": ("relationship.end",),
    "RestrictionPlaced": ("restriction.place", NEIGHBOUR),
    "RestrictionLifted": ("restriction.lift", NEIGHBOUR),
    **dict.fromkeys((kind.__name__ for kind in STANDING), (NEIGHBOUR, "prisoner.record")),
    "AppointmentRecorded": (NEIGHBOUR, "prisoner.record"),
    "AppointmentCancelled": (NEIGHBOUR, "prisoner.record"),
    "FactsReceived": (NEIGHBOUR,),
    "SessionOpened": ("session.open",),
    "SessionTemplatePublished": ("timetable.change",),
    "SessionTemplateRetired": ("timetable.change",),
    "DateBlocked": ("timetable.change",),
    "DateUnblocked": ("timetable.change",),
    "DeviceAdded": ("timetable.change",),
    "DeviceWithdrawn": ("timetable.change",),
    "CallAllowanceGranted": ("allowance.grant",),
    "CallAllowanceAdjusted": ("allowance.adjust",),
    "CallReserved": ("booking.request", RULE),
    "ReservationReleased": ("booking.request",),
    "CallRequested": ("booking.request",),
    "CallRequestApproved": ("booking.approve", RULE),
    "CallRequestRejected": ("booking.approve",),
    "CallRequestAutoRejected": (DEADLINE, RULE),
    "CallRequestWithdrawn": ("booking.cancel",),
    "CallBooked": ("booking.approve", RULE),
    "BookingChanged": ("booking.request",),
    "BookingCancelled": ("booking.cancel",),
    "BookingRuleOverridden": ("booking.override",),
    "BookingRefused": ("booking.request",),
    "BookingFlagged": (RULE,),
    "BookingUnflagged": ("flag.clear", RULE),
    "StandbyJoined": ("booking.request",),
    "StandbyOffered": (RULE,),
    "StandbyLeft": ("booking.request", DEADLINE, RULE),
    "CallAllocated": ("allocation.manage",),
    "CallDeallocated": ("allocation.manage", RULE),
    "OfficerUnavailable": ("allocation.manage",),
    "OfficerAvailable": ("allocation.manage",),
    "WaitingRoomOpened": (DEADLINE,),
    "RehearsalHeld": ("call.join",),
    "DeviceChecked": ("call.join",),
    "DeclarationMade": ("call.join",),
    "CommunicationsCompactAcknowledged": ("call.join",),
    "ParticipantArrived": ("call.join",),
    "IdentityChecked": (WORKER,),
    "ParticipantAdmitted": ("call.admit", WORKER),
    "ParticipantRefused": ("call.admit",),
    "PrisonerRefusedToAttend": ("call.admit",),
    "ClearanceModeSet": ("call.admit", "call.take_over", WORKER, DEADLINE, RULE),
    "MonitorJoined": ("call.monitor",),
    "MonitorLeft": ("call.monitor",),
    "CallHeldForMonitor": (RULE,),
    "CallHeldForFacts": (RULE,),
    "CallStarted": (RULE, DEADLINE),
    "MediaConnected": (WORKER,),
    "StreamReleased": (WORKER,),
    "StreamFrozen": (MACHINE,),
    "SlateShown": (WORKER,),
    "CoachingShown": (MACHINE, "call.hint"),
    "DetectionObserved": (MACHINE,),
    "ObservationsSealed": (MACHINE,),
    "ShadowDetectionObserved": (MACHINE,),
    "TrialDetectionObserved": (MACHINE,),
    "EngineTried": (MACHINE,),
    "ModerationLost": (WORKER,),
    "ModerationRestored": (WORKER,),
    "ModerationStarted": (WORKER,),
    "QualityDegraded": (WORKER,),
    "QualityRecovered": (WORKER,),
    "DataLightChosen": (WORKER,),
    "AudioOnlyEntered": (WORKER, "call.join"),
    "AudioOnlyLeft": (WORKER, "call.join", DEADLINE),
    "StreamMeasured": (WORKER,),
    "RecordingStarted": (WORKER,),
    "RecordingSealed": (WORKER,),
    "RecordingStopped": (WORKER,),
    "RecordingFailed": (WORKER,),
    "EvidencePictureKept": (WORKER,),
    "EvidencePictureFailed": (WORKER,),
    "ViolationRaised": (MACHINE,),
    "ViolationCleared": (MACHINE,),
    "CallPaused": (MACHINE, "call.pause", DEADLINE, RULE),
    "PauseEscalated": (DEADLINE,),
    "PauseExplained": (DEADLINE,),
    "CallResumed": ("call.resume", RULE),
    "CallInterrupted": (WORKER, "the supervisor of the processes"),
    "InterruptionOver": (WORKER,),
    "ParticipantLeft": ("call.leave", WORKER),
    "ParticipantRejoined": (WORKER,),
    "CallExtended": (DEADLINE,),
    "CallMinutesCredited": (DEADLINE, RULE, "call.leave", "call.end", "appeal.decide"),
    "CallCompleted": (DEADLINE, "call.leave", RULE),
    "CallTerminated": ("call.end",),
    "CallMissed": (DEADLINE, "call.admit"),
    "CallClosed": (RULE,),
    "ViolationReviewed": ("violation.review",),
    "StreamMuted": ("call.mute",),
    "StreamUnmuted": ("call.unmute",),
    "JudgingTakenOver": ("call.take_over",),
    "JudgingGivenBack": (WORKER, "call.take_over", RULE),
    "StaffMessageSent": ("call.message",),
    "CallLocked": ("call.lock",),
    "CallUnlocked": ("call.lock",),
    "CallsBlocked": ("calls.block",),
    "CallsUnblocked": ("calls.block",),
    "IncidentTaken": ("incident.handle",),
    "IncidentHandedBack": ("incident.handle",),
    "IncidentClosed": ("incident.handle",),
    "HandoverNoteWritten": ("handover.write",),
    "HandoverNoteRead": ("handover.read",),
    "ConcernRaised": ("call.ask_help", "concern.raise"),
    "ClientHintReported": ("call.hint",),
    "ConcernAssigned": ("concern.act",),
    "ConcernReferred": ("concern.act",),
    "ConcernClosed": ("concern.act",),
    "EvidenceHeld": (RULE, "concern.act"),
    "RetentionExtended": ("retention.extend",),
    "WeedingBegun": (DEADLINE, RULE, "whoever runs `kinline weed`"),
    "MediaWeeded": ("the weeder in the API process, once it is destroyed",),
    "WarningIssued": ("conduct.sanction",),
    "SanctionImposed": ("conduct.sanction",),
    "SanctionLifted": ("conduct.lift", "appeal.decide"),
    "AppealLodged": ("appeal.lodge",),
    "AppealAssigned": ("appeal.decide",),
    "AppealDecided": ("appeal.decide",),
    "NotificationPlanned": (RULE, DEADLINE),
    "NotificationSent": (OUTBOX,),
    "NotificationDelivered": (OUTBOX,),
    "NotificationFailed": (OUTBOX,),
    "RecordViewed": (
        *(
            "timeline.read",
            "call.replay",
            "calendar.read",
            "usage.read",
            "notification.read",
            "call.receipt",
            "contact.read",
            "concern.read",
            "retention.read",
            "conduct.read",
            "appeal.read",
        ),
    ),
    "WallWatched": ("wall.watch",),
    "StreamLookedAt": ("call.look",),
    "EvidenceViewed": ("evidence.view", "whoever runs `kinline recording`"),
    "RevealAsked": ("image.reveal",),
    "RevealAgreed": ("image.reveal",),
    "SensitiveImageRevealed": ("image.reveal",),
    "ListeningStopped": (DEADLINE, RULE),
    "BarredFaceProposed": ("barred.propose",),
    "BarredFaceApproved": ("barred.sign",),
    "BarredFaceRejected": ("barred.sign",),
    "BarredFaceRemoved": ("barred.remove", DEADLINE),
    "MonitoringAsked": ("monitoring.ask",),
    "MonitoringAuthorised": ("monitoring.authorise",),
    "MonitoringRejected": ("monitoring.authorise",),
    "MonitoringReviewed": ("monitoring.review",),
    "MonitoringEnded": ("monitoring.end",),
    "MonitoringLapsed": (DEADLINE,),
    "MonitoringLogged": ("monitoring.log",),
    "WebhookSubscribed": ("webhook.manage",),
    "WebhookPaused": ("webhook.manage", "the sender, when nothing is taken for days or the address is gone"),
    "WebhookResumed": ("webhook.manage",),
    "WebhookUnsubscribed": ("webhook.manage",),
    "WebhookSecretRotated": ("webhook.manage",),
    "WebhookReplayed": ("webhook.manage",),
}

UNITS = {
    "_ms": "milliseconds",
    "_s": "seconds",
    "_px": "pixels",
    "seconds": "seconds",
    "minutes": "minutes",
    "distance": "1/10,000",
    "threshold": "1/10,000",
    "worst": "1/10,000",
}
TYPES: Mapping[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "yes or no",
    AwareDatetime: "moment, UTC",
    datetime: "moment, UTC",
    date: "day, as the prison counts",
    Any: "anything plain",
}

INTRODUCTION = """# Events

Everything that Kinline knows has happened, and nothing else is kept: what is shown anywhere is made from
these. This page is made from the code by `scripts/events_doc.py --write`; a test keeps it true.

Every event is stored in one envelope, a JSON object with sorted keys whose bytes are never changed: `id`
(UUID version 7), `type` and `v` (the version of its form), `at` (when it happened), `recorded_at`, `actor`
(`kind`, a random `id`, `role`, `login`), `cmd` (the command it came from), `corr` (what the command belongs
to), `cause` (the event it follows from), `prison`, `call`, `policy`, `tags`, `d` (open fields) and `p`
(personal fields, encrypted). Times are UTC. No number is a fraction: scores and distances are counted in
1/10,000. People are random ids; names, prisoner numbers and words that somebody typed exist only in `p`,
each under the key of one subject and one purpose, and are gone when that key is destroyed.

A *tag* is `name:value`; decisions find events by it. Every event also carries the tag `cmd:<command>`.
"""


def main() -> int:
    """Write the page, or say whether it is current."""
    text = page()
    if "--write" in sys.argv[1:]:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        return 0
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == text:
        return 0
    print("docs/events.md is not current: run scripts/events_doc.py --write", file=sys.stderr)
    return 1


def page() -> str:
    """The whole page."""
    areas: dict[str, list[type[Event]]] = {}
    for kind in EVENTS.values():
        areas.setdefault(kind.__module__, []).append(kind)
    parts = [INTRODUCTION]
    for module, kinds in areas.items():
        parts += [f"## {_title(module)}\n", f"{inspect.getdoc(sys.modules[module])}\n"]
        parts += [section(kind) for kind in kinds]
    parts += ["## Parts of events\n", *(_part(model) for model in _models())]
    return "\n".join(parts)


def section(kind: type[Event]) -> str:
    """One event."""
    lines = [f"### {kind.__name__}\n", f"{inspect.getdoc(kind)}\n"]
    lines.append(f"Version {kind.V}. Belongs to {_scope(kind)}. Tags: {_tags(kind)}.")
    lines.append(f"Caused by: {'; '.join(_cause(cause) for cause in CAUSED_BY[kind.__name__])}.\n")
    rows = _rows(kind, {"at", "prison", "call"} if issubclass(kind, PrisonEvent) else {"at"})
    return "\n".join(lines) + ("\n" + rows if rows else "")


def _scope(kind: type[Event]) -> str:
    if issubclass(kind, CallEvent):
        return "a call (`call`) of a prison (`prison`)"
    if issubclass(kind, PrisonEvent):
        both = "call" in kind.model_fields
        return "a call (`call`) of a prison (`prison`)" if both else "a prison (`prison`)"
    return "a person" if "subscription" not in kind.model_fields else "a webhook"


def _tags(kind: type[Event]) -> str:
    return ", ".join(f"`{name}`" for name in kind.TAGS) or "none"


def _cause(cause: str) -> str:
    if cause not in _permissions()["actions"]:
        return cause
    roles = [_permissions()["roles"][role].lower() for role in _permissions()["actions"][cause]]
    return f"{', '.join(roles)} (`{cause}`)"


@lru_cache(maxsize=1)
def _permissions() -> Mapping[str, Any]:
    return tomllib.loads(PERMISSIONS.read_text(encoding="utf-8"))


def _part(model: type[BaseModel]) -> str:
    return f"### {model.__name__}\n\n{inspect.getdoc(model)}\n\n{_rows(model, set())}"


def _rows(model: type[BaseModel], without: set[str]) -> str:
    personal = model.personal_fields() if issubclass(model, Event) else {}
    remarks = _remarks(model)
    rows = []
    for name, field in model.model_fields.items():
        if name in without:
            continue
        says = _type(field.annotation) + _unit(name, field)
        if name in personal:
            mark = personal[name]
            says = f"text, sealed under the {mark.purpose.value} key of `{mark.of}`"
        rows.append(f"| `{name}` | {says} | {remarks.get(name, '')} |")
    if not rows:
        return ""
    return "\n".join(["| field | type | meaning |", "| --- | --- | --- |", *rows]) + "\n"


def _unit(name: str, field: FieldInfo) -> str:
    if int not in (field.annotation, *get_args(field.annotation)):
        return ""
    return next((f", {unit}" for ending, unit in UNITS.items() if name.endswith(ending)), "")


def _type(hint: Any) -> str:
    if hint in TYPES:
        return TYPES[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, types.UnionType}:
        known = [_type(each) for each in arguments if each is not type(None)]
        return " or ".join([*known, "none"] if len(known) < len(arguments) else known)
    if origin in {tuple, list, frozenset}:
        return f"list of {_type(arguments[0])}"
    if origin is dict:
        return f"map of {_type(arguments[1])}"
    if origin is Literal:
        return f"always {' or '.join('yes' if each else 'no' for each in arguments)}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return f"[{hint.__name__}](#{hint.__name__.lower()})"
    if isinstance(hint, type) and issubclass(hint, Enum):
        return " / ".join(f"`{member.value}`" for member in hint)
    raise TypeError(f"no words for a field of type {hint}")


def _models() -> list[type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    waiting = [field.annotation for kind in EVENTS.values() for field in kind.model_fields.values()]
    while waiting:
        hint = waiting.pop()
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, BaseModel) and hint.__name__ not in found:
            found[hint.__name__] = hint
            waiting += [field.annotation for field in hint.model_fields.values()]
    return [found[name] for name in sorted(found)]


def _remarks(model: type[BaseModel]) -> dict[str, str]:
    """What stands beside each field in the code, the class's own and those it inherits."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and kind.__module__.startswith("domain."):
            found.update(_remarks_in(kind))
    described = {name: field.description for name, field in model.model_fields.items() if field.description}
    return {**described, **found}


def _remarks_in(kind: type[BaseModel]) -> Iterator[tuple[str, str]]:
    source = inspect.getsource(kind)
    lines = source.splitlines()
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.ClassDef)
    for node in body.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            _, mark, remark = lines[(node.end_lineno or 1) - 1].partition("  # ")
            if mark:
                yield node.target.id, remark.strip()


def _title(module: str) -> str:
    name = module.removeprefix("domain.").removesuffix(".events").replace("_", " ")
    return name.capitalize()


if __name__ == "__main__":
    sys.exit(main())
