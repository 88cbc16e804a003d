"""What one person proposes and another does: the proposal is signed, so that it cannot be changed on the way."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import BaseModel, Field

from api.services import Services
from domain.event import Refused

LASTS = timedelta(hours=24)


class Proposal(BaseModel):
    """What one person signed, for another to do."""

    proposal: Annotated[str, Field(max_length=200_000)]


def signed(services: Services, what: str, prison: str, by: str, content: Mapping[str, Any]) -> Proposal:
    """A proposal of somebody, for a prison."""
    made = {"what": what, "prison": prison, "by": by, "at": services.now().isoformat(), **content}
    body = base64.urlsafe_b64encode(json.dumps(made, sort_keys=True).encode()).decode()
    return Proposal(proposal=f"{body}.{_mark(services, body)}")


def opened(services: Services, proposal: Proposal, what: str, prison: str) -> dict[str, Any]:
    """The content of a proposal that this service signed lately for this prison. Raises `Refused`."""
    body, _, mark = proposal.proposal.partition(".")
    if not hmac.compare_digest(mark.encode(), _mark(services, body).encode()):
        raise Refused("This is not a proposal of this service.", "proposal_unknown")
    try:
        content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body))
    except (binascii.Error, ValueError) as error:
        raise Refused("This is not a proposal of this service.", "proposal_unknown") from error
    if content.get("what") != what or content["prison"] != prison:
        raise Refused("This proposal was made for something else.", "proposal_elsewhere")
    if services.now() - datetime.fromisoformat(content["at"]) > LASTS:
        raise Refused("This proposal is older than 24 hours. Please make it again.", "proposal_old")
    return content


def _mark(services: Services, body: str) -> str:
    return hmac.new(services.settings.secret, b"proposal:" + body.encode(), hashlib.sha256).hexdigest()
