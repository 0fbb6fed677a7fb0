"""Authorize: let a socket be opened by its ticket."""

from typing import Any

from core import clock, telemetry
from core.errors import Forbidden, Unauthenticated
from domain import origins, tickets


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer API Gateway's question before ``$connect``.

    What is said of the user here comes back with every event of the socket, so no later one has to look it up.

    Browsers name the page that opens a socket and ask nobody, so it is for us to refuse the pages of others.

    Returns:
        A policy that denies (the client gets 403), or one that allows this very connection.
    """
    route = event["methodArn"]
    telemetry.begin(event["requestContext"]["requestId"])
    # Taken before the user is looked up: a sign-out after this moment is seen when the socket is listed.
    now = clock.milliseconds()
    try:
        origins.require_ours(event["headers"])
        ticket = tickets.use(event["queryStringParameters"]["ticket"])
    except (Forbidden, Unauthenticated) as refusal:
        telemetry.logger.info("refused", extra={"code": refusal.code})
        telemetry.count("tickets_refused")
        telemetry.flush()
        return {"principalId": "nobody", "policyDocument": _policy("Deny", route)}
    telemetry.logger.info("admitted", extra={"userId": ticket.user_id, "deviceId": ticket.device_id})
    return {
        "principalId": ticket.user_id,
        "policyDocument": _policy("Allow", route),
        "context": {
            "userId": ticket.user_id,
            "deviceId": ticket.device_id,
            "connectedAt": str(now),
        },
    }


def _policy(effect: str, route: str) -> dict[str, Any]:
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": route}
    return {"Version": "2012-10-17", "Statement": [statement]}
