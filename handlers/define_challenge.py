"""DefineChallenge: Cognito asks how a log-in without a password goes on."""

from typing import Any

from domain import challenges


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer Cognito's "Define Auth challenge" (its developer guide)."""
    event["response"] |= challenges.next_step(event["request"]["session"])
    return event
