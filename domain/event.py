"""What every event and every command is: frozen, checked, and in the words of the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Purpose(StrEnum):
    """Why personal data is held. Each (subject, purpose) has a key of its own, so each can be erased alone."""

    IDENTITY = "identity"
    BIOMETRICS = "biometrics"
    CONTACT = "contact"  # where somebody is written to, and what was written
    CONVERSATION = "conversation"  # what people wrote about one call: reasons, notes
    MONITORING = "monitoring"  # why somebody's calls are watched or heard: what was written to justify it
    RECORDING = "recording"  # what people showed and said in one call
    EVIDENCE = "evidence"  # single pictures of what was found in one call
    SIGNING = "signing"  # nobody's: the secret by which a neighbouring system knows that we write to it


@dataclass(frozen=True)
class Personal:
    """Marks a field whose value may be stored only under the key of a subject.

    `of` names the field of the same event that holds the subject's random id. When an event is read
    back, a personal field is None: its ciphertext travels beside the event and is opened only by a
    query that was allowed to.
    """

    of: str
    purpose: Purpose


class Event(BaseModel):
    """Something that happened. `TAGS` names the fields by which decisions find it again."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    TAGS: ClassVar[tuple[str, ...]] = ()
    V: ClassVar[int] = 1  # raised when a field changes meaning; every old version stays readable

    at: AwareDatetime
    """When it happened, UTC. The time of recording is the envelope's."""

    def tags(self) -> frozenset[str]:
        """The facts by which a decision may select this event: `name:value`, always bounded in number."""
        return frozenset(f"{name}:{value}" for name in self.TAGS for value in _each(getattr(self, name)))

    @classmethod
    def personal_fields(cls) -> Mapping[str, Personal]:
        """The fields that are stored encrypted, with whose key and why."""
        marks = ((name, m) for name, field in cls.model_fields.items() for m in field.metadata)
        return {name: mark for name, mark in marks if isinstance(mark, Personal)}


class PrisonEvent(Event):
    """An event within the scope of one prison: nobody of another prison may see or cause it."""

    prison: str


class CallEvent(PrisonEvent):
    """An event of one call."""

    TAGS: ClassVar[tuple[str, ...]] = ("call",)
    call: str


class Command(BaseModel):
    """Something somebody asks for. Time and look-ups arrive in it: a decision reads no clock."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    at: AwareDatetime


class Refused(Exception):
    """The rules say no. The message is a sentence fit for the person who asked."""

    def __init__(
        self, sentence: str, rule: str = "", *, also: tuple[str, ...] = (), rules: tuple[str, ...] = ()
    ) -> None:
        super().__init__(sentence)
        self.rule = rule  # the rule's name in policy and statistics, never shown alone
        self.also = also  # what else stands against it, as sentences
        self.rules = rules or (rule,)  # every rule that says no, the first first


def milliseconds(later: datetime, earlier: datetime) -> int:
    """Whole milliseconds from one moment to another."""
    return round((later - earlier).total_seconds() * 1000)


def _each(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()  # an event that belongs to no call has no tag of one
    return tuple(value) if isinstance(value, tuple | frozenset | list) else (value,)
