"""Which text is shown to whom. The texts themselves, in English and Welsh, are the pages' business."""

from enum import StrEnum


class Language(StrEnum):
    """The languages of the service."""

    EN = "en"
    CY = "cy"


NEUTRAL_TO_BOTH = frozenset({"barred_person", "child_at_risk", "explicit_nudity"})
"""Kinds of which even the person concerned is told no more than the other side."""

DECLARATION = "1"
"""The newest version of the rules of a call. Words that were confirmed are never changed: new ones get a new one."""

WAITING = "slate.waiting"
NOT_LET_IN = "slate.not_let_in"  # by staff, so far
OTHER_SIDE = "slate.other_side"  # paused for a check, nobody ended it, the time is kept
CHECKING_INTERRUPTED = "slate.checking_interrupted"
INTERRUPTED = "slate.interrupted"
MAY_LEAVE = "slate.may_leave"  # nobody decided yet: wait or leave, nothing is lost
ENDED = "slate.ended"
AUDIO_ONLY = "slate.audio_only"  # the line is weak: the other side is heard and not seen for a while
AUDIO_CHOSEN = "slate.audio_chosen"  # the other side chose to be heard only for a while
ONE_WAY = "slate.one_way"  # the other side is heard and not seen
LOCKED = "slate.locked"  # nobody enters, whoever is inside stays
WILL_BE_RECORDED = "recorded.ahead"  # said beside the picture, to both sides
RECORDED = "recorded.now"  # the same
STANDSTILL = "slate.standstill"  # the prison has stopped all its calls


def pause_text(cause: str, *, concerned: bool) -> str:
    """The key of the slate's text during a pause."""
    if not concerned or cause in NEUTRAL_TO_BOTH:
        return OTHER_SIDE
    return f"slate.{cause}"


def muted_text(kind: str, *, concerned: bool) -> str:
    """The key of what a side is told while its own sound or picture, or the other side's, is muted."""
    return f"muted.{kind}" if concerned else f"muted.other_{kind}"


def message_text(canned: str) -> str:
    """The key of what staff say by one message of their list."""
    return f"message.{canned}"


def staff_text(kind: str) -> str:
    """The key of what staff are told of a kind: what was seen, and what that does not say."""
    return f"facts.{kind}"


def coach_text(kind: str) -> str:
    """The key of what a person is asked to do about their own picture."""
    return f"coach.{kind}"
