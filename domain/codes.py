"""Codes in mails: who knows one reads the mail of its address.

They are our own rather than Cognito's, so that all of them keep the same rules: six digits, five minutes, three tries,
one at a time for each purpose, and limits that we set.
"""

import hashlib
import hmac
import secrets
from enum import Enum

from core.errors import FieldError, InvalidRequest
from core.identifiers import derived_id
from models.codes import Code

LIFE_SECONDS = 300
MOST_TRIES = 3
DIGITS = 6

SCRYPT_COST = {"n": 2**13, "r": 8, "p": 1}
"""About 25 ms and 8 MB a digest (RFC 7914). A million digests, which is every code, then take 7 hours of a processor:
longer than a code lives, so that whoever reads the table learns none in time."""

NO_SALT = "0" * 32
NO_DIGEST = "0" * 128
"""Of no code: it is compared with where there is none, so that this takes as long."""


class Purpose(Enum):
    """What a code is good for, and nothing else."""

    CONFIRMATION = "confirmation"
    PASSWORD = "password"  # noqa: S105 - a purpose, not a password.
    LOG_IN = "logIn"
    LINK = "link"


def issue(purpose: Purpose, email: str, secret: str | None = None) -> str:
    """Make a code that is good from now on, in place of any before it.

    Args:
        purpose: What it is good for.
        email: Who will get it.
        secret: What to use in place of six digits.

    Returns:
        The code, for the mail alone: it is neither logged nor told to whoever asked.
    """
    code = secret or f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    salt = secrets.token_hex(16)
    Code.put(_subject(purpose, email), salt, _digest(code, salt), LIFE_SECONDS)
    return code


def is_right(purpose: Purpose, email: str, code: str) -> bool:
    """Say whether a code is the right one. It counts as a try, and the code stays good until it is used up."""
    issued = Code.take_try(_subject(purpose, email), MOST_TRIES)
    salt, digest = (issued.salt, issued.digest) if issued else (NO_SALT, NO_DIGEST)
    return hmac.compare_digest(_digest(code, salt), digest)


def use_up(purpose: Purpose, email: str) -> bool:
    """Make a code good for nothing more. Returns whether it was still good: of several at once, the first."""
    return Code.remove(_subject(purpose, email))


def wrong() -> InvalidRequest:
    """Say that a code is not good: wrong, used, tried too often or too old. Which of these is not told."""
    fault = FieldError("code", "Expected the code of the latest mail, within five minutes and three tries.")
    return InvalidRequest("wrong_code", "The code is wrong or has expired.", errors=[fault])


def _subject(purpose: Purpose, email: str) -> str:
    return derived_id("code", purpose.value, email)


def _digest(code: str, salt: str) -> str:
    return hashlib.scrypt(code.encode(), salt=bytes.fromhex(salt), **SCRYPT_COST).hex()
