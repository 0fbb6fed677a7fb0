"""The client libraries against the published documents: where they ask, what they ask for, and what they are given.

That each operation is a method is tested where the methods are, with both libraries.
"""

from typing import Any, get_type_hints

import pytest

from kaiwa import shapes
from kaiwa.rest import PUBLIC, ROUTES
from tests import documents

OTHER_NAMES = {"NewTicket": "Ticket", "Started": "StartedCall", "Joined": "JoinedCall", "Opened": "OpenedCall"}
"""Schemas that the Python library calls otherwise."""

SEVERAL = {"OpenedChat": "Chat", "ListedChat": "Chat"}
"""Schemas that the Python library has one type for."""


def routes() -> dict[str, str]:
    """Return where each operation is, as OpenAPI says."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in documents.openapi()["paths"].items()
        for method, operation in methods.items()
    }


def schemas() -> dict[str, dict[str, Any]]:
    return documents.openapi()["components"]["schemas"] | documents.asyncapi()["components"]["schemas"]


def test_the_python_library_asks_where_openapi_says() -> None:
    assert routes() == ROUTES
    public = {
        one["operationId"]
        for methods in documents.openapi()["paths"].values()
        for one in methods.values()
        if "security" in one
    }
    assert public & ROUTES.keys() == PUBLIC


@pytest.mark.parametrize(
    "name", [name for name in schemas() if hasattr(shapes, {**OTHER_NAMES, **SEVERAL}.get(name, name))]
)
def test_a_type_of_the_python_library_has_the_fields_of_its_schema(name: str) -> None:
    kind = getattr(shapes, {**OTHER_NAMES, **SEVERAL}.get(name, name))
    schema = schemas()[name]
    assert schema["properties"].keys() <= get_type_hints(kind).keys()
    assert kind.__required_keys__ <= set(schema.get("required", ()))


def test_every_event_of_the_log_has_its_fields_in_the_python_library() -> None:
    known = get_type_hints(shapes.Event).keys()
    logged = [one["payload"] for one in documents.asyncapi()["components"]["messages"].values() if is_logged(one)]
    assert logged
    for payload in logged:
        assert fields(payload) <= known


def is_logged(message: dict[str, Any]) -> bool:
    return {"seq", "at"} <= fields(message["payload"])


def fields(schema: dict[str, Any]) -> set[str]:
    """Return the fields that an object can have, whatever form it has."""
    if "$ref" in schema:
        return fields(schemas()[schema["$ref"].rpartition("/")[2]])
    forms = [form for word in ("anyOf", "oneOf", "allOf") for form in schema.get(word, ())]
    return set(schema.get("properties", ())) | {name for form in forms for name in fields(form)}
