"""Ids: opaque to clients, made by the server alone."""

import base64
import hashlib
import secrets

_BYTES = 16  # 128 bits, as many as a UUID: two never meet.


def new_id() -> str:
    """Make an id that nobody can guess: 26 letters and digits."""
    return _text(secrets.token_bytes(_BYTES))


def derived_id(*parts: str) -> str:
    """Make the id that always belongs to these parts, in this order: 26 letters and digits.

    The same parts give the same id on every machine, which turns "exactly once" into a key that can exist only once.
    Each part is preceded by its length, so that no two different lists of parts can run together into one.
    """
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode()
        digest.update(f"{len(encoded)}:".encode() + encoded)
    return _text(digest.digest()[:_BYTES])


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
