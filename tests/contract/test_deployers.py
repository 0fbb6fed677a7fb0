"""What a deployment from GitHub may do, and what it cannot become: an administrator.

The policies of deploy/github.yml are asked by an evaluator, as nobody deploys to AWS here.
"""

from typing import Any

import pytest

from tests import compiled, template
from tests.policies import ACCOUNT, MANAGED, REGION, VALUES, allows, attached, documents, parsed, principal, resolved

BOUNDARY = VALUES["Boundary"]
RESOURCES = template.read("deploy/github.yml")["Resources"]
ROLES = f"arn:aws:iam::{ACCOUNT}:role"
OURS = f"{ROLES}/kaiwa-prod-SendMessageRole-0"
ADMINISTRATORS = [
    f"{ROLES}/kaiwa-prod-github-DeployRole-0",
    f"{ROLES}/kaiwa-prod-github-DeploymentRole-0",
    f"{ROLES}/kaiwa-prod-eu-github-DeploymentRole-0",
    f"{ROLES}/kaiwa-prod-turn-TurnRole-0",
    f"{ROLES}/kaiwa-prod-deployers-DeploymentRole-0",
    f"{ROLES}/Administrator",
]
"""Roles that an administrator made: of deployments (however their stack is named), of the TURN fleet, and any other."""

CODE_DEPLOY = "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"
SERVED = ("backup:", "dynamodb:", "tag:")
"""AWS Backup's policy is for all that it can copy; here it copies tables."""


DEPLOY = parsed(*documents(RESOURCES["DeployRole"]["Properties"]))
DEPLOYMENT = parsed(*documents(RESOURCES["DeploymentRole"]["Properties"]))
WITHIN = parsed(resolved(RESOURCES["Boundary"]["Properties"]["PolicyDocument"]))
ADMINISTRATOR = parsed(MANAGED["AdministratorAccess"])


def roles() -> dict[str, Any]:
    return compiled.of_type("AWS::IAM::Role")


@pytest.mark.parametrize("role", ADMINISTRATORS)
@pytest.mark.parametrize(
    "action",
    [
        *("AttachRolePolicy", "CreateRole", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy"),
        *("DetachRolePolicy", "PassRole", "PutRolePermissionsBoundary", "PutRolePolicy", "UpdateAssumeRolePolicy"),
    ],
)
def test_a_deployment_does_nothing_with_an_administrator_s_roles(role: str, action: str) -> None:
    keys = {
        "iam:PermissionsBoundary": BOUNDARY,
        "iam:PolicyARN": CODE_DEPLOY,
        "iam:PassedToService": "lambda.amazonaws.com",
    }
    assert not allows(DEPLOYMENT, f"iam:{action}", role, keys)


@pytest.mark.parametrize(
    "action",
    [
        *("AttachRolePolicy", "CreateRole", "DeleteRolePolicy", "DetachRolePolicy"),
        *("PutRolePermissionsBoundary", "PutRolePolicy"),
    ],
)
def test_a_deployment_changes_what_a_role_may_only_within_the_boundary(action: str) -> None:
    keys = {"iam:PolicyARN": CODE_DEPLOY}
    assert allows(DEPLOYMENT, f"iam:{action}", OURS, {**keys, "iam:PermissionsBoundary": BOUNDARY})
    assert not allows(DEPLOYMENT, f"iam:{action}", OURS, keys)
    another = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert not allows(DEPLOYMENT, f"iam:{action}", OURS, {**keys, "iam:PermissionsBoundary": another})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:DeleteRolePermissionsBoundary", OURS),
        ("iam:CreatePolicyVersion", BOUNDARY),
        ("iam:SetDefaultPolicyVersion", BOUNDARY),
        ("iam:DeletePolicy", BOUNDARY),
        ("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/eve"),
        ("iam:CreateAccessKey", f"arn:aws:iam::{ACCOUNT}:user/eve"),
        ("iam:AddRoleToInstanceProfile", f"arn:aws:iam::{ACCOUNT}:instance-profile/kaiwa-prod-0"),
        ("organizations:LeaveOrganization", "*"),
    ],
)
def test_a_deployment_takes_no_boundary_away_and_makes_nobody(action: str, resource: str) -> None:
    assert allows(ADMINISTRATOR, action, resource)
    assert not allows(DEPLOYMENT, action, resource, {"iam:PermissionsBoundary": BOUNDARY})


@pytest.mark.parametrize("policy", ["AdministratorAccess", "PowerUserAccess", "IAMFullAccess"])
def test_a_deployment_attaches_no_other_policy_than_the_template_s(policy: str) -> None:
    keys = {"iam:PermissionsBoundary": BOUNDARY, "iam:PolicyARN": f"arn:aws:iam::aws:policy/{policy}"}
    assert not allows(DEPLOYMENT, "iam:AttachRolePolicy", OURS, keys)


