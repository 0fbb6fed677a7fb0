"""The roles that AWS's own services take, and those of deployments: whom they trust, and all that they hold.

No call of ours could show here that something is missing, as the services make the calls; so what they hold is written
down a second time, after the guides that say what they need.
"""

from typing import Any

import pytest

from tests import compiled, template
from tests.policies import ACCOUNT, REGION, attached, listed, principal, resolved

HERE = f"{REGION}:{ACCOUNT}"
RULE = f"arn:aws:events:{HERE}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*"
MANAGED = {"events:ManagedBy": "malware-protection-plan.guardduty.amazonaws.com"}
SECRET = f"arn:aws:ssm:{HERE}:parameter/kaiwa/prod/turn-secret"

Held = tuple[str, str, str, dict[str, str]]
"""An effect, an action, a resource (with "not" before it where all others are meant), and the keys of a condition."""

TRUSTED = {
    "BackupRole": "backup.amazonaws.com",
    "GatewayLogsRole": "apigateway.amazonaws.com",
    "MaintenanceRole": "ssm.amazonaws.com",
    "MalwareScanRole": "malware-protection-plan.guardduty.amazonaws.com",
    "RolloutRole": "codedeploy.amazonaws.com",
    "TurnRole": "ec2.amazonaws.com",
    "TurnMaintenanceRole": "ssm.amazonaws.com",
    "DeploymentRole": "cloudformation.amazonaws.com",
}

ATTACHED = {
    "BackupRole": ["service-role/AWSBackupServiceRolePolicyForBackup"],
    "GatewayLogsRole": ["service-role/AmazonAPIGatewayPushToCloudWatchLogs"],
    "RolloutRole": ["service-role/AWSCodeDeployRoleForLambdaLimited"],
    "TurnRole": ["AmazonSSMManagedInstanceCore"],
    "DeploymentRole": ["PowerUserAccess"],
}

HELD: dict[str, list[Held]] = {
    "BackupRole": [],
    "GatewayLogsRole": [],
    "RolloutRole": [],
    "MaintenanceRole": [
        ("Allow", "lambda:InvokeFunction", f"arn:aws:lambda:{HERE}:function:kaiwa-prod-AuditStack", {}),
    ],
    # GuardDuty's user guide, "Create or update IAM role policy", without what tags and KMS need.
    "MalwareScanRole": [
        ("Allow", "events:PutRule", RULE, MANAGED),
        ("Allow", "events:DeleteRule", RULE, MANAGED),
        ("Allow", "events:PutTargets", RULE, MANAGED),
        ("Allow", "events:RemoveTargets", RULE, MANAGED),
        ("Allow", "events:DescribeRule", RULE, {}),
        ("Allow", "events:ListTargetsByRule", RULE, {}),
        ("Allow", "s3:GetBucketNotification", "FilesBucket.Arn", {}),
        ("Allow", "s3:PutBucketNotification", "FilesBucket.Arn", {}),
        ("Allow", "s3:ListBucket", "FilesBucket.Arn", {}),
        ("Allow", "s3:PutObject", "FilesBucket.Arn/malware-protection-resource-validation-object", {}),
        ("Allow", "s3:GetObject", "FilesBucket.Arn/files/*", {}),
        ("Allow", "s3:GetObjectVersion", "FilesBucket.Arn/files/*", {}),
    ],
    "TurnRole": [
        ("Allow", "ssm:GetParameter", SECRET, {}),
        ("Deny", "ssm:GetParameter", f"not {SECRET}", {}),
        ("Deny", "ssm:GetParameters", f"not {SECRET}", {}),
    ],
    # Systems Manager's user guide, "Setting up Maintenance Windows": to send a command, and to follow it.
    "TurnMaintenanceRole": [
        ("Allow", "ssm:SendCommand", f"arn:aws:ssm:{REGION}::document/AWS-RunPatchBaseline", {}),
        (
            *("Allow", "ssm:SendCommand", f"arn:aws:ec2:{HERE}:instance/*"),
            {"aws:ResourceTag/PatchGroup": "kaiwa-prod-turn"},
        ),
        ("Allow", "ssm:CancelCommand", "*", {}),
        ("Allow", "ssm:GetCommandInvocation", "*", {}),
        ("Allow", "ssm:ListCommandInvocations", "*", {}),
        ("Allow", "ssm:ListCommands", "*", {}),
    ],
}
"""What DeploymentRole holds is in test_deployers.py."""

