"""The HTTP API as an OpenAPI 3.1 document."""

import re
from collections.abc import Iterable
from http import HTTPStatus
from types import NoneType
from typing import Any

from core.errors import Failure, FieldError
from core.operations import MOST_BODY_BYTES, MOST_CONTENT_BYTES
from docs.answers import Refusal, Success
from docs.operations import Described, all_operations
from docs.schemas import Components, Schema, summary, words

JSON = "application/json"
PROBLEM = "application/problem+json"
ANYTHING = "*/*"

FIELDS_IN_QUERY = {"GET", "DELETE"}
"""The methods whose fields are parameters where the path does not hold them. Others have a body."""

HEADERS_OF_OPENAPI = {"accept", "content-type", "authorization"}
"""OpenAPI 3.1 ignores parameters of these names ("Parameter Object"): it has other places for them."""

BY_API_GATEWAY = {
    401: "the access token is missing, forged, expired, or another user pool's",
    413: "the body is larger than it takes",
    429: "there is too much to do",
    500: "the function failed or took too long",
    503: "the function could not be reached",
}
"""What API Gateway answers itself, in its own words ("Troubleshooting HTTP API" and "Quotas" in its guide)."""

ABOUT = """\
A serverless backend for chat, calls and files. What makes sense on a socket is also an action there: see asyncapi.json.

A failure is a problem document (RFC 9457) with a stable `code`. A few requests never reach Kaiwa, because API Gateway
refuses them itself, in its own words: `{"message": "Unauthorized"}`. A path that is not in this document gets 404 so.
Clients therefore decide by the status first, and by `code` where there is one.

A request's unknown field is an error, but clients must ignore unknown fields in answers. An optional field without a
value is left out. Times are RFC 3339, in UTC with milliseconds. Ids are opaque.
"""

LARGEST = {JSON: MOST_BODY_BYTES, ANYTHING: MOST_CONTENT_BYTES}


def document(version: str) -> dict[str, Any]:
    """Return the document.

    Args:
        version: The version of Kaiwa.
    """
    operations = [one for one in all_operations() if one.routes]
    components = Components([kind for one in operations for kind in one.types] + [FieldError])
    failures: dict[str, Any] = {}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        for route in one.routes:
            method, path = route.split()
            paths.setdefault(path, {})[method.lower()] = _operation(one, method, path, components, failures)
    schemas = {"Problem": _problem(components), "GatewayError": GATEWAY_ERROR}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Kaiwa",
            "version": version,
            "summary": "Chat, calls and files in your own AWS account.",
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": SERVERS,
        "security": [{"accessToken": []}],
        "tags": [{"name": name} for name in sorted({_tag(path) for path in paths})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {**schemas, **components.used_in([paths, schemas])},
            "responses": dict(sorted(failures.items())),
            "securitySchemes": {"accessToken": ACCESS_TOKEN},
        },
    }


SERVERS = [
    {
        "url": "https://{api}.execute-api.{region}.amazonaws.com",
        "description": "A deployed stage: what its stack's output ApiUrl says.",
        "variables": {"api": {"default": "api"}, "region": {"default": "us-east-1"}},
    },
    {
        "url": "http://127.0.0.1:{port}/_aws/execute-api/{api}",
        "description": "`make run`, which prints it.",
        "variables": {"api": {"default": "api"}, "port": {"default": "4599"}},
    },
]

ACCESS_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `accessToken` of a session. An id token opens nothing.",
}

GATEWAY_ERROR: Schema = {
    "description": "A refusal by API Gateway itself.",
    "type": "object",
    "properties": {"message": {"type": "string"}},
    "required": ["message"],
}

RETRY_AFTER = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}


