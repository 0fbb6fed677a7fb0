"""The roles that are deployed: what permissions.yml says, what every function needs to be seen, and nothing else."""

from typing import Any

import pytest

from tests import compiled, template

TRACES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
"""AWS has no resources for these (Service Authorization Reference, "AWS X-Ray")."""

LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]

NOT_OURS_TO_ASSUME = {"GatewayLogsRole", "MalwareScanRole", "TurnRole"}
"""API Gateway's own, for the access logs of sockets, GuardDuty's, and that of the TURN servers' instances."""


def statements(role: str) -> list[dict[str, Any]]:
    (policy,) = compiled.of_type("AWS::IAM::Role")[role]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_each_function_has_a_role_and_no_role_is_without_a_function() -> None:
    functions = compiled.of_type("AWS::Lambda::Function").values()
    taken = [function["Role"]["Fn::GetAtt"][0] for function in functions]
    assert len(taken) == len(set(taken))
    assert set(taken) == compiled.of_type("AWS::IAM::Role").keys() - NOT_OURS_TO_ASSUME


@pytest.mark.parametrize("function", template.functions())
def test_a_role_holds_nothing_that_could_be_narrower(function: str) -> None:
    log, trace, *own = statements(f"{function}Role")
    assert log["Action"] == LOGS
    assert log["Resource"]["Fn::Sub"].endswith(f":log-group:/aws/lambda/kaiwa-prod-{function}:*")
    assert (trace["Action"], trace["Resource"]) == (TRACES, "*")
    for statement in own:
        assert statement["Effect"] == "Allow"
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        assert "*" not in listed(statement["Resource"])


@pytest.mark.parametrize("function", template.functions())
def test_a_role_is_what_permissions_yml_says(function: str) -> None:
    _, _, *own = statements(f"{function}Role")
    deployed = {action for statement in own for action in listed(statement["Action"])}
    assert deployed == {action for action, _ in template.permissions()[function]}
    assert len(own) == len(template.read("resources/permissions.yml")[function])
