"""Policies of IAM as AWS would see them, and an evaluator: the local AWS's, which knows conditions and boundaries."""

import json
import re
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests import compiled

ACCOUNT = "123456789012"
REGION = "eu-central-1"
VALUES = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::StackName": "kaiwa-prod-deployers",
    "Stage": compiled.STAGE,
    "Boundary": compiled.EVERYTHING["PERMISSIONS_BOUNDARY"],
}

MANAGED: dict[str, dict[str, Any]] = {
    name: policy["Document"] for name, policy in json.loads(aws_managed_policies_data).items()
}
"""AWS's own policies, as moto keeps them."""


def resolved(value: Any) -> Any:
    """Return a part of a template as CloudFormation would, with names for what it alone knows."""
    match value:
        case bool():
            found: Any = str(value).lower()
        case {"Ref": name}:
            found = VALUES.get(name, name)
        case {"Fn::Sub": text}:
            found = re.sub(r"\$\{([\w:.]+)\}", lambda part: VALUES.get(part[1], part[1]), text)
        case {"Fn::GetAtt": [name, attribute]}:
            function = compiled.of_type("AWS::Lambda::Function").get(name, {}).get("FunctionName")
            arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
            found = arn if function and attribute == "Arn" else f"{name}.{attribute}"
        case dict():
            found = {key: resolved(one) for key, one in value.items()}
        case list():
            found = [resolved(one) for one in value]
        case _:
            found = value
    return found


def documents(role: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the documents of a role's own policies, and of AWS's."""
    own = [resolved(one["PolicyDocument"]) for one in role.get("Policies", [])]
    return [*own, *(MANAGED[arn.rpartition("/")[2]] for arn in attached(role))]


def attached(role: dict[str, Any]) -> list[str]:
    found: list[str] = resolved(role.get("ManagedPolicyArns", []))
    return found


def parsed(*policies: dict[str, Any]) -> list[Any]:
    return [parse_policy_document(policy) for policy in policies]


def allows(policies: list[Any], action: str, resource: str, keys: dict[str, str] | None = None) -> bool:
    """Say whether policies allow an action on a resource, when condition keys have these values."""
    asked = EvalContext(
        principal_arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/somebody/session",
        principal_type="AssumedRole",
        principal_account=ACCOUNT,
        action=action,
        resource_arn=resource,
        region=REGION,
        service_context={key.lower(): value for key, value in (keys or {}).items()},
    )
    return bool(evaluate(asked, policies).decision == "Allow")


def principal(role: dict[str, Any]) -> str:
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    return str(statement["Principal"]["Service"])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
