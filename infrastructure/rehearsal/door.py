"""The front door as a rehearsed person uses it: signs in by a link, takes a seat, presses what an officer presses."""

from types import TracebackType
from typing import Any, Self

import httpx

from domain.clearance import Side

TIMEOUT_S = 30.0
LOOKS_MAX = 5


class NotHeld(Exception):
    """The call could not be held. The message is one sentence."""


class DoorClosed(NotHeld):
    """The service said no, or nothing."""


class Changed(DoorClosed):
    """Something happened to the call between looking and deciding."""


class Door:
    """One signed-in person before the pages' API."""

    def __init__(self, address: str, token: str) -> None:
        self._token = token
        self._http = httpx.AsyncClient(
            base_url=address, timeout=TIMEOUT_S, trust_env=False, headers={"origin": address}
        )

    async def __aenter__(self) -> Self:
        await self._asked("POST", "/demo/sign-in", data={"token": self._token})
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def declare(self, call: str, side: Side) -> None:
        """Confirm the rules of the call, if they were not yet."""
        path = f"/v1/calls/{call}/seats/{side.value}/declaration"
        rules = await self._asked("GET", path)
        if rules["owed"]:
            said = {"text_version": rules["text_version"], "language": "en"}
            await self._asked("POST", path, json={**said, "told_by_staff": side is Side.PRISONER})

    async def offer(self, call: str, side: Side, sdp: str) -> str:
        """Take the side's seat in the call with our offer; the answer."""
        answered = await self._asked("POST", f"/v1/calls/{call}/seats/{side.value}/offer", json={"sdp": sdp})
        sdp_answer: str = answered["sdp"]
        return sdp_answer

    async def leave(self, call: str, side: Side) -> None:
        """Leave the call."""
        await self._asked("POST", f"/v1/calls/{call}/seats/{side.value}/leave")

    async def admit(self, call: str, side: Side, people: int, reason: str) -> None:
        """As an officer who saw them: let so many people in."""
        body = {"people": people, "reason": reason}
        await self._decide(call, f"/v1/calls/{call}/seats/{side.value}/admit", body)

    async def monitor(self, call: str) -> None:
        """As an officer: take the watch over the call."""
        await self._asked("POST", f"/v1/calls/{call}/monitor")

    async def resume(self, call: str, reason: str, words: list[dict[str, Any]]) -> None:
        """As an officer: let the call go on, with a word on each face."""
        await self._decide(call, f"/v1/calls/{call}/resume", {"reason": reason, "words": words})

    async def _decide(self, call: str, path: str, body: dict[str, Any]) -> None:
        """Look at the call, then decide on what was seen; look again where it changed in between."""
        for attempt in range(LOOKS_MAX):
            seen = (await self._answered("GET", f"/v1/calls/{call}")).headers["etag"]
            try:
                await self._answered("POST", path, json=body, headers={"if-match": seen})
                return
            except Changed:
                if attempt == LOOKS_MAX - 1:
                    raise

    async def _asked(self, method: str, path: str, **body: Any) -> Any:
        answer = await self._answered(method, path, **body)
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return answer.json() if is_json and answer.content else None

    async def _answered(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise DoorClosed(f"{method} {path} was not answered.") from error
        if answer.status_code >= httpx.codes.BAD_REQUEST:
            kind = Changed if answer.status_code == httpx.codes.PRECONDITION_FAILED else DoorClosed
            raise kind(f"{method} {path} was answered with {answer.status_code}: {_said(answer)}")
        return answer


def _said(answer: httpx.Response) -> str:
    """What the service's problem document says to the person who asked."""
    try:
        return str(answer.json().get("detail", ""))
    except ValueError:
        return answer.reason_phrase
