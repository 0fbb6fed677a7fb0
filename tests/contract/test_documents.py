"""The published documents: fresh, whole, valid, and of the same mind as the template."""

import json
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema_rs import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from core.errors import Failure
from core.operations import Operations
from docs import asyncapi, documents
from domain import events
from tests import documents as published
from tests import template
from tests.gateway import handler_of

ASYNCAPI = template.ROOT / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0.json"


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return documents.generate()


def http_operations() -> dict[str, dict[str, Any]]:
    """Return what OpenAPI says of each route."""
    paths = published.openapi()["paths"]
    return {f"{method.upper()} {path}": one for path, methods in paths.items() for method, one in methods.items()}


def messages() -> dict[str, Any]:
    return published.asyncapi()["components"]["messages"]


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_the_documents_are_those_of_this_code(name: str, generated: dict[str, str]) -> None:
    assert (published.FOLDER / name).read_text() == generated[name], "Run `make documents`."


def test_openapi_is_valid() -> None:
    assert list(OpenAPIV31SpecValidator(published.openapi()).iter_errors()) == []


def test_asyncapi_is_valid() -> None:
    validator = Draft7Validator(json.loads(ASYNCAPI.read_text()))
    assert [str(error)[:500] for error in validator.iter_errors(published.asyncapi())] == []


@pytest.mark.parametrize("document", [published.openapi(), published.asyncapi()], ids=["openapi", "asyncapi"])
def test_every_reference_leads_somewhere_and_every_component_is_used(document: dict[str, Any]) -> None:
    used = set(references(document))
    for reference in used:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert schemas <= used


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


@pytest.mark.parametrize(
    ("document", "kind"),
    [(published.openapi(), Draft202012Validator), (published.asyncapi(), Draft7Validator)],
    ids=["openapi", "asyncapi"],
)
def test_every_schema_is_one(document: dict[str, Any], kind: type[Draft7Validator | Draft202012Validator]) -> None:
    payloads = [one["payload"] for one in document["components"].get("messages", {}).values()]
    for schema in [*document["components"]["schemas"].values(), *payloads]:
        kind({"allOf": [schema], "components": document["components"]})


# Complete


def test_openapi_names_every_route_once() -> None:
    assert http_operations().keys() == {route.key for route in template.http_routes()}
    names = Counter(operation["operationId"] for operation in http_operations().values())
    assert set(names.values()) == {1}


def test_asyncapi_names_every_action_and_every_event() -> None:
    actions = {route.key for route in template.socket_routes() if not route.key.startswith("$")}
    actions |= {route["RouteKey"] for route in template.resources("AWS::ApiGatewayV2::Route").values()}
    by_action = {"receive": actions, "send": {*pushed(), asyncapi.GATEWAY_ERROR}}
    for action, names in by_action.items():
        assert {name for name, one in published.asyncapi()["operations"].items() if one["action"] == action} == names


def pushed() -> set[str]:
    """Return the types of the events, as the module of events names them."""
    kinds = [one for one in vars(events).values() if isinstance(one, type) and issubclass(one, events.Event)]
    return {kind.__struct_config__.tag for kind in kinds if kind.__struct_config__.tag != kind.__name__}


@pytest.mark.parametrize("route", template.http_routes(), ids=lambda route: route.key)
def test_openapi_says_what_is_public_and_that_api_gateway_refuses_too(route: template.Route) -> None:
    operation = http_operations()[route.key]
    assert ("security" in operation) == (route.authorizer is None)
    assert operation.get("security", []) == []
    statuses = {"429", "500", "503"} | ({"401"} if route.authorizer else set())
    for status in statuses:
        name = operation["responses"][status]["$ref"].rpartition("/")[2]
        response = published.openapi()["components"]["responses"][name]
        assert response["content"]["application/json"]["schema"]["$ref"].endswith("/GatewayError")


def test_rate_limits_come_with_the_seconds_to_wait() -> None:
    for name, response in published.openapi()["components"]["responses"].items():
        assert ("Retry-After" in response.get("headers", {})) == ("rate_limited" in name)


def test_every_operation_says_what_it_does() -> None:
    for operation in http_operations().values():
        assert operation["summary"]
        assert operation["description"]
    assert all(message["summary"] for message in messages().values())


def test_every_answer_of_the_protocol_over_http_is_documented() -> None:
    """A few, spelled out: what is read from the code must say what the protocol says."""
    expected = {
        "POST /users": "201 400 403 409 413 429 500 503",
        "POST /sessions": "200 202 400 401 403 409 413 429 500 503",
        "POST /users/confirmation/resend": "202 400 403 413 429 500 503",
        "DELETE /sessions": "204 400 401 403 429 500 503",
        "DELETE /users/me": "202 400 401 403 429 500 503",
        "GET /users/{userId}": "200 400 401 403 404 429 500 503",
        "POST /chats": "200 201 400 401 403 404 413 429 500 503",
        "POST /chats/{chatId}/messages": "200 201 400 401 403 404 409 413 429 500 503",
        "POST /files": "201 400 401 403 404 413 415 429 500 503",
        "GET /files/{fileId}": "200 302 400 401 403 404 429 500 503",
    }
    assert {route: " ".join(sorted(http_operations()[route]["responses"])) for route in expected} == expected


def test_headers_that_openapi_has_no_place_for_are_described() -> None:
    """OpenAPI ignores parameters named Accept and Content-Type, so they are told in words."""
    for function in template.functions():
        handler = handler_of(function)
        if isinstance(handler, Operations):
            for route, operation in handler.by_route.items():
                described = http_operations()[route]
                given = {one["name"].lower() for one in described.get("parameters", []) if one["in"] == "header"}
                told = {name for name in operation.headers if f"`{name.title()}`" in described["description"]}
                assert given | told == operation.headers.keys()
                assert not given & {"accept", "content-type", "authorization"}


def test_a_file_is_the_body_itself() -> None:
    (content,) = http_operations()["POST /files"]["requestBody"]["content"].values()
    assert content["schema"] == {"type": "string", "format": "binary"}


def test_every_status_is_one_of_ours_or_of_a_result() -> None:
    ours = {kind.status for kind in Failure.__subclasses__()}
    for operation in http_operations().values():
        for status in map(int, operation["responses"]):
            assert status in ours or status < HTTPStatus.BAD_REQUEST
