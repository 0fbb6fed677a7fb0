"""CreateChallenge: Cognito asks what to ask, and it is mailed."""

from typing import Any

from domain import challenges


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer Cognito's "Create Auth challenge" (its developer guide). The code itself is not in the answer."""
    request = event["request"]
    email = None if request.get("userNotFound") else request["userAttributes"]["email"].lower()
    question = challenges.create(email, request["session"], request.get("clientMetadata") or {})
    event["response"] |= {
        "publicChallengeParameters": {"question": question},
        "privateChallengeParameters": {"question": question},
        "challengeMetadata": question,
    }
    return event
