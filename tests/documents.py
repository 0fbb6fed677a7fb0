"""The published documents, held against what is really asked, answered and pushed."""

import json
from functools import cache
from typing import Any

from jsonschema_rs import Draft7Validator, Draft202012Validator

from tests import template

JSON = "application/json"

FOLDER = template.ROOT / "docs"


@cache
def openapi() -> dict[str, Any]:
    return json.loads((FOLDER / "openapi.json").read_text())


@cache
def asyncapi() -> dict[str, Any]:
    return json.loads((FOLDER / "asyncapi.json").read_text())


def check_response(route: str, status: int, headers: dict[str, str], body: str) -> None:
    """Check that an HTTP response is one of those that are documented."""
    described = _resolved(_operation(route)["responses"].get(str(status)))
    assert described, f"{route} answered with {status}, which is not documented."
    for name, header in described.get("headers", {}).items():
        assert name.lower() in headers or not header.get("required")
    if not body:
        assert "content" not in described
        return
    kind = headers["content-type"]
    assert kind in described.get("content", {}), f"{route} answered {status} in {kind}, which is not documented."
    _check(_of_response(route, status, kind), json.loads(body), f"{route}'s {status}")


def check_request(route: str, query: dict[str, str], body: str | None) -> None:
    """Check that a request that succeeded is one that is documented."""
    operation = _operation(route)
    known = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
    assert query.keys() <= known, f"{route} took {query.keys() - known}."
    content = operation.get("requestBody", {"content": {JSON: {}}})["content"]
    if JSON in content and json.loads(body or "{}"):
        _check(_of_request(route), json.loads(body or "{}"), f"a request for {route}")


def check_reply(frame: dict[str, Any]) -> None:
    """Check that a reply is one of those that are documented."""
    action = frame.get("action")
    kind = "refusal" if "error" in frame else "reply"
    name = f"{action}.{kind}" if f"{action}.{kind}" in asyncapi()["components"]["messages"] else "refused"
    _check(_of_message(name), frame, name)


def check_action(frame: dict[str, Any]) -> None:
    """Check that a frame that succeeded is one that is documented."""
    _check(_of_message(frame["action"]), frame, frame["action"])


def check_push(frame: dict[str, Any]) -> None:
    """Check that a frame that was pushed is one that is documented."""
    assert frame["type"] in asyncapi()["operations"], f"{frame['type']} is not documented."
    _check(_of_message(frame["type"]), frame, frame["type"])


def _operation(route: str) -> dict[str, Any]:
    method, path = route.split()
    return openapi()["paths"][path][method.lower()]


def _resolved(described: dict[str, Any] | None) -> dict[str, Any] | None:
    name = (described or {}).get("$ref", "").rpartition("/")[2]
    return openapi()["components"]["responses"][name] if name else described


@cache
def _of_response(route: str, status: int, kind: str) -> Draft202012Validator:
    described = _resolved(_operation(route)["responses"][str(status)])
    assert described
    return _http_validator(described["content"][kind]["schema"])


@cache
def _of_request(route: str) -> Draft202012Validator:
    body = _operation(route).get("requestBody")
    assert body, f"{route} took a body, which is not documented."
    return _http_validator(body["content"][JSON]["schema"])


def _http_validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": openapi()["components"]}, validate_formats=True)


@cache
def _of_message(name: str) -> Draft7Validator:
    document = asyncapi()["components"]
    schema = {"allOf": [document["messages"][name]["payload"]], "components": {"schemas": document["schemas"]}}
    return Draft7Validator(schema, validate_formats=True)


def _check(validator: Draft7Validator | Draft202012Validator, value: Any, what: str) -> None:
    wrong = [f"{'/'.join(map(str, one.instance_path))}: {one.message[:300]}" for one in validator.iter_errors(value)]
    assert not wrong, f"{what} is not as it is documented: {wrong}"
