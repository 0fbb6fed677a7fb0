"""resources/user_pool.yml against what the code takes for granted."""

from pathlib import Path
from typing import Any

import pytest

from adapters import identity
from domain import challenges, codes, passwords
from tests import template


def pool() -> dict[str, Any]:
    (properties,) = template.resources("AWS::Cognito::UserPool").values()
    return properties


def client() -> dict[str, Any]:
    (properties,) = template.resources("AWS::Cognito::UserPoolClient").values()
    return properties


def test_the_password_policy_is_the_one_that_people_are_told() -> None:
    policy = pool()["Policies"]["PasswordPolicy"]
    assert policy.pop("MinimumLength") == passwords.LEAST_CHARACTERS
    assert {name for name, wanted in policy.items() if wanted} == {
        "RequireLowercase",
        "RequireUppercase",
        "RequireNumbers",
    }


@pytest.mark.parametrize("password", ["Aa345678", "long-Enough-1"])
def test_a_strong_password_is_taken(password: str) -> None:
    passwords.require_strong(password)


def test_nobody_signs_up_at_cognito_itself_nor_is_mailed_by_it() -> None:
    assert pool()["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert "AutoVerifiedAttributes" not in pool()
    assert pool()["AccountRecoverySetting"]["RecoveryMechanisms"] == [{"Name": "admin_only", "Priority": 1}]
    flows = {"ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert set(client()["ExplicitAuthFlows"]) == flows
    assert client()["PreventUserExistenceErrors"] == "ENABLED"


def test_a_token_changes_nothing_at_cognito_itself_that_is_read_here() -> None:
    """An empty list of what may be written means everything, and required attributes can always be written."""
    assert client()["WriteAttributes"] == ["locale"]
    assert "locale" not in Path(identity.__file__).read_text()
    assert not any(one.get("Required") for one in pool().get("Schema", []))
    # No second factor, remembered device nor passkey that a token could put in its owner's way.
    assert pool().get("MfaConfiguration", "OFF") == "OFF"
    assert pool().keys().isdisjoint({"DeviceConfiguration", "WebAuthnRelyingPartyID"})


def test_sessions_last_as_long_as_the_contract_says() -> None:
    units = {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "days"}
    assert client()["TokenValidityUnits"] == units
    assert (client()["AccessTokenValidity"], client()["RefreshTokenValidity"]) == (60, 30)
    assert client()["AuthSessionValidity"] * 60 == codes.LIFE_SECONDS


def test_a_pool_in_use_cannot_be_deleted_by_mistake() -> None:
    assert pool()["DeletionProtection"] == {"Fn::If": ["IsForTrying", "INACTIVE", "ACTIVE"]}


def test_cognito_may_ask_the_three_functions_that_it_is_told_to() -> None:
    asked = {one["Fn::GetAtt"][0].removesuffix("LambdaFunction") for one in pool()["LambdaConfig"].values()}
    assert asked == {"DefineChallenge", "CreateChallenge", "VerifyChallenge"}
    permitted = template.resources("AWS::Lambda::Permission").values()
    assert {one["FunctionName"]["Fn::GetAtt"][0].removesuffix("LambdaFunction") for one in permitted} == asked
    assert {one["Principal"] for one in permitted} == {"cognito-idp.amazonaws.com"}


def test_every_file_of_a_challenge_is_a_method() -> None:
    files = {file.stem for file in (Path(challenges.__file__).parent).glob("*.py")} - {"__init__"}
    assert challenges.METHODS.keys() == {"emailCode", "emailLink"}
    assert len(files) == len(challenges.METHODS)
    assert all(callable(one.create) and callable(one.verify) for one in challenges.METHODS.values())
