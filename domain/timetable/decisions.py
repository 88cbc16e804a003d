"""Changes of the timetable."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, assert_never

from domain.decider import Boundary, about
from domain.event import Refused
from domain.timetable.commands import (
    AddDevice,
    BlockDate,
    OpenSession,
    PublishTemplate,
    RetireTemplate,
    TimetableCommand,
    UnblockDate,
    WithdrawDevice,
)
from domain.timetable.events import (
    BlockScope,
    DateBlocked,
    DateUnblocked,
    DeviceAdded,
    DeviceWithdrawn,
    SessionOpened,
    SessionTemplatePublished,
    SessionTemplateRetired,
    TimetableEvent,
)


@dataclass(frozen=True)
class Timetable:
    """What is known of one session, template, day or device."""

    opened: bool = False
    template: SessionTemplatePublished | None = None
    retired: SessionTemplateRetired | None = None
    blocked: frozenset[str | None] = frozenset()  # templates; None: the whole prison
    devices: Mapping[str, str] = field(default_factory=dict)  # and the prison of each
    withdrawn: frozenset[str] = frozenset()


initial = Timetable()


def boundary(command: TimetableCommand) -> Boundary:
    """The one thing in question; a template rests on its devices too."""
    match command:
        case OpenSession():
            return (about(f"session:{command.session}", SessionOpened),)
        case PublishTemplate():
            return (
                about(f"template:{command.template}", SessionTemplatePublished, SessionTemplateRetired),
                *(about(f"device:{device}", DeviceAdded, DeviceWithdrawn) for device in command.devices),
            )
        case RetireTemplate():
            return (about(f"template:{command.template}", SessionTemplatePublished, SessionTemplateRetired),)
        case BlockDate() | UnblockDate():
            day = about(f"blocked:{command.prison}/{command.day}", DateBlocked, DateUnblocked)
            if command.template is None:
                return (day,)
            return (day, about(f"template:{command.template}", SessionTemplatePublished))
        case AddDevice() | WithdrawDevice():
            return (about(f"device:{command.device}", DeviceAdded, DeviceWithdrawn),)
        case _:
            assert_never(command)


def evolve(state: Timetable, event: TimetableEvent) -> Timetable:
    """Opened once, open for good; blocked until unblocked."""
    match event:
        case SessionOpened():
            return replace(state, opened=True)
        case SessionTemplatePublished():
            return replace(state, template=event)
        case SessionTemplateRetired():
            return replace(state, retired=event)
        case DateBlocked(template=template):
            return replace(state, blocked=state.blocked | {template})
        case DateUnblocked(template=template):
            return replace(state, blocked=state.blocked - {template})
        case DeviceAdded(device=device, prison=prison):
            return replace(state, devices={**state.devices, device: prison})
        case DeviceWithdrawn(device=device):
            return replace(state, withdrawn=state.withdrawn | {device})
        case _:
            assert_never(event)


def decide(state: Timetable, command: TimetableCommand) -> list[TimetableEvent]:
    """The change of the timetable; the same again changes nothing."""
    match command:
        case OpenSession():
            if state.opened:
                raise Refused("This session was already opened.", "session_opened")
            return [SessionOpened(**command.model_dump())]
        case PublishTemplate():
            return _publish(state, command)
        case RetireTemplate():
            return _retire(state, command)
        case BlockDate() | UnblockDate():
            return _block(state, command)
        case AddDevice():
            return [] if command.device in state.devices else [DeviceAdded(**command.model_dump())]
        case WithdrawDevice():
            _known_device(state, command.prison, command.device)
            return [] if command.device in state.withdrawn else [DeviceWithdrawn(**command.model_dump())]
        case _:
            assert_never(command)


def _publish(state: Timetable, command: PublishTemplate) -> list[TimetableEvent]:
    if state.template is not None:
        raise Refused("This template was already published. Please publish another one.", "template_known")
    if command.last is not None and command.last < command.first:
        raise Refused("A template is valid until its first day or a later one.", "days_reversed")
    for device in command.devices:
        _known_device(state, command.prison, device)
        if device in state.withdrawn:
            raise Refused("One of these rooms or devices is out of use.", "device_withdrawn")
    return [SessionTemplatePublished(**command.model_dump())]


def _retire(state: Timetable, command: RetireTemplate) -> list[TimetableEvent]:
    _known_template(state, command.prison)
    earlier = state.retired is not None and state.retired.from_day <= command.from_day
    return [] if earlier else [SessionTemplateRetired(**command.model_dump())]


def _block(state: Timetable, command: BlockDate | UnblockDate) -> list[TimetableEvent]:
    if command.template is not None:
        _known_template(state, command.prison)
    fields: dict[str, Any] = command.model_dump() | {
        "scope": BlockScope.PRISON if command.template is None else BlockScope.SESSION
    }
    blocked = command.template in state.blocked
    match command:
        case BlockDate():
            return [] if blocked else [DateBlocked(**fields)]
        case UnblockDate():
            return [DateUnblocked(**fields)] if blocked else []
        case _:
            assert_never(command)


def _known_template(state: Timetable, prison: str) -> None:
    if state.template is None or state.template.prison != prison:
        raise Refused("This prison has no such template.", "template_unknown")


def _known_device(state: Timetable, prison: str, device: str) -> None:
    if state.devices.get(device) != prison:
        raise Refused("This prison has no such room or device.", "device_unknown")
