"""What Cognito does and its double in memory does not."""

from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import ClientError


def mended(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return botocore's way to make a call, with Cognito's refusals that moto leaves out.

    AdminInitiateAuth refuses a user who is not confirmed (after the password was right) and a refresh token that is
    none of the pool's (Cognito's API reference, "AdminInitiateAuth", "Errors").
    """

    def make(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation != "AdminInitiateAuth":
            return original(client, operation, parameters)
        try:
            answer = original(client, operation, parameters)
        except KeyError:
            raise _refusal(client, "NotAuthorizedException") from None
        if email := parameters["AuthParameters"].get("USERNAME"):
            asked = {"UserPoolId": parameters["UserPoolId"], "Username": email}
            if original(client, "AdminGetUser", asked)["UserStatus"] == "UNCONFIRMED":
                raise _refusal(client, "UserNotConfirmedException")
        return answer

    return make


def _refusal(client: BaseClient, code: str) -> ClientError:
    error = {"Error": {"Code": code, "Message": "the inside"}}
    return client.exceptions.from_code(code)(error, "AdminInitiateAuth")