def _problem(components: Components) -> Schema:
    properties: Schema = {
        "type": {"type": "string", "format": "uri-reference", "const": "about:blank"},
        "title": {"type": "string", "description": "The status in words."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for developers."},
        "code": {"type": "string", "description": "The stable word to decide by."},
        "requestId": {"type": "string", "description": "Where the server's log has more."},
        "errors": {"type": "array", "items": components.reference(FieldError), "description": "The fields at fault."},
        "retryAfter": {"type": "integer", "description": "Seconds to wait."},
    }
    always = ["type", "title", "status", "detail", "code", "requestId"]
    return {"description": "A failure (RFC 9457).", "type": "object", "properties": properties, "required": always}


def _operation(
    described: Described, method: str, path: str, components: Components, failures: dict[str, Any]
) -> dict[str, Any]:
    """Return what a route leads to. The failures that it refers to are added to those that are known."""
    operation = described.operation
    request = components.described(operation.request)
    required = set(request.get("required", ()))
    in_path = re.findall(r"\{(\w+)\}", path)
    in_headers = {field: name for name, field in operation.headers.items()}
    left = [name for name in request["properties"] if name not in {*in_path, *in_headers, operation.content}]
    in_query = left if method in FIELDS_IN_QUERY else []
    places = {
        **dict.fromkeys(in_path, "path"),
        **dict.fromkeys(in_query, "query"),
        **dict.fromkeys(in_headers, "header"),
    }
    parameters = [
        _parameter(in_headers.get(name, name), where, request["properties"][name], name in required)
        for name, where in places.items()
        if in_headers.get(name) not in HEADERS_OF_OPENAPI
    ]
    made: dict[str, Any] = {
        "operationId": described.name,
        "tags": [_tag(path)],
        "summary": summary(operation.run).removesuffix("."),
        "description": _description(described, request, in_headers),
    }
    if operation.public:
        made["security"] = []
    if parameters:
        made["parameters"] = parameters
    body = _body(operation.content, [name for name in left if name not in in_query], request)
    if body:
        made["requestBody"] = body
    takes_body = method not in FIELDS_IN_QUERY
    refused = described.refusals | set(_refused_before(described, takes_body=takes_body))
    by_gateway = set(BY_API_GATEWAY)
    by_gateway -= {401} if described.operation.public else set()
    by_gateway -= set() if takes_body else {413}
    responses = _results(described.successes, components)
    for status in sorted({one.status for one in refused} | by_gateway):
        codes = sorted(one.code for one in refused if one.status == status)
        name = ".".join([HTTPStatus(status).phrase.title().replace(" ", ""), *codes])
        failures[name] = _failure(status, codes, told_by_gateway=status in by_gateway)
        responses[str(status)] = {"$ref": f"#/components/responses/{name}"}
    return {**made, "responses": responses}


def _description(described: Described, request: Schema, in_headers: dict[str, str]) -> str:
    """Return what the operation does, what it takes, and what the headers say that OpenAPI has no parameters for."""
    _, _, more = words(described.operation.run).partition(summary(described.operation.run))
    told = [more.strip(), request.get("description", "")]
    for field, name in in_headers.items():
        if name in HEADERS_OF_OPENAPI:
            told.append(f"`{name.title()}`: {request['properties'][field]['description']}")
    return "\n\n".join(one for one in told if one)


def _parameter(name: str, where: str, schema: Schema, required: bool) -> dict[str, Any]:
    # A text in a URL cannot be null.
    choices = [one for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]
    plain = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    plain |= choices[0] if "anyOf" in schema else {}
    if schema.get("default") is not None:
        plain["default"] = schema["default"]
    description = plain.pop("description", None)
    parameter: dict[str, Any] = {"name": name.title() if where == "header" else name, "in": where}
    parameter["required"] = required or where == "path"
    if description:
        parameter["description"] = description
    return {**parameter, "schema": plain}


def _body(content: str | None, fields: list[str], request: Schema) -> dict[str, Any] | None:
    if content:
        described = request["properties"][content]["description"]
        return {
            "description": f"{described} At most {MOST_CONTENT_BYTES} bytes.",
            "content": {ANYTHING: {"schema": {"type": "string", "format": "binary"}}},
        }
    if not fields:
        return None
    required = [name for name in request.get("required", ()) if name in fields]
    schema: Schema = {"type": "object", "properties": {name: request["properties"][name] for name in fields}}
    if required:
        schema["required"] = required
    return {
        "description": f"At most {MOST_BODY_BYTES} bytes.",
        "required": bool(required),
        "content": {JSON: {"schema": {**schema, "additionalProperties": False}}},
    }


def _results(successes: Iterable[Success], components: Components) -> dict[str, Any]:
    results: dict[str, Any] = {}
    for success in successes:
        result: dict[str, Any] = {"description": f"{HTTPStatus(success.status).phrase}."}
        if success.leads_elsewhere:
            schema = {"type": "string", "format": "uri"}
            result["headers"] = {"Location": {"description": "Where it is.", "required": True, "schema": schema}}
        if success.data is not NoneType:
            result["content"] = {JSON: {"schema": components.reference(success.data)}}
        results[str(success.status)] = result
    return results


def _refused_before(described: Described, *, takes_body: bool) -> Iterable[Refusal]:
    """Return what is refused before an operation is asked, or whatever it is (core/operations.py)."""
    yield Refusal(400, "invalid_request")
    # Where a firewall stands before the API, and the request came around it.
    yield Refusal(403, "forbidden")
    yield Refusal(500, "internal")
    yield Refusal(503, "unavailable")
    if not described.operation.public:
        yield Refusal(401, "unauthenticated")
    if takes_body:
        yield Refusal(413, "too_large")
        yield Refusal(415, "unsupported_type") if described.operation.content else Refusal(400, "malformed_json")


def _failure(status: int, codes: list[str], *, told_by_gateway: bool) -> dict[str, Any]:
    told = [meaning(status), f"Codes: {', '.join(f'`{code}`' for code in codes)}."] if codes else []
    content: dict[str, Any] = {}
    if codes:
        narrowed = {"properties": {"status": {"const": status}, "code": {"enum": codes}}}
        content[PROBLEM] = {"schema": {"allOf": [{"$ref": "#/components/schemas/Problem"}, narrowed]}}
    if told_by_gateway:
        told.append(f"By API Gateway itself: {BY_API_GATEWAY[status]}.")
        content[JSON] = {"schema": {"$ref": "#/components/schemas/GatewayError"}}
    failure: dict[str, Any] = {"description": " ".join(told)}
    if status == HTTPStatus.TOO_MANY_REQUESTS and codes:
        failure["headers"] = {"Retry-After": RETRY_AFTER}
    return {**failure, "content": content}


def meaning(status: int) -> str:
    """Return what the class of failures with a status says of itself."""
    (kind,) = (one for one in Failure.__subclasses__() if one.status == status)
    return summary(kind)


def _tag(path: str) -> str:
    return path.split("/")[1]
