"""The forms in which webhooks are asked for and answered."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field

from api.scope import Id
from application.integration import NAMES
from domain.subscription import PausedBecause

LAG_COUNTED_MAX = 1000


class Subscription(BaseModel):
    """What to send, and where."""

    url: Annotated[str, Field(min_length=1, max_length=2000, description="https, and public")]
    types: Annotated[
        tuple[Literal[NAMES], ...],  # type: ignore[valid-type]  # the names are data
        Field(max_length=len(NAMES), description="the types of event to send; none: all"),
    ] = ()
    prison: Annotated[
        str | None, Field(pattern=Id, description="the prison whose events to send; none: of every prison")
    ] = None
    from_position: Annotated[
        int | None, Field(ge=0, le=2**62, description="the first event to send; none: the next there is")
    ] = None


class Secret(BaseModel):
    """A webhook and the secret that signs its messages (Standard Webhooks, v1). It is not shown again."""

    subscription: str
    secret: str
    position: int


class Replay(BaseModel):
    """From where everything is to be sent once more."""

    from_position: Annotated[
        int, Field(ge=0, le=2**62, description="the `sequence` of the first event to send")
    ]


class DeliveryState(BaseModel):
    """How far the deliveries have come."""

    position: int = Field(description="everything up to here was delivered, or is not for this webhook")
    lag: int = Field(description=f"events that wait to be sent, counted up to {LAG_COUNTED_MAX}")
    failures: int = Field(description="attempts that failed one after the other, up to now")
    failing_since: datetime | None
    next_attempt: datetime | None
    last_error: str | None
    last_delivered: datetime | None


class WebhookState(BaseModel):
    """A webhook as it stands."""

    subscription: str
    url: str
    types: tuple[str, ...]
    prison: str | None
    paused_because: PausedBecause | None
    before_secret_until: AwareDatetime | None = Field(
        description="until when the secret before the last rotation signs too"
    )
    delivery: DeliveryState


class WebhookLine(BaseModel):
    """A webhook in a list."""

    subscription: str
    url: str
    types: tuple[str, ...]
    prison: str | None
    paused_because: PausedBecause | None
