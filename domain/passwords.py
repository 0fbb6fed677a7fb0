"""Passwords: how good they must be."""

import re

from core.errors import InvalidRequest

LEAST_CHARACTERS = 8

NEEDED = (re.compile(r"[a-z]"), re.compile(r"[A-Z]"), re.compile(r"[0-9]"))
"""What a password must hold. The user pool's policy says the same; here it is known before a code is tried."""

WEAK = f"A password has at least {LEAST_CHARACTERS} characters, among them a small letter, a capital and a digit."


def require_strong(password: str) -> None:
    """Check that a password meets the policy.

    Raises:
        InvalidRequest: It does not.
    """
    if len(password) < LEAST_CHARACTERS or not all(kind.search(password) for kind in NEEDED):
        raise weak()


def weak() -> InvalidRequest:
    """Say what a password needs, in words of ours rather than Cognito's."""
    return InvalidRequest.field("password", WEAK)
