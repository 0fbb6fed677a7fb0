"""The roles that are deployed: what permissions.yml says, what every function needs to be seen, and nothing else."""

import json
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from tests import compiled, template
from tests.policies import listed

REFERENCE = json.loads((Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json").read_text())

TRACES = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
"""What X-Ray takes traces by."""

LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def statements(role: str) -> list[dict[str, Any]]:
    (policy,) = compiled.of_type("AWS::IAM::Role")[role]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def test_each_function_has_a_role_and_no_role_is_without_a_function() -> None:
    functions = compiled.of_type("AWS::Lambda::Function").values()
    taken = [function["Role"]["Fn::GetAtt"][0] for function in functions]
    assert len(taken) == len(set(taken))
    assert set(taken) == {name for name, role in compiled.of_type("AWS::IAM::Role").items() if is_for_a_function(role)}


def test_nobody_else_s_api_or_pool_may_call_a_function() -> None:
    for name, permission in compiled.of_type("AWS::Lambda::Permission").items():
        source = str(permission["SourceArn"])
        owners = ("WebsocketsApi", "HttpApi", "UserPool", "AWS::AccountId", "ScheduleEvent", "EventsRule")
        assert any(owner in source for owner in owners), (name, source)


def is_for_a_function(role: dict[str, Any]) -> bool:
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    return statement["Principal"] == {"Service": "lambda.amazonaws.com"}


@pytest.mark.parametrize("function", template.functions())
def test_a_role_holds_nothing_that_could_be_narrower(function: str) -> None:
    log, trace, *own = statements(f"{function}Role")
    assert log["Action"] == LOGS
    assert log["Resource"]["Fn::Sub"].endswith(f":log-group:/aws/lambda/kaiwa-prod-{function}:*")
    assert (trace["Action"], trace["Resource"]) == (TRACES, "*")
    for statement in own:
        assert statement["Effect"] == "Allow"
        assert not [action for action in listed(statement["Action"]) if "*" in action]
        if "*" in listed(statement["Resource"]):
            assert [action for action in listed(statement["Action"]) if could_be_narrower(action)] == []


def could_be_narrower(action: str) -> bool:
    """Say whether AWS knows resources for an action; cfn-lint keeps its Service Authorization Reference."""
    service, _, name = action.lower().partition(":")
    return bool(REFERENCE[service]["Actions"][name].get("Resources"))


@pytest.mark.parametrize(("action", "could"), [("ssm:GetParameter", True), ("lambda:ListFunctions", False)])
def test_the_reference_tells_the_two_apart(action: str, could: bool) -> None:
    assert could_be_narrower(action) == could


@pytest.mark.parametrize("action", TRACES)
def test_aws_has_nothing_narrower_for_traces(action: str) -> None:
    assert not could_be_narrower(action)


@pytest.mark.parametrize("function", template.functions())
def test_a_role_is_what_permissions_yml_says(function: str) -> None:
    _, _, *own = statements(f"{function}Role")
    deployed = {action for statement in own for action in listed(statement["Action"])}
    assert deployed == {action for action, _ in template.permissions()[function]}
    assert len(own) == len(template.read("resources/permissions.yml")[function])