def test_roles_are_passed_to_the_services_that_take_them_and_to_no_other() -> None:
    (passing,) = (
        one
        for policy in RESOURCES["DeploymentRole"]["Properties"]["Policies"]
        for one in policy["PolicyDocument"]["Statement"]
        if one["Action"] == "iam:PassRole"
    )
    services = passing["Condition"]["StringEquals"]["iam:PassedToService"]
    assert services == sorted({principal(role) for role in roles().values()})


def test_whoever_deploys_has_cloudformation_do_it_and_only_with_this_stack() -> None:
    (stack, other) = (f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/0" for name in ("kaiwa-prod", "other"))
    assert allows(DEPLOY, "cloudformation:ExecuteChangeSet", stack)
    assert not allows(DEPLOY, "cloudformation:ExecuteChangeSet", other)
    service = {"iam:PassedToService": "lambda.amazonaws.com"}
    assert not [role for role in ADMINISTRATORS if allows(DEPLOY, "iam:PassRole", role, service)]
    assert not allows(DEPLOY, "iam:CreateRole", OURS, {"iam:PermissionsBoundary": BOUNDARY})


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("cloudformation:DescribeStacks", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/kaiwa-prod/0"),
        ("s3:ListBucket", "arn:aws:s3:::kaiwa-prod-webbucket-0"),
        ("s3:PutObject", "arn:aws:s3:::kaiwa-prod-webbucket-0/index.html"),
        ("s3:DeleteObject", "arn:aws:s3:::kaiwa-prod-webbucket-0/old.js"),
    ],
)
def test_whoever_deploys_uploads_the_page_of_this_stage(action: str, resource: str) -> None:
    """All that deploy/web.py asks of AWS."""
    assert allows(DEPLOY, action, resource)
    assert not allows(DEPLOY, action, resource.replace("kaiwa-prod", "kaiwa-dev"))


def test_the_preflight_sees_certificates_for_cloudfront_too() -> None:
    for region in (REGION, "us-east-1"):
        assert allows(DEPLOY, "acm:DescribeCertificate", f"arn:aws:acm:{region}:{ACCOUNT}:certificate/0")


def test_a_deployment_makes_every_role_of_the_template() -> None:
    for name, role in roles().items():
        arn = f"{ROLES}/kaiwa-prod-{name}-0"
        bounded = {"iam:PermissionsBoundary": role["PermissionsBoundary"]}
        for action in ("CreateRole", "PutRolePolicy", "PutRolePermissionsBoundary", "DetachRolePolicy"):
            assert allows(DEPLOYMENT, f"iam:{action}", arn, bounded), name
        for policy in attached(role):
            assert allows(DEPLOYMENT, "iam:AttachRolePolicy", arn, {**bounded, "iam:PolicyARN": policy}), name
        assert allows(DEPLOYMENT, "iam:PassRole", arn, {"iam:PassedToService": principal(role)}), name
        assert allows(DEPLOYMENT, "iam:UpdateAssumeRolePolicy", arn), name


def test_the_boundary_is_in_no_role_s_way() -> None:
    for name, role in roles().items():
        for statement in (one for policy in documents(role) for one in policy["Statement"]):
            for action, resource in asked_for(statement):
                if principal(role) != "backup.amazonaws.com" or action.startswith(SERVED):
                    assert allows(WITHIN, action, resource), (name, action, resource)


def asked_for(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """Return each action of a statement with a resource of the stage that it is for."""
    listed = [[one] if isinstance(one, str) else one for one in (statement["Action"], statement["Resource"])]
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:kaiwa-prod-SendMessage"
    # There are no hooks of CodeDeploy's, whose functions it might invoke.
    return [
        (action, function if action.startswith("lambda:") and resource == "*" else resource)
        for action in listed[0]
        for resource in listed[1]
        if "CodeDeployHook" not in resource
    ]


@pytest.mark.parametrize("service", ["dynamodb", "ssm"])
def test_the_boundary_lets_services_use_aws_s_own_keys_and_no_role_use_any_by_itself(service: str) -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0"
    assert allows(WITHIN, "kms:Decrypt", key, {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"})
    assert not allows(WITHIN, "kms:Decrypt", key)
    assert allows(WITHIN, "kms:CreateGrant", key, {"kms:GrantIsForAWSResource": "true"})
    assert not allows(WITHIN, "kms:CreateGrant", key)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("iam:PassRole", OURS),
        ("iam:PutRolePolicy", OURS),
        ("iam:CreateRole", f"{ROLES}/x"),
        ("iam:CreateServiceLinkedRole", f"{ROLES}/aws-service-role/ecs.amazonaws.com/x"),
        ("sts:AssumeRole", f"{ROLES}/Administrator"),
        ("cloudformation:UpdateStack", f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/kaiwa-prod-github/0"),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:kaiwa-prod-SendMessage"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:another"),
        ("ssm:SendCommand", f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-0"),
        ("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/another"),
        ("secretsmanager:GetSecretValue", "*"),
        ("ec2:RunInstances", "*"),
    ],
)
def test_a_role_within_the_boundary_cannot_become_another(action: str, resource: str) -> None:
    assert allows(ADMINISTRATOR, action, resource)
    assert not allows(WITHIN, action, resource)
