"""Cognito: who people are, and the tokens that prove it.

The pool's client allows its password flow to this backend's credentials alone (``ADMIN_USER_PASSWORD_AUTH``), so nobody
can try passwords at Cognito directly.
"""

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import msgspec
from botocore.config import Config

from core.settings import settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.literals import AuthFlowTypeType
    from types_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef

TIMEOUTS = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})


class IdentityError(Exception):
    """Cognito refused, for a reason that a person can mend."""


class MailTaken(IdentityError):
    """Another account has this mail address."""


class InvalidMail(IdentityError):
    """This is not a mail address that Cognito takes."""


class WeakPassword(IdentityError):
    """The password does not meet the pool's policy. The text says what is missing."""


class WrongCredentials(IdentityError):
    """The mail address, the password or the token is wrong, and it is not said which."""


class Unconfirmed(IdentityError):
    """The password is right, but the mail address has not been confirmed."""


class Tokens(msgspec.Struct, frozen=True):
    """What Cognito gives to somebody who proved who they are.

    Attributes:
        access: The token for APIs.
        id: The token that tells about its user.
        refresh: The token that buys new ones; None where the one that was used goes on.
        lifetime: Seconds until ``access`` expires.
    """

    access: str
    id: str
    refresh: str | None
    lifetime: int

    @property
    def user_id(self) -> str:
        """The user's id."""
        return str(_claims(self.access)["sub"])

    @property
    def username(self) -> str:
        """The name that the user registered with."""
        return str(_claims(self.id)["preferred_username"])


def _claims(token: str) -> dict[str, Any]:
    """Read a token that Cognito itself has just given us, and that therefore needs no check."""
    payload = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])


@cache
def _client() -> "CognitoIdentityProviderClient":
    client: CognitoIdentityProviderClient = boto3.client("cognito-idp", region_name=settings().region, config=TIMEOUTS)
    return client


def sign_up(email: str, password: str, username: str) -> str:
    """Make an account.

    Returns:
        The new user's id.

    Raises:
        MailTaken: There is an account with this mail address.
        InvalidMail: Cognito takes no such mail address.
        WeakPassword: The password does not meet the policy.
    """
    cognito = _client()
    try:
        answer = cognito.sign_up(
            ClientId=settings().user_pool_client_id,
            Username=email,
            Password=password,
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "preferred_username", "Value": username},
            ],
        )
    except cognito.exceptions.UsernameExistsException as error:
        raise MailTaken from error
    except cognito.exceptions.InvalidPasswordException as error:
        raise WeakPassword(error.response["Error"]["Message"]) from error
    except cognito.exceptions.InvalidParameterException as error:
        raise InvalidMail from error
    return answer["UserSub"]


def confirm(email: str) -> None:
    """Take a mail address as confirmed without a code."""
    pool = settings().user_pool_id
    _client().admin_confirm_sign_up(UserPoolId=pool, Username=email)
    _client().admin_update_user_attributes(
        UserPoolId=pool, Username=email, UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )


def log_in(email: str, password: str) -> Tokens:
    """Prove who somebody is by their password.

    Raises:
        WrongCredentials: No such account, or not its password.
        Unconfirmed: The mail address has not been confirmed.
    """
    return _authenticate("ADMIN_USER_PASSWORD_AUTH", USERNAME=email, PASSWORD=password)


def refresh(token: str) -> Tokens:
    """Buy new tokens with a refresh token.

    Raises:
        WrongCredentials: The token is not one of ours, has expired or was revoked.
    """
    return _authenticate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


def mail_of(user_id: str) -> str:
    """Return a user's mail address."""
    user = _client().admin_get_user(UserPoolId=settings().user_pool_id, Username=user_id)
    return next(one["Value"] for one in user["UserAttributes"] if one["Name"] == "email")


def _authenticate(flow: "AuthFlowTypeType", **parameters: str) -> Tokens:
    cognito = _client()
    try:
        answer = cognito.admin_initiate_auth(
            UserPoolId=settings().user_pool_id,
            ClientId=settings().user_pool_client_id,
            AuthFlow=flow,
            AuthParameters=parameters,
        )
    except (
        cognito.exceptions.NotAuthorizedException,
        cognito.exceptions.UserNotFoundException,
        cognito.exceptions.InvalidParameterException,
    ) as error:
        raise WrongCredentials from error
    except cognito.exceptions.UserNotConfirmedException as error:
        raise Unconfirmed from error
    return _tokens(answer["AuthenticationResult"])


def _tokens(result: "AuthenticationResultTypeTypeDef") -> Tokens:
    return Tokens(result["AccessToken"], result["IdToken"], result.get("RefreshToken"), result["ExpiresIn"])
