"""Requests made up from the published documents: such as they allow, and such as they forbid."""

import json
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core import NotSet

from tests.documents import JSON, asyncapi, openapi

LISTS = {"memberIds": "userId", "userIds": "userId", "calleeIds": "userId", "fileIds": "fileId"}
"""Fields that are lists of what another field is one of."""


def routes() -> dict[str, APIOperation]:
    """Return the operations of OpenAPI, by their names."""
    return _operations(openapi())


def actions() -> dict[str, APIOperation]:
    """Return the actions of AsyncAPI, as if each were an HTTP operation whose body is the frame."""
    components = asyncapi()["components"]
    received = [name for name, one in asyncapi()["operations"].items() if one["action"] == "receive"]
    return _operations(
        {
            "openapi": "3.1.0",
            "info": {"title": "Actions", "version": "1"},
            "paths": {
                f"/{name}": {"post": _action(name, components["messages"][name]["payload"])} for name in received
            },
            "components": {"schemas": components["schemas"]},
        }
    )


def ways(operations: dict[str, APIOperation]) -> list[Any]:
    """Return each operation's name with each mode. Where nothing is asked for, nothing can be forbidden."""
    return [
        pytest.param(name, mode, id=f"{name}-{mode.value}")
        for name, operation in operations.items()
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        if mode is GenerationMode.POSITIVE or operation.path_parameters or operation.query or _takes_json(operation)
    ]


def some(number: int) -> hypothesis.settings:
    """Return settings for so many examples, always the same. To shrink one would ask a server hundreds of times."""
    return hypothesis.settings(
        max_examples=number, phases=[Phase.generate], suppress_health_check=list(HealthCheck), parent=None
    )


def cases(operation: APIOperation, mode: GenerationMode, known: dict[str, list[Any]]) -> st.SearchStrategy[Case]:
    """Return requests for an operation.

    Args:
        operation: The operation.
        mode: Whether they shall be such as are allowed.
        known: What is really there, by the names of fields. Half of those that are allowed name it.
    """
    made = operation.as_strategy(mode)
    if mode is GenerationMode.NEGATIVE:
        return made
    known = known | {name: [[one] for one in known[single]] for name, single in LISTS.items() if single in known}

    @st.composite
    def realistic(draw: st.DrawFn) -> Case:
        case = draw(made)
        for fields in (case.path_parameters, case.query, case.body):
            for name in fields if isinstance(fields, dict) else ():
                if name in known and draw(st.booleans()):
                    fields[name] = draw(st.sampled_from(known[name]))
        return case

    return realistic()


def text_of(body: Any) -> str:
    """Return the frame that a case's body is."""
    if isinstance(body, bytes):
        return body.decode(errors="replace")
    return "" if isinstance(body, NotSet) else json.dumps(body)


def _takes_json(operation: APIOperation) -> bool:
    return any(body.media_type == JSON for body in operation.body)


def _operations(document: dict[str, Any]) -> dict[str, APIOperation]:
    generation = GenerationConfig(with_security_parameters=False, allow_extra_parameters=False)
    config = SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))
    found = (one.ok() for one in schemathesis.openapi.from_dict(document, config=config).get_all_operations())
    return {one.definition.raw["operationId"]: one for one in found}


def _action(name: str, payload: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {JSON: {"schema": payload}}}
    return {"operationId": name, "requestBody": body, "responses": {"200": {"description": ""}}}
