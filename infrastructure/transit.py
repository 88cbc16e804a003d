"""Words that must pass through a media worker: sealed on the way, so that no worker and no journal reads them."""

import base64
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12
_BOUND = b"kinline/transit/v1"


class Transit:
    """Seals with a key that only the API process holds, kept so long as a journal may still name it."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def seal(self, text: str) -> str:
        """The text as something that only this key opens."""
        nonce = os.urandom(NONCE_BYTES)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), _BOUND)).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises `cryptography.exceptions.InvalidTag` when it was made with another key."""
        content = base64.b64decode(sealed)
        return self._cipher.decrypt(content[:NONCE_BYTES], content[NONCE_BYTES:], _BOUND).decode()
