"""serverless.yml against the code: every function, every route, every permission entry has its other half."""

import re
from pathlib import Path
from typing import Any

import pytest

from core.operations import Lifecycle, Operations
from tests import template
from tests.gateway import handler_of

PUBLIC = {
    "POST /users",
    "POST /users/confirmation",
    "POST /users/confirmation/resend",
    "POST /sessions",
    "POST /sessions/refresh",
    "POST /passwords/forgot",
    "POST /passwords/reset",
}
ANSWERED_BY_API_GATEWAY = {"ping"}


def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def operations() -> dict[str, Operations]:
    """Return the functions that answer requests."""
    handlers = {name: handler_of(name) for name in template.functions()}
    return {name: handler for name, handler in handlers.items() if isinstance(handler, Operations)}


@pytest.mark.parametrize("function", template.functions())
def test_a_function_has_its_own_file_and_role(function: str) -> None:
    described = template.functions()[function]
    assert described["handler"] == f"handlers/{snake(function)}.handler"
    assert (template.ROOT / "handlers" / f"{snake(function)}.py").is_file()
    assert described["role"] == f"{function}Role"
    assert callable(handler_of(function))


def test_every_handler_is_a_function() -> None:
    files = {file.stem for file in (template.ROOT / "handlers").glob("*.py")} - {"__init__"}
    assert files == {snake(function) for function in template.functions()}


def test_every_function_has_its_permissions_and_no_other_entry_stands_there() -> None:
    assert template.permissions().keys() == template.functions().keys()


def test_every_http_route_leads_to_the_function_that_answers_it() -> None:
    in_template = {route.key: route.function for route in template.http_routes()}
    in_code = {route: name for name, handler in operations().items() for route in handler.by_route}
    assert in_template == in_code
    assert len(in_template) == len(template.http_routes())


def test_every_action_leads_to_the_function_that_answers_it() -> None:
    in_template = {route.key: route.function for route in template.socket_routes() if not route.key.startswith("$")}
    in_code = {action: name for name, handler in operations().items() for action in handler.by_action}
    assert in_template == in_code
    assert not ANSWERED_BY_API_GATEWAY & in_code.keys()


def test_the_lifecycle_routes_lead_to_their_handlers() -> None:
    routes = {route.key: route for route in template.socket_routes() if route.key.startswith("$")}
    assert {key: route.function for key, route in routes.items()} == {
        "$connect": "Connect",
        "$disconnect": "Disconnect",
        "$default": "Default",
    }
    assert isinstance(handler_of("Connect"), Lifecycle)
    assert isinstance(handler_of("Disconnect"), Lifecycle)
    assert [route.key for route in template.socket_routes() if route.authorizer] == ["$connect"]
    assert routes["$connect"].authorizer == "Authorize"


def test_api_gateway_answers_a_ping_itself() -> None:
    (route,) = template.resources("AWS::ApiGatewayV2::Route").values()
    assert route["RouteKey"] == "ping"
    assert route["RouteResponseSelectionExpression"] == "$default"
    (integration,) = template.resources("AWS::ApiGatewayV2::Integration").values()
    assert integration["IntegrationType"] == "MOCK"
    (response,) = template.resources("AWS::ApiGatewayV2::IntegrationResponse").values()
    assert response["ResponseTemplates"] == {"200": '{"type": "pong"}'}
    assert template.resources("AWS::ApiGatewayV2::RouteResponse").keys() == {"PingRouteResponse"}


@pytest.mark.parametrize("route", template.socket_routes(), ids=lambda route: route.key)
def test_every_socket_route_sends_its_reply(route: template.Route) -> None:
    """Also those of opening and closing: a client may write ``$connect`` as its action, and is answered."""
    assert route.answers


@pytest.mark.parametrize("route", template.http_routes(), ids=lambda route: route.key)
def test_all_but_the_public_routes_want_an_access_token(route: template.Route) -> None:
    assert route.authorizer == (None if route.key in PUBLIC else "accessToken")
    operation = operations()[route.function].by_route[route.key]
    assert operation.public == (route.key in PUBLIC)


