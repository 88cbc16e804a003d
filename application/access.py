"""Who may do what: the one table of permissions, asked with the thing itself, never with the route alone."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

TABLE = Path(__file__).resolve().parent.parent / "domain" / "permissions.toml"

THEMSELVES = frozenset({"FA", "PR"})
"""Roles whose people are on calls: they read and do what is their own, on pages in either language."""


class Scope(StrEnum):
    """How far a role's permission reaches."""

    OWN = "own"  # things that name the person who asks
    PRISON = "prison"  # things of the prison where the person works
    SIGNED = "signed"  # nothing in particular is touched
    REACH = "reach"  # as PRISON; who works for every prison reaches each, and what belongs to none


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action touches: the prison it belongs to, and the people it names. Nothing: both empty."""

    prison: str | None = None
    people: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody who asks: a random id, a role, and the prison where they work or are held."""

    person: str
    role: str
    prison: str | None


class Denied(Exception):
    """The role may not do this, or not to this. The message is fit for the person who asked."""


class UnknownAction(LookupError):
    """A route names an action that the table does not have: the program does not start."""


@dataclass(frozen=True)
class Permissions:
    """The table: for each action, the roles that may do it and how far."""

    roles: Mapping[str, str]  # role: its name in words
    public: frozenset[str]
    actions: Mapping[str, Mapping[str, Scope]]

    def scopes(self, action: str) -> Mapping[str, Scope]:
        """The roles that may do the action. Raises `UnknownAction`."""
        if action in self.public:
            return {}
        try:
            return self.actions[action]
        except KeyError as error:
            raise UnknownAction(f"permissions.toml has no action named {action}.") from error

    def needs_resource(self, action: str) -> bool:
        """Whether the answer depends on what is touched."""
        return any(scope is not Scope.SIGNED for scope in self.scopes(action).values())

    def allows(self, who: Who, action: str, resource: Resource) -> bool:
        """Whether this person may do this to that."""
        match self.scopes(action).get(who.role):
            case Scope.SIGNED:
                return True
            case Scope.OWN:
                return who.person in resource.people
            case Scope.PRISON:
                return who.prison is not None and who.prison == resource.prison
            case Scope.REACH:
                return who.prison is None or who.prison == resource.prison
            case None:
                return False

    def demand(self, who: Who, action: str, resource: Resource) -> None:
        """Raise `Denied` unless `allows`."""
        if not self.allows(who, action, resource):
            raise Denied("You are not allowed to do this.")


def load(path: Path = TABLE) -> Permissions:
    """The table from its file. Raises ValueError for a role or a scope that nobody knows."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    actions = {
        action: {role: Scope(scope) for role, scope in roles.items()}
        for action, roles in table["actions"].items()
    }
    unknown = {role for roles in actions.values() for role in roles} - set(table["roles"])
    if unknown:
        raise ValueError(
            f"permissions.toml names roles that it does not describe: {', '.join(sorted(unknown))}."
        )
    return Permissions(table["roles"], frozenset(table["public"]["actions"]), actions)
