"""Ways to log in without a password, through Cognito's custom flow. Each is one file beside this one.

Cognito asks three functions of ours: what comes next (``next_step``), what to ask (``create``) and whether the answer
is right (``verify``). A log-in has two rounds. The first is a choice, which the backend answers at once: it names the
method, and the challenge that it has stored for it. The second is the method's own.

The custom flow can be begun at Cognito by anybody who knows the client's id. They do not get past the choice, because
only the backend stores challenges; so nobody gets mailed, and no code is tried, beyond the backend's limits.
"""

import pkgutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from core.identifiers import derived_id
from models.challenges import Challenge


class Method(Protocol):
    """What a method's file holds."""

    def create(self, email: str, session: str) -> None:
        """Have the owner of a mail address get what they need for the answer."""

    def verify(self, email: str, answer: str) -> bool:
        """Say whether an answer is right. One that was right once is so no more."""


def _methods() -> dict[str, Method]:
    files = (found.name for found in pkgutil.iter_modules(__path__))
    return {_word(file): cast("Method", import_module(f"{__name__}.{file}")) for file in files}


def _word(file: str) -> str:
    first, *rest = file.split("_")
    return first + "".join(part.capitalize() for part in rest)


METHODS = _methods()
"""Every method, under the protocol's word for it: ``email_code.py`` is ``emailCode``."""

CHOICE = "choice"

ROUNDS = 2


def owner(email: str) -> str:
    """Return what a challenge keeps of its owner's mail address."""
    return derived_id("challenge", email)


def told(session: str, method: str, *, again: bool = False) -> dict[str, str]:
    """Return what the backend tells the triggers with the choice.

    Args:
        session: The challenge that it has stored.
        method: The method.
        again: Whether this is another try at what was mailed already.
    """
    return {"session": session, "method": method, **({"again": "true"} if again else {})}


def next_step(rounds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Say how a log-in goes on: another round, tokens, or its end. One wrong answer ends Cognito's side of it.

    Args:
        rounds: What was asked, and whether the answers were right.
    """
    right = [one["challengeResult"] for one in rounds]
    if not all(right):
        return {"issueTokens": False, "failAuthentication": True}
    if len(right) == ROUNDS:
        return {"issueTokens": True, "failAuthentication": False}
    return {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False, "failAuthentication": False}


def create(email: str | None, rounds: Sequence[Mapping[str, Any]], metadata: Mapping[str, str]) -> str:
    """Ask the next question.

    Args:
        email: Whom; None for nobody we know, to whom nothing is mailed.
        rounds: What was asked before.
        metadata: What the backend told with the choice.

    Returns:
        What this round is: the choice, or a method's name.
    """
    if not rounds:
        return CHOICE
    method = metadata["method"]
    if email and "again" not in metadata:
        METHODS[method].create(email, metadata["session"])
    return method


def verify(email: str | None, question: str, answer: str, metadata: Mapping[str, str]) -> bool:
    """Say whether an answer is right.

    Args:
        email: Whose it is; None for nobody we know, who is never right.
        question: What ``create`` said this round is.
        answer: The answer.
        metadata: What the backend tells with the choice.
    """
    if not email:
        return False
    if question == CHOICE:
        return _is_ours(email, metadata)
    return METHODS[question].verify(email, answer)


def _is_ours(email: str, metadata: Mapping[str, str]) -> bool:
    """Say whether a choice was made by our backend, for a challenge that it has stored."""
    session, method = metadata.get("session"), metadata.get("method")
    if not session or method not in METHODS:
        return False
    admit = Challenge.go_on if "again" in metadata else Challenge.begin
    return admit(session, owner(email), method)
