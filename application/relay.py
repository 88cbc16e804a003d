"""The relay (TURN) for browsers whose network lets nothing else through, and what lets one person use it.

The relay knows one secret with us and no people: a browser is given a name that says until when it holds, and
the password that the secret makes of it (coturn's `use-auth-secret`). There is never any other server: a public
one would learn who calls whom.
"""

import base64
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

VALID = timedelta(hours=6)  # longer than any call; a browser that connects again is given another


@dataclass(frozen=True, slots=True)
class IceServer:
    """One server that a browser may use to reach us, in the browser's words."""

    urls: str
    username: str
    credential: str


@dataclass(frozen=True, slots=True)
class Relay:
    """Where the relay is, and the secret it shares with us."""

    urls: tuple[str, ...] = ()  # none: there is no relay
    secret: bytes = field(default=b"", repr=False)

    def servers(self, now: datetime) -> tuple[IceServer, ...]:
        """What one browser is given: a name that tells nothing about anybody, and its password."""
        username = f"{int((now + VALID).timestamp())}:{secrets.token_hex(8)}"
        credential = password(self.secret, username)
        return tuple(IceServer(url, username, credential) for url in self.urls)


def password(secret: bytes, username: str) -> str:
    """The password of a name; SHA-1 because coturn says so, in an HMAC."""
    return base64.b64encode(hmac.digest(secret, username.encode(), "sha1")).decode()
