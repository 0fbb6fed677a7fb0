"""The socket as an AsyncAPI 3.0 document, told from the server's side: it receives actions, and sends events."""

from collections.abc import Iterable
from types import NoneType
from typing import Any

import msgspec

from core.errors import FieldError
from core.operations import MOST_FRAME_BYTES
from docs.answers import Refusal, Success
from docs.operations import Described, all_operations
from docs.schemas import Components, Schema, summary
from domain import delivery
from domain.events import Event

ABOUT = f"""\
One socket a device. `POST /tickets` (openapi.json) gives a ticket and an address to open; it works once, for 60 s.

A frame is a JSON object of at most {MOST_FRAME_BYTES} bytes, in text. Its `action` is the operation, and a `requestId`
of the client's own comes back in the reply. A reply has what the same operation answers over HTTP: `status`, and `data`
or `error`. Replies come in any order. What is sent without being asked for is an event, and has no `status`.

A socket is closed after two hours, and after ten idle minutes: ping, and open another before `connectionExpiresAt`.
Events can be late, doubled or lost. What was missed is fetched with getEvents.
"""

CHANNEL = "socket"

TICKET = {
    "type": "httpApiKey",
    "name": "ticket",
    "in": "query",
    "description": "A ticket of `POST /tickets`. A used, late or invented one is refused with 403, none with 401.",
}

SERVERS: dict[str, Any] = {
    "aws": {
        "host": "{api}.execute-api.{region}.amazonaws.com",
        "pathname": "/{stage}",
        "protocol": "wss",
        "description": "A deployed stage.",
        "security": [{"$ref": "#/components/securitySchemes/ticket"}],
        "variables": {"api": {}, "region": {"default": "us-east-1"}, "stage": {"default": "dev"}},
    },
    "laptop": {
        "host": "127.0.0.1:{port}",
        "pathname": "/_aws/execute-api/{api}/local",
        "protocol": "ws",
        "description": "`make run`.",
        "security": [{"$ref": "#/components/securitySchemes/ticket"}],
        "variables": {"api": {}, "port": {"default": "4599"}},
    },
}

TRUNCATED = "The event is larger than a frame, or a member may not see all of it. Fetch it with getEvents."

PONG = "pong"
REFUSED = "refused"
GATEWAY_ERROR = "gatewayError"


def document(version: str) -> dict[str, Any]:
    """Return the document.

    Args:
        version: The version of Kaiwa.
    """
    operations = [one for one in all_operations() if one.action]
    events = _events()
    components = Components([kind for one in operations for kind in one.types] + [*events.values(), FieldError])
    messages = {name: _message(name, summary(kind), _pushed(kind, components)) for name, kind in events.items()}
    messages |= {name: _message(name, about, payload) for name, (about, payload) in _by_anyone().items()}
    for one in operations:
        messages[one.name] = _message(one.name, summary(one.operation.run), _request(one, components))
        messages[reply(one.name)] = _message(reply(one.name), "What comes of it.", _reply(one, components))
        messages[refusal(one.name)] = _message(refusal(one.name), "Why nothing comes of it.", _refusal(one))
    schemas = {"Error": _error(components)}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kaiwa", "version": version, "description": ABOUT, "license": {"name": "MIT"}},
        "defaultContentType": "application/json",
        "servers": SERVERS,
        "channels": {
            CHANNEL: {
                "address": "",
                "description": "The only one.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in sorted(messages)},
                "bindings": {"ws": {"method": "GET", "query": QUERY}},
            }
        },
        "operations": {**_received(operations), **{name: _sent(name) for name in sorted([*events, GATEWAY_ERROR])}},
        "components": {
            "messages": dict(sorted(messages.items())),
            "schemas": {**schemas, **components.used_in([messages, schemas])},
            "securitySchemes": {"ticket": TICKET},
        },
    }


QUERY: Schema = {
    "type": "object",
    "properties": {"ticket": {"type": "string", "description": "What opens the socket."}},
    "required": ["ticket"],
}


def reply(action: str) -> str:
    """Return the name of the message that answers an action with a result."""
    return f"{action}.reply"


def refusal(action: str) -> str:
    """Return the name of the message that answers an action with a failure."""
    return f"{action}.refusal"


def _events() -> dict[str, type[Event]]:
    """Return the frames that are pushed, by their types."""

    def below(kind: type[Event]) -> Iterable[type[Event]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    # A class that others are based on is no event itself.
    return {str(kind.__struct_config__.tag): kind for kind in below(Event) if not kind.__subclasses__()}


def _received(operations: Iterable[Described]) -> dict[str, Any]:
    received = {"ping": _operation("ping", "Keep the socket open.", [PONG])}
    for one in operations:
        answers = [reply(one.name), refusal(one.name), REFUSED]
        received[one.name] = _operation(one.name, summary(one.operation.run), answers)
    return dict(sorted(received.items()))


def _operation(name: str, about: str, answers: list[str]) -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{CHANNEL}"},
        "summary": about.removesuffix("."),
        "messages": [_in_channel(name)],
        "reply": {"channel": {"$ref": f"#/channels/{CHANNEL}"}, "messages": [_in_channel(one) for one in answers]},
    }


