"""The weekly maintenance of a production stage, and what the audit takes for granted."""

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import cfnlint
import pytest

from domain.audit import NEAR, RUNTIMES_END
from tests import compiled, template

CONDITIONS = compiled.template()["Conditions"]
LIFECYCLES = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json").read_text()
)
"""AWS's dates, as cfn-lint keeps them."""


def only(kind: str) -> dict[str, Any]:
    (properties,) = compiled.of_type(kind).values()
    return properties


def tasks() -> dict[str, dict[str, Any]]:
    return {task["Name"]: task for task in compiled.of_type("AWS::SSM::MaintenanceWindowTask").values()}


def statements() -> list[dict[str, Any]]:
    role = compiled.of_type("AWS::IAM::Role")["MaintenanceRole"]
    return role["Policies"][0]["PolicyDocument"]["Statement"]


def test_the_window_opens_once_a_week() -> None:
    assert only("AWS::SSM::MaintenanceWindow")["Schedule"] == "cron(0 5 ? * SUN *)"
    assert CONDITIONS["HasMaintenance"] == {"Fn::Not": [{"Fn::Equals": ["cron(0 5 ? * SUN *)", ""]}]}


def test_the_audit_is_asked_in_it_and_by_nobody_else() -> None:
    task = tasks()["audit"]
    audit = {"Fn::GetAtt": ["AuditStackLambdaFunction", "Arn"]}
    assert (task["TaskType"], task["TaskArn"]) == ("LAMBDA", audit)
    payload = task["TaskInvocationParameters"]["MaintenanceWindowLambdaParameters"]["Payload"]
    assert json.loads(base64.b64decode(payload)) == {}
    assert {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": audit} in statements()
    assert "events" not in template.functions()["AuditStack"]


def test_turn_servers_are_patched_one_after_the_other_with_a_baseline_of_their_own() -> None:
    task = tasks()["patch-turn"]
    assert (task["TaskType"], task["TaskArn"], task["MaxConcurrency"]) == ("RUN_COMMAND", "AWS-RunPatchBaseline", "1")
    parameters = task["TaskInvocationParameters"]["MaintenanceWindowRunCommandParameters"]["Parameters"]
    assert parameters == {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]}
    assert task["Targets"] == [{"Key": "WindowTargetIds", "Values": [{"Ref": "TurnPatchTarget"}]}]
    tags = {tag["Key"]: tag["Value"] for tag in only("AWS::AutoScaling::AutoScalingGroup")["Tags"]}
    group = tags["PatchGroup"]
    baseline = only("AWS::SSM::PatchBaseline")
    assert baseline["PatchGroups"] == [group]
    assert only("AWS::SSM::MaintenanceWindowTarget")["Targets"] == [{"Key": "tag:PatchGroup", "Values": [group]}]
    image = only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]["ImageId"]
    assert (baseline["OperatingSystem"], "/ubuntu/" in image) == ("UBUNTU", True)


def test_the_window_may_command_turn_servers_alone() -> None:
    sends = [one for one in statements() if one["Action"] == "ssm:SendCommand"]
    document, instances = sends
    assert document["Resource"]["Fn::Sub"].endswith("::document/AWS-RunPatchBaseline")
    assert instances["Condition"] == {"StringEquals": {"aws:ResourceTag/PatchGroup": "kaiwa-prod-turn"}}


def test_there_is_no_patching_without_turn_servers() -> None:
    assert CONDITIONS["PatchesTurn"] == {"Fn::And": [{"Condition": "HasMaintenance"}, {"Condition": "HasTurn"}]}
    resources = compiled.template()["Resources"]
    for name in ("TurnPatchBaseline", "TurnPatchTarget", "TurnPatchTask"):
        assert resources[name]["Condition"] == "PatchesTurn"


def test_inspector_is_asked_for_in_production() -> None:
    variables = compiled.of_type("AWS::Lambda::Function")["AuditStackLambdaFunction"]["Environment"]["Variables"]
    assert variables["INSPECTOR"] == "true"


@pytest.mark.parametrize("runtime", RUNTIMES_END)
def test_the_dates_are_aws_s(runtime: str) -> None:
    assert RUNTIMES_END[runtime] == date.fromisoformat(LIFECYCLES[runtime]["deprecated"])


def test_the_audit_knows_what_runs_us_and_that_has_time_left() -> None:
    used = {function["Runtime"] for function in compiled.of_type("AWS::Lambda::Function").values()}
    assert used <= RUNTIMES_END.keys()
    assert all(RUNTIMES_END[runtime] - NEAR > date.today() for runtime in used)  # noqa: DTZ011 - half a year off.