def test_no_public_operation_has_an_action() -> None:
    """A frame's sender has logged in; a visitor's operation would have nobody to ask for."""
    assert not [name for handler in operations().values() for name, one in handler.by_action.items() if one.public]


def test_an_operations_path_holds_fields_of_its_request() -> None:
    for handler in operations().values():
        for route, operation in handler.by_route.items():
            fields = set(operation.request.__struct_encode_fields__)
            assert set(re.findall(r"\{(\w+)\}", route)) <= fields


def test_the_access_token_is_checked_against_our_own_pool() -> None:
    authorizer = template.read("serverless.yml")["provider"]["httpApi"]["authorizers"]["accessToken"]
    assert authorizer["type"] == "jwt"
    assert authorizer["issuerUrl"]["Fn::Sub"].endswith(".amazonaws.com/${UserPool}")
    assert authorizer["audience"] == [{"Ref": "UserPoolClient"}]


def test_api_gateway_waits_as_long_as_a_function_runs() -> None:
    provider = template.read("serverless.yml")["provider"]
    assert provider["timeout"] <= 29
    slow = {name: function for name, function in template.functions().items() if function.get("timeout", 0) > 29}
    kinds = {kind for function in slow.values() for event in function.get("events", []) for kind in event}
    assert kinds == {"sqs", "stream", "eventBridge"}


# What stands in the code


def sources(*folders: str) -> list[Path]:
    return [file for folder in folders for file in sorted((template.ROOT / folder).glob("*.py"))]


OURS = sources("core", "models", "adapters", "domain", "handlers")


def test_one_place_reads_the_environment() -> None:
    readers = [file for file in OURS if re.search(r"\bos\.environ|\bgetenv\b|\benviron\b\[", file.read_text())]
    assert [str(file.relative_to(template.ROOT)) for file in readers] == ["core/settings.py"]


def test_nothing_is_scanned() -> None:
    assert not [file for file in OURS if re.search(r"\.scan\(|\bscan\b\s*=|\bScan\b", file.read_text())]
    assert not [action for allowed in template.permissions().values() for action, _ in allowed if "Scan" in action]


def test_a_handler_knows_no_aws_library() -> None:
    for file in sources("handlers"):
        assert not re.search(r"\b(boto3|botocore|pynamodb)\b", file.read_text()), file.name


def test_nobody_asks_whether_this_is_a_laptop() -> None:
    assert not [file for file in OURS if re.search(r"\blocal(host)?\b.*(stage|==)|is_local", file.read_text())]


def test_no_permission_is_for_everything() -> None:
    for allowed in template.permissions().values():
        for action, resource in allowed:
            assert "*" not in action
            assert resource


# The environment


def test_the_template_sets_what_settings_read_and_nothing_else() -> None:
    """AWS_REGION is Lambda's own; names of the Powertools are read by them."""
    written = set(template.read("serverless.yml")["provider"]["environment"])
    read = set(re.findall(r'environment\["(\w+)"\]', (template.ROOT / "core" / "settings.py").read_text()))
    assert {name for name in written if not name.startswith("POWERTOOLS_")} == read - {"AWS_REGION"}
    changed = {name: one["environment"] for name, one in template.functions().items() if "environment" in one}
    # The user pool waits for its triggers, so they cannot wait for the user pool; they need nothing of it.
    without_pool = {"USER_POOL_ID": "none", "USER_POOL_CLIENT_ID": "none"}
    assert changed == dict.fromkeys(["DefineChallenge", "CreateChallenge", "VerifyChallenge"], without_pool)


def test_every_stage_has_every_parameter() -> None:
    document = template.read("serverless.yml")
    files = [template.ROOT / "serverless.yml", *(template.ROOT / "resources").glob("*.yml")]
    used = {name for file in files for name in re.findall(r"\$\{param:(\w+)\}", file.read_text())}
    params: dict[str, dict[str, Any]] = document["params"]
    assert params["default"].keys() == params["local"].keys() == used
