"""How the policy is written: sections of values, each with its unit, its meaning, and which way is stricter."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

SCORE = "1/10000"


class Section(BaseModel):
    """A part of the moderation policy: frozen, and without keys nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def number(default: int, unit: str, meaning: str, *, tighter: str | None = None, **limits: Any) -> Any:
    """A whole number of the policy, with its unit and its meaning. `tighter`: lower, higher or nothing."""
    limits.setdefault("ge", 0)
    extra: dict[str, Any] = {"unit": unit} if tighter is None else {"unit": unit, "tighter": tighter}
    return Field(default=default, description=meaning, json_schema_extra=extra, **limits)


def choice(default: Any, meaning: str) -> Any:
    """A value of the policy that is no number, with its meaning."""
    return Field(default=default, description=meaning, json_schema_extra={"unit": ""})
