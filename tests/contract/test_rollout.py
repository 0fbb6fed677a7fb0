"""How new code comes to a production stage: some functions go ahead, watched, and all others wait for them."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests import compiled, template

PILOTS = template.read("serverless.yml")["custom"]["rollout"]["pilots"]


def resources() -> dict[str, Any]:
    found: dict[str, Any] = compiled.template()["Resources"]
    return found


def aliases() -> dict[str, Any]:
    return {name: one for name, one in resources().items() if one["Type"] == "AWS::Lambda::Alias"}


def text(value: Any) -> str:
    return str(value)


def test_the_pilots_are_the_way_of_a_message() -> None:
    """The canary goes it too, so they are called however few people talk."""
    assert set(PILOTS) == {"UserLogin", "Authorize", "Connect", "SendMessage"}
    assert {f"{name}LiveAlias" for name in PILOTS} == aliases().keys()


@pytest.mark.parametrize("name", PILOTS)
def test_codedeploy_leads_the_calls_of_a_pilot(name: str) -> None:
    alias = aliases()[f"{name}LiveAlias"]
    version = alias["Properties"]["FunctionVersion"]["Fn::GetAtt"][0]
    assert resources()[version]["Properties"]["FunctionName"] == {"Ref": f"{name}LambdaFunction"}
    # CodeDeploy leads back to the version before, so that must be there.
    assert resources()[version]["DeletionPolicy"] == "Retain"
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    assert update == {"ApplicationName": {"Ref": "Rollout"}, "DeploymentGroupName": {"Ref": f"{name}Rollout"}}
    group = resources()[f"{name}Rollout"]["Properties"]
    assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaLinear10PercentEvery1Minute"
    assert group["DeploymentStyle"]["DeploymentOption"] == "WITH_TRAFFIC_CONTROL"
    assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
    assert group["AutoRollbackConfiguration"]["Enabled"]
    assert group["AlarmConfiguration"]["Enabled"]
    watching = set(re.findall(r"'Ref': '(\w+Alarm)'", text(group["AlarmConfiguration"]["Alarms"])))
    assert watching >= {"FailuresAlarm", "FunctionErrorsAlarm", "SendAvailabilityFastBurnShortAlarm"}
    # CloudWatch's API reference, "DescribeAlarms": it tells of composite alarms only if asked for them.
    assert {resources()[name]["Type"] for name in watching} == {"AWS::CloudWatch::Alarm"}
    # CodeDeploy's quota page: alarms in a deployment group.
    assert len(watching) <= 10


@pytest.mark.parametrize("name", PILOTS)
def test_nobody_calls_a_pilot_but_by_its_alias(name: str) -> None:
    function = f"['{name}LambdaFunction', 'Arn']"
    callers = {
        key: text(one)
        for key, one in resources().items()
        if function in text(one["Properties"])
        and one["Type"].partition("::ApiGatewayV2::")[1] + one["Type"].partition("Lambda::Permission")[1]
    }
    assert callers
    for key, caller in callers.items():
        assert caller.count(function) == caller.count(f"{{'Fn::GetAtt': {function}}}, 'live']"), key
    routes = [route.function for route in [*template.http_routes(), *template.socket_routes()]]
    assert name in [*routes, "Authorize"]


def needed_by(start: set[str]) -> set[str]:
    needed: set[str] = set()
    pending = set(start)
    while pending:
        one = pending.pop()
        needed.add(one)
        words = set(re.findall(r"\w+", text(resources()[one])))
        pending |= (words & resources().keys()) - needed
    return needed


def test_all_others_wait_until_the_pilots_have_arrived() -> None:
    functions = {name for name, one in resources().items() if one["Type"] == "AWS::Lambda::Function"}
    roles = {name for name, one in resources().items() if one["Type"] == "AWS::IAM::Role"}
    waiting = {name for name in functions | roles if set(aliases()) <= set(resources()[name].get("DependsOn", []))}
    # Some cannot: the user pool asks them, and the pilots need the user pool.
    ahead = {"DefineChallengeLambdaFunction", "CreateChallengeLambdaFunction", "VerifyChallengeLambdaFunction"}
    assert functions - waiting == ahead | {f"{name}LambdaFunction" for name in PILOTS}
    assert not needed_by(set(aliases())) & waiting
    # What a function is still to be allowed as long as it is the old one, its role allows.
    for name in functions & waiting:
        assert resources()[name]["Properties"]["Role"]["Fn::GetAtt"][0] in waiting, name


def test_the_stage_of_a_developer_is_deployed_at_once() -> None:
    params = template.read("serverless.yml")["params"]
    assert (params["default"]["rollout"], params["local"]["rollout"]) == ("none", "none")


def test_a_function_may_start_from_a_snapshot(tmp_path: Path) -> None:
    """A pilot and another one: both are called by aliases of published versions, or the snapshot would be of no use."""
    resources = compiled.read(compiled.written(tmp_path, SNAP_START="Authorize,GetChatHistory", MEMORY="1024"))[
        "Resources"
    ]
    for name in ("Authorize", "GetChatHistory"):
        function = resources[f"{name}LambdaFunction"]["Properties"]
        assert function["SnapStart"] == {"ApplyOn": "PublishedVersions"}
        alias = resources[f"{name}SnapStartLambdaAlias"]
        assert ("UpdatePolicy" in alias) == (name in PILOTS)
    assert "'snapstart']" in text(resources["AuthorizeWebsocketsAuthorizer"])
    assert "'snapstart']" in text(resources["HttpApiIntegrationGetChatHistory"])
    functions = {
        name.removesuffix("LambdaFunction"): one["Properties"]
        for name, one in resources.items()
        if one["Type"] == "AWS::Lambda::Function"
    }
    assert sum("SnapStart" in one for one in functions.values()) == 2
    for name, function in functions.items():
        assert function["MemorySize"] == template.functions()[name].get("memorySize", 1024)
