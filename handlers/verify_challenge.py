"""VerifyChallenge: Cognito asks whether an answer is right."""

from typing import Any

from domain import challenges


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer Cognito's "Verify Auth challenge response" (its developer guide)."""
    request = event["request"]
    email = None if request.get("userNotFound") else request["userAttributes"]["email"].lower()
    question = request["privateChallengeParameters"]["question"]
    metadata = request.get("clientMetadata") or {}
    event["response"]["answerCorrect"] = challenges.verify(email, question, request["challengeAnswer"], metadata)
    return event
