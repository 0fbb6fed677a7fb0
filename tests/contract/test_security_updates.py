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

LIFECYCLES = json.loads(
    (Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "LmbdRuntimeLifecycle.json").read_text()
)
"""AWS's dates, as cfn-lint keeps them."""


def only(kind: str) -> dict[str, Any]:
    (properties,) = compiled.of_type(kind).values()
    return properties


def test_the_window_opens_once_a_week() -> None:
    assert only("AWS::SSM::MaintenanceWindow")["Schedule"] == "cron(0 5 ? * SUN *)"
    assert compiled.template()["Conditions"]["HasMaintenance"] == {
        "Fn::Not": [{"Fn::Equals": ["cron(0 5 ? * SUN *)", ""]}]
    }


def test_the_audit_is_asked_in_it_and_by_nobody_else() -> None:
    task = only("AWS::SSM::MaintenanceWindowTask")
    audit = {"Fn::GetAtt": ["AuditStackLambdaFunction", "Arn"]}
    assert (task["TaskType"], task["TaskArn"]) == ("LAMBDA", audit)
    payload = task["TaskInvocationParameters"]["MaintenanceWindowLambdaParameters"]["Payload"]
    assert json.loads(base64.b64decode(payload)) == {}
    assert "events" not in template.functions()["AuditStack"]


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