def _sent(name: str) -> dict[str, Any]:
    return {"action": "send", "channel": {"$ref": f"#/channels/{CHANNEL}"}, "messages": [_in_channel(name)]}


def _in_channel(name: str) -> dict[str, str]:
    return {"$ref": f"#/channels/{CHANNEL}/messages/{name}"}


def _message(name: str, about: str, payload: Schema) -> dict[str, Any]:
    return {"name": name, "summary": about.removesuffix("."), "payload": payload}


def _by_anyone() -> dict[str, tuple[str, Schema]]:
    """Return the messages that belong to no operation."""
    codes = ["invalid_request", "malformed_json", "too_large", "unknown_action"]
    refused = _frame({"action": {"type": "string"}, "status": {"enum": [400, 413]}}, {"error": _narrowed(codes)})
    by_gateway = {name: {"type": "string"} for name in ("message", "connectionId", "requestId")}
    return {
        "ping": ("Keep the socket open", _object({"action": {"const": "ping"}}, ["action"])),
        PONG: ("It is open", _object({"type": {"const": "pong"}}, ["type"])),
        REFUSED: ("What was sent is no frame, or no action that there is", refused),
        GATEWAY_ERROR: ("API Gateway itself failed", _object(by_gateway, ["message"])),
    }


def _pushed(kind: type[Event], components: Components) -> Schema:
    """Return an event's schema; of one that may be too large for a frame, also what is sent in its place."""
    whole = components.reference(kind)
    if not delivery.LARGE_FIELDS & {one.encode_name for one in msgspec.structs.fields(kind)}:
        return whole
    described = components.described(kind)
    kept = {name: one for name, one in described["properties"].items() if name not in delivery.LARGE_FIELDS}
    if "message" in described["properties"]:
        kept.setdefault("messageId", {"type": "string"})
    kept["truncated"] = {"const": True, "description": TRUNCATED}
    required = [name for name in described["required"] if name in kept]
    return {"anyOf": [whole, _object(kept, [*required, "truncated"])]}


def _request(described: Described, components: Components) -> Schema:
    request = components.described(described.operation.request)
    request_id = {**REQUEST_ID, "type": ["string", "null"]}
    properties = {"action": {"const": described.name}, "requestId": request_id, **request["properties"]}
    about = {"description": request["description"]} if request.get("description") else {}
    return {**about, **_object(properties, ["action", *request.get("required", ())], closed=True)}


REQUEST_ID: Schema = {"type": "string", "description": "The client's own, which comes back."}


def _reply(described: Described, components: Components) -> Schema:
    frames = [_result(described.name, success, components) for success in described.successes]
    return frames[0] if len(frames) == 1 else {"oneOf": frames}


def _result(action: str, success: Success, components: Components) -> Schema:
    data = {} if success.data is NoneType else {"data": components.reference(success.data)}
    return _frame({"action": {"const": action}, "status": {"const": success.status}}, data, ["action"])


def _refusal(described: Described) -> Schema:
    refused = described.refusals | {
        Refusal(400, "invalid_request"),
        Refusal(413, "too_large"),
        Refusal(500, "internal"),
        Refusal(503, "unavailable"),
    }
    statuses = sorted({one.status for one in refused})
    frames = []
    for status in statuses:
        codes = sorted(one.code for one in refused if one.status == status)
        head = {"action": {"const": described.name}, "status": {"const": status}}
        frames.append(_frame(head, {"error": _narrowed(codes)}, ["action"]))
    return {"oneOf": frames}


def _frame(head: Schema, rest: Schema, required: Iterable[str] = ()) -> Schema:
    """Return a reply's schema: its head, and its data or its error."""
    properties = {"type": {"const": "reply"}, **head, "requestId": REQUEST_ID, **rest}
    return _object(properties, ["type", "status", *required, *rest])


def _object(properties: Schema, required: list[str], *, closed: bool = False) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "required": required}
    return {**schema, "additionalProperties": False} if closed else schema


def _narrowed(codes: list[str]) -> Schema:
    return {"allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"code": {"enum": codes}}}]}


def _error(components: Components) -> Schema:
    properties: Schema = {
        "code": {"type": "string", "description": "The stable word to decide by."},
        "message": {"type": "string", "description": "A sentence for developers."},
        "errors": {"type": "array", "items": components.reference(FieldError), "description": "The fields at fault."},
        "retryAfter": {"type": "integer", "description": "Seconds to wait."},
    }
    return {"description": "A failure.", "type": "object", "properties": properties, "required": ["code", "message"]}
