"""serverless.yml and resources/*.yml as data."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
STAGE = "test"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's functions: ``!Ref X`` becomes ``{"Ref": "X"}``, ``!Sub X`` ``{"Fn::Sub": "X"}``."""


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _function)


@cache
def read(path: str, placeholder: str = "${sls:stage}") -> dict[str, Any]:
    """Return a file of the template, with the stage of the tests in place of a placeholder."""
    text = (ROOT / path).read_text().replace(placeholder, STAGE)
    return yaml.load(text, Loader=_Loader)


class Route(NamedTuple):
    """A way into a function."""

    key: str
    function: str
    authorizer: str | None
    answers: bool


def functions() -> dict[str, dict[str, Any]]:
    return read("serverless.yml")["functions"]


def http_routes() -> list[Route]:
    routes = []
    for name, kind, event in _events():
        if kind == "httpApi":
            described = event if isinstance(event, dict) else dict(zip(("method", "path"), event.split(), strict=True))
            authorizer = described.get("authorizer", {}).get("name")
            routes.append(Route(f"{described['method']} {described['path']}", name, authorizer, answers=True))
    return routes


def socket_routes() -> list[Route]:
    routes = []
    for name, kind, event in _events():
        if kind == "websocket":
            described = event if isinstance(event, dict) else {"route": event}
            authorizer = described.get("authorizer", {}).get("name")
            answers = described.get("routeResponseSelectionExpression") == "$default"
            routes.append(Route(described["route"], name, authorizer, answers))
    return routes


def resources(of_type: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, under their logical ids."""
    return {
        name: resource["Properties"]
        for file in sorted((ROOT / "resources").glob("*.yml"))
        for name, resource in read(f"resources/{file.name}").get("Resources", {}).items()
        if resource["Type"] == of_type
    }


def permissions() -> dict[str, set[tuple[str, str]]]:
    """Return what each function may do, as pairs of an action and a resource: ``UsersTable/index/byName``."""
    return {
        function: {
            (action, _resource(statement["Resource"]))
            for statement in statements
            for action in _listed(statement["Action"])
        }
        for function, statements in read("resources/permissions.yml").items()
    }


def _events() -> Iterator[tuple[str, str, Any]]:
    for name, function in functions().items():
        for event in function.get("events", []):
            for kind, described in event.items():
                yield name, kind, described


def _listed(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _resource(value: dict[str, Any] | str) -> str:
    if isinstance(value, str):
        assert value == "*"
        return value
    if "Fn::GetAtt" in value:
        name, attribute = value["Fn::GetAtt"]
        assert attribute in {"Arn", "StreamArn"}
        return name if attribute == "Arn" else f"{name}/stream"
    return _substituted(value["Fn::Sub"])


def _substituted(text: str) -> str:
    if folder := re.fullmatch(r"\$\{(\w+)\.Arn\}/(\w+)/\*", text):
        return f"{folder[1]}/{folder[2]}"
    if index := re.fullmatch(r"\$\{(\w+)\.Arn\}/index/(\w+)", text):
        return f"{index[1]}/index/{index[2]}"
    if parameter := re.search(r":parameter/kaiwa/test/([\w-]+)$", text):
        return parameter[1]
    if service := re.fullmatch(r"arn:.*:role/aws-service-role/([\w.]+)/\*", text):
        return service[1]
    if text.startswith("arn:${AWS::Partition}:ses:"):
        assert text.endswith(":identity/${param:mailIdentity}")
        return "mail"
    method = "(POST|DELETE)"
    socket = re.fullmatch(
        rf"arn:\$\{{AWS::Partition\}}:execute-api:.*:\$\{{(\w+)\}}/test/{method}/@connections/\*", text
    )
    assert socket, f"Expected a table, an index or the sockets, got {text}"
    return socket[1] if socket[2] == "POST" else f"{socket[1]}/{socket[2]}"
