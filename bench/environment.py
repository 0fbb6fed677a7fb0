"""What the functions find in their environment while they are measured.

Models name their tables while they are imported, so it comes before any import of theirs.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "SERVICE": "kaiwa-test",
    "TABLE_PREFIX": "kaiwa-test-",
    "USER_POOL_ID": "pool",
    "USER_POOL_CLIENT_ID": "client",
    "DYNAMODB_URL": "https://dynamodb.us-east-1.amazonaws.com",
    "SOCKET_URL": "wss://socket.example.com/test",
    "CONNECTIONS_URL": "http://127.0.0.1",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com",
    "DELIVERIES_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-deliveries",
    "DIRECT_SOCKETS": "100",
    "BUS_URL": "https://events.us-east-1.amazonaws.com",
    "EVENT_BUS": "kaiwa-test",
    "OFFLINE_EVENTS": "false",
    "MESSAGE_DAYS": "0",
    "PACKAGE_INDEX_URL": "https://pypi.org",
    "INSPECTOR": "false",
    "MALWARE_SCAN": "false",
    "CALLS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-calls",
    "API_URL": "https://api.example.com",
    "EDGE_SECRET": "",
    "PARAMETERS_URL": "https://ssm.us-east-1.amazonaws.com",
    "CANARY_PARAMETER": "/kaiwa/test/canary",
    "STUN_URLS": "",
    "TURN_URLS": "",
    "TURN_SECRET": "/kaiwa/test/turn-secret",
    "TURN_SECONDS": "3600",
    "CONFIRM_MAIL": "false",
    "MAIL_URL": "https://email.us-east-1.amazonaws.com",
    "MAIL_FROM": "kaiwa@example.com",
    "WEB_ORIGINS": "https://chat.example.com",
    "FILES_URL": "https://kaiwa-test-files-123456789012.s3.us-east-1.amazonaws.com",
    "ERASURES_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-erasures",
    "LIMITS": '{"sends": 0, "iceServers": 0, "calls": 0, "descriptions": 0, "candidates": 0}',
    "POWERTOOLS_LOG_LEVEL": "INFO",
    "POWERTOOLS_SERVICE_NAME": "kaiwa-test",
}

EVENTS = Path(__file__).parent.parent / "tests" / "integration" / "events"
"""Events as API Gateway sent them."""


def prepare(**others: str) -> None:
    """Put it into the environment of this process, with other values for some of it."""
    os.environ.update(ENVIRONMENT | others)


def frame(action: str, user_id: str, connection_id: str = "bench=", **fields: Any) -> dict[str, Any]:
    """Return the event of a frame that somebody sends on a socket."""
    event = recorded("message")
    context = event["requestContext"]
    context["routeKey"] = action
    context["connectionId"] = connection_id
    context["authorizer"] |= {"userId": user_id, "deviceId": "bench", "connectedAt": "1795449765115"}
    event["body"] = json.dumps({"action": action, "requestId": "r1", **fields})
    return event


def request(route: str, user_id: str, body: Any = None, **parameters: str) -> dict[str, Any]:
    """Return the event of an HTTP request by somebody with an access token.

    Args:
        route: The method and the path, with the names of its parameters.
        user_id: Whose token it is.
        body: What is sent as JSON; None for nothing.
        parameters: Those of the path, and of the query after them.
    """
    event = recorded("http")
    context = event["requestContext"]
    event["routeKey"] = context["routeKey"] = route
    claims = context["authorizer"]["jwt"]["claims"]
    context["authorizer"]["jwt"]["claims"] = claims | {"sub": user_id, "token_use": "access", "iat": "1795449765"}
    in_path = set(re.findall(r"\{(\w+)\}", route))
    event["pathParameters"] = {name: value for name, value in parameters.items() if name in in_path}
    event["queryStringParameters"] = {name: value for name, value in parameters.items() if name not in in_path}
    event["body"] = json.dumps(body) if body is not None else ""
    event["isBase64Encoded"] = False
    return event


def recorded(name: str) -> dict[str, Any]:
    """Return an event as it was recorded."""
    event: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return event
