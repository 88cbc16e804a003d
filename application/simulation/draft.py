"""A draft of a policy: changes laid over whichever version held at the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from domain.booking.rules import Rule
from domain.event import Refused
from domain.policy import Policy, PolicyPublished, describe

CHECKS = (
    "booking.approval",
    "booking.alerts_for_staff",
    "booking.adult_age",
    "people.identity_required",
    "call_types.*.approved_by_rule",
    "call_types.*.identity_required",
    "restrictions",
    "conduct.sanctioned_visitor",
    "conduct.sanctioned_prisoner",
)
"""The keys on which it rests whether a person or a rule says yes."""


@dataclass
class Draft:
    """The changes, and each version of the policy with and without them."""

    changes: Mapping[str, Any]
    _versions: dict[int, tuple[Policy, Policy]] = field(default_factory=dict)
    _altered: dict[int, tuple[str, ...]] = field(default_factory=dict)  # keys, by version

    def over(self, held: PolicyPublished) -> tuple[Policy, Policy]:
        """The version that held, and the same with the changes. Raises `Refused` where the two do not fit."""
        if held.version not in self._versions:
            policy = Policy.model_validate(held.document)
            try:
                self._versions[held.version] = policy, policy.merged(self.changes)
            except ValueError as error:
                raise Refused(str(error), "policy_invalid") from error
        return self._versions[held.version]

    def touches(self, held: PolicyPublished, keys: tuple[str, ...]) -> bool:
        """Whether the changes alter one of these keys; `*` stands for any part, a section for all its keys."""
        return any(_names(pattern, key) for pattern in keys for key in self._alters(held))

    def touches_rule(self, held: PolicyPublished, rule: Rule) -> bool:
        """Whether a rule reads something that the changes alter. One that does not answers as it did."""
        return self.touches(held, rule.keys)

    def _alters(self, held: PolicyPublished) -> tuple[str, ...]:
        if held.version not in self._altered:
            before, after = (policy.document() for policy in self.over(held))
            self._altered[held.version] = tuple(
                key.name for key in describe() if _at(before, key.name) != _at(after, key.name)
            )
        return self._altered[held.version]


def checked(changes: Mapping[str, Any]) -> Draft:
    """The draft of these changes. Raises `Refused` for what no policy can hold, or what cannot be tried."""
    if "time_zone" in changes:
        raise Refused("What happened cannot be tried in another time zone.", "simulation_time_zone")
    try:
        Policy().merged(changes)
    except ValueError as error:
        raise Refused(str(error), "policy_invalid") from error
    return Draft(changes)


def _names(pattern: str, key: str) -> bool:
    return fnmatchcase(key, pattern) or key.startswith(f"{pattern}.")


def _at(document: Mapping[str, Any], name: str) -> Any:
    value: Any = document
    for part in name.split("."):
        value = value[part]
    return value