ASKED = {
    # What osls does with the stack, with its bucket, and to see whether anything has changed.
    *("cloudformation:CreateChangeSet", "cloudformation:CreateStack", "cloudformation:DeleteChangeSet"),
    *("cloudformation:DescribeChangeSet", "cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResource"),
    *("cloudformation:DescribeStackResources", "cloudformation:DescribeStacks", "cloudformation:ExecuteChangeSet"),
    *("cloudformation:GetTemplate", "cloudformation:ListStackResources", "cloudformation:UpdateStack"),
    *("cloudformation:ValidateTemplate", "iam:PassRole", "lambda:GetFunction"),
    *("s3:DeleteObject", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
    # What deploy/preflight.py looks at.
    *("acm:DescribeCertificate", "apigateway:GET", "dynamodb:ListTables", "iam:GetAccountSummary"),
    *("lambda:GetAccountSettings", "ses:GetAccount", "ses:GetEmailIdentity"),
}


def stacks() -> dict[str, Any]:
    """Return the roles of all stacks that no function has, under their logical ids."""
    beside = [template.read(f"deploy/{name}.yml")["Resources"] for name in ("firewall", "github", "turn")]
    roles = {
        name: one["Properties"]
        for resources in (compiled.template()["Resources"], *beside)
        for name, one in resources.items()
        if one["Type"] == "AWS::IAM::Role"
    }
    functions = {one["Role"]["Fn::GetAtt"][0] for one in compiled.of_type("AWS::Lambda::Function").values()}
    return {name: role for name, role in roles.items() if name not in functions}


def held(role: dict[str, Any]) -> list[Held]:
    """Return what a role holds, action by action."""
    found = []
    for statement in (one for policy in role.get("Policies", []) for one in policy["PolicyDocument"]["Statement"]):
        where = resolved(statement)
        resources = [f"not {one}" for one in listed(where.get("NotResource", []))] + listed(where.get("Resource", []))
        keys = {key: value for operator in where.get("Condition", {}).values() for key, value in operator.items()}
        found += [(where["Effect"], action, on, keys) for action in listed(where["Action"]) for on in resources]
    return found


def test_every_role_is_a_function_s_or_known_here() -> None:
    assert stacks().keys() == TRUSTED.keys() | {"DeployRole"}


@pytest.mark.parametrize("name", TRUSTED)
def test_a_role_is_taken_by_its_service_alone_and_has_what_aws_made_for_it(name: str) -> None:
    role = stacks()[name]
    assert principal(role) == TRUSTED[name]
    policies = [f"arn:aws:iam::aws:policy/{policy}" for policy in ATTACHED.get(name, [])]
    assert attached(role) == policies


@pytest.mark.parametrize("name", ["MaintenanceRole", "TurnMaintenanceRole"])
def test_systems_manager_takes_a_role_for_this_account_alone(name: str) -> None:
    (statement,) = stacks()[name]["AssumeRolePolicyDocument"]["Statement"]
    assert resolved(statement["Condition"]) == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


@pytest.mark.parametrize("name", HELD)
def test_a_role_holds_what_its_service_needs_and_nothing_else(name: str) -> None:
    def by_text(one: Held) -> str:
        return str(one)

    assert sorted(held(stacks()[name]), key=by_text) == sorted(HELD[name], key=by_text)


def test_whoever_deploys_holds_what_osls_the_preflight_and_the_page_need_and_nothing_else() -> None:
    assert attached(stacks()["DeployRole"]) == []
    assert {action for _, action, _, _ in held(stacks()["DeployRole"])} == ASKED
    anywhere = {action for _, action, resource, _ in held(stacks()["DeployRole"]) if resource == "*"}
    assert anywhere == {
        *("cloudformation:ValidateTemplate", "dynamodb:ListTables", "iam:GetAccountSummary"),
        *("lambda:GetAccountSettings", "ses:GetAccount"),
    }
