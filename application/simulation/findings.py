"""What a simulation finds, item by item and in sum."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class What(StrEnum):
    """What was decided again."""

    REQUEST = "request"
    CHANGE = "change"
    REFUSAL = "refusal"


class Answer(StrEnum):
    """How it would have gone under the draft."""

    AS_IT_WAS = "as_it_was"
    REFUSED = "would_be_refused"
    ACCEPTED = "would_be_accepted"
    TO_STAFF = "would_go_to_staff"
    BY_RULE = "would_be_approved_by_rule"
    UNKNOWN = "cannot_be_told"


@dataclass(frozen=True)
class Item:
    """One request, change or refusal that would have gone otherwise, or of which that cannot be said."""

    position: int  # of its event in the log
    at: datetime
    what: What
    call: str | None  # a refusal names none
    session: str
    starts_at: datetime | None
    answer: Answer
    rules: tuple[str, ...]  # that would refuse, or no longer would; or the checks that ask for staff
    since: int | None = None  # comparable, or the position of the difference from which it is not

    @property
    def comparable(self) -> bool:
        """Whether it met the same world."""
        return self.since is None


@dataclass(frozen=True)
class Summary:
    """The whole in numbers. Nobody is in it."""

    requests: int
    changes: int
    refusals: int
    comparable: Mapping[str, int]  # answers of those that met the same world
    not_comparable: Mapping[str, int]
    rules: Mapping[str, int]  # comparable differences by rule
    first_difference: datetime | None  # up to here everything is comparable


@dataclass
class Report:
    """What was found so far."""

    items: list[Item] = field(default_factory=list)
    looked_at: Counter[What] = field(default_factory=Counter)

    def summary(self) -> Summary:
        """The whole in numbers."""
        told = [item for item in self.items if item.answer is not Answer.AS_IT_WAS]
        same = Counter(item.answer.value for item in self.items if item.comparable)
        other = Counter(item.answer.value for item in self.items if not item.comparable)
        total = self.looked_at.total()
        same[Answer.AS_IT_WAS.value] = total - len(self.items)
        rules = Counter(rule for item in told if item.comparable for rule in item.rules)
        return Summary(
            requests=self.looked_at[What.REQUEST],
            changes=self.looked_at[What.CHANGE],
            refusals=self.looked_at[What.REFUSAL],
            comparable=dict(same),
            not_comparable=dict(other),
            rules=dict(rules.most_common()),
            first_difference=min((item.at for item in told), default=None),
        )
