"""Cognito: who people are, and the tokens that prove it.

Accounts are made and people log in with this backend's credentials alone: nobody can do either at Cognito directly. Its
one flow that anybody may begin there, the custom one, is kept shut by its triggers (domain/challenges). What is left to
whoever holds an access token is in docs/decisions/0081-what-a-token-may-do-at-cognito.md.
"""

import base64
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from core.settings import settings

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient
    from types_boto3_cognito_idp.literals import AuthFlowTypeType
    from types_boto3_cognito_idp.type_defs import AuthenticationResultTypeTypeDef


class IdentityError(Exception):
    """Cognito refused, for a reason that a person can mend."""


class MailTaken(IdentityError):
    """Another account has this mail address."""


class InvalidMail(IdentityError):
    """This is not a mail address that Cognito takes."""


class WeakPassword(IdentityError):
    """The password does not meet the pool's policy."""


class WrongCredentials(IdentityError):
    """The mail address, the password or the token is wrong, and it is not said which."""


class Unfinished(IdentityError):
    """The password is right, but the registration was cut off before the account could be used."""


class Begun(msgspec.Struct, frozen=True):
    """A custom log-in that waits for its answer.

    Attributes:
        session: Cognito's session. It is good for one answer.
        name: What Cognito calls the user in it.
    """

    session: str
    name: str


class Account(msgspec.Struct, frozen=True):
    """Somebody whom Cognito knows.

    Attributes:
        user_id: The user's id.
        email: Their mail address.
        username: The name that they registered with.
    """

    user_id: str
    email: str
    username: str


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

    @property
    def email(self) -> str:
        """The user's mail address."""
        return str(_claims(self.id)["email"])

    @property
    def issued_at(self) -> int:
        """When ``access`` was issued, in seconds since 1970."""
        return int(_claims(self.access)["iat"])


def _claims(token: str) -> dict[str, Any]:
    """Read a token that Cognito itself has just given us, and that therefore needs no check."""
    payload = token.split(".")[1]
    return msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)), type=dict[str, Any])


@cache
def _client() -> "CognitoIdentityProviderClient":
    # Most functions that know of accounts never ask Cognito, and boto3 would be most of their cold start.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    timeouts = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
    client: CognitoIdentityProviderClient = boto3.client("cognito-idp", region_name=settings().region, config=timeouts)
    return client


def sign_up(email: str, password: str, username: str) -> str:
    """Make an account. It can be used once its password has been set for good (``set_password``).

    Returns:
        The new user's id.

    Raises:
        MailTaken: There is an account with this mail address.
        InvalidMail: Cognito takes no such mail address.
        WeakPassword: The password does not meet the policy.
    """
    cognito = _client()
    try:
        answer = cognito.admin_create_user(
            UserPoolId=settings().user_pool_id,
            Username=email,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "preferred_username", "Value": username},
            ],
        )
    except cognito.exceptions.UsernameExistsException as error:
        raise MailTaken from error
    except cognito.exceptions.InvalidPasswordException as error:
        raise WeakPassword from error
    except cognito.exceptions.InvalidParameterException as error:
        raise InvalidMail from error
    return next(one["Value"] for one in answer["User"]["Attributes"] if one["Name"] == "sub")


def verify_mail(name: str) -> None:
    """Note that a mail address is its account's."""
    _client().admin_update_user_attributes(
        UserPoolId=settings().user_pool_id,
        Username=name,
        UserAttributes=[{"Name": "email_verified", "Value": "true"}],
    )


def rename(user_id: str, username: str) -> None:
    """Keep another name beside an account."""
    _client().admin_update_user_attributes(
        UserPoolId=settings().user_pool_id,
        Username=user_id,
        UserAttributes=[{"Name": "preferred_username", "Value": username}],
    )


def find(name: str) -> Account | None:
    """Return the account of a mail address or of a user's id, or None.

    Cognito refuses what cannot be a name, such as a mail address with an invisible character. It is nobody's.
    """
    cognito = _client()
    try:
        user = cognito.admin_get_user(UserPoolId=settings().user_pool_id, Username=name)
    except (cognito.exceptions.UserNotFoundException, cognito.exceptions.InvalidParameterException):
        return None
    told = {one["Name"]: one.get("Value", "") for one in user["UserAttributes"]}
    return Account(told["sub"], told["email"], told["preferred_username"])


def set_password(name: str, password: str) -> None:
    """Give an account a password for good.

    Raises:
        WeakPassword: The password does not meet the policy.
    """
    cognito = _client()
    try:
        cognito.admin_set_user_password(
            UserPoolId=settings().user_pool_id, Username=name, Password=password, Permanent=True
        )
    except cognito.exceptions.InvalidPasswordException as error:
        raise WeakPassword from error


def sign_out(user_id: str) -> None:
    """Revoke every refresh token of a user, if there is such a user."""
    cognito = _client()
    with suppress(cognito.exceptions.UserNotFoundException):
        cognito.admin_user_global_sign_out(UserPoolId=settings().user_pool_id, Username=user_id)


def delete(user_id: str) -> None:
    """Delete an account, if there is such an account."""
    cognito = _client()
    with suppress(cognito.exceptions.UserNotFoundException):
        cognito.admin_delete_user(UserPoolId=settings().user_pool_id, Username=user_id)


def log_in(email: str, password: str) -> Tokens:
    """Prove who somebody is by their password.

    Raises:
        WrongCredentials: No such account, or not its password.
        Unfinished: The registration was cut off.
    """
    return _authenticate("ADMIN_USER_PASSWORD_AUTH", USERNAME=email, PASSWORD=password)


def refresh(token: str) -> Tokens:
    """Buy new tokens with a refresh token.

    Raises:
        WrongCredentials: The token is not one of ours, has expired or was revoked.
    """
    return _authenticate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=token)


def mail_of(user_id: str) -> str | None:
    """Return a user's mail address, or None where there is no such user."""
    account = find(user_id)
    return account.email if account else None


def begin_challenge(email: str, told: dict[str, str]) -> Begun | None:
    """Begin a custom log-in.

    Cognito tells its triggers nothing that comes with the beginning. So the first round is a choice, which is answered
    here at once, and what the triggers are to know goes with that answer.

    Args:
        email: Who logs in.
        told: What the triggers get to know.

    Returns:
        None where there is no such account, or the triggers do not let it pass. With the client's
        ``PreventUserExistenceErrors``, Cognito calls them for accounts that do not exist too.
    """
    cognito = _client()
    try:
        choice = cognito.admin_initiate_auth(
            UserPoolId=settings().user_pool_id,
            ClientId=settings().user_pool_client_id,
            AuthFlow="CUSTOM_AUTH",
            AuthParameters={"USERNAME": email},
        )
        name = choice["ChallengeParameters"].get("USERNAME", email)
        challenge = cognito.admin_respond_to_auth_challenge(
            UserPoolId=settings().user_pool_id,
            ClientId=settings().user_pool_client_id,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=choice["Session"],
            ChallengeResponses={"USERNAME": name, "ANSWER": "choice"},
            ClientMetadata=told,
        )
    except (
        cognito.exceptions.NotAuthorizedException,
        cognito.exceptions.UserNotFoundException,
        cognito.exceptions.InvalidParameterException,
    ):
        return None
    return Begun(challenge["Session"], name)


def answer_challenge(begun: Begun, answer: str) -> Tokens:
    """Finish a custom log-in.

    Raises:
        WrongCredentials: The answer is wrong, or it is too late.
    """
    cognito = _client()
    try:
        result = cognito.admin_respond_to_auth_challenge(
            UserPoolId=settings().user_pool_id,
            ClientId=settings().user_pool_client_id,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=begun.session,
            ChallengeResponses={"USERNAME": begun.name, "ANSWER": answer},
        )
    except (
        cognito.exceptions.NotAuthorizedException,
        cognito.exceptions.UserNotFoundException,
        cognito.exceptions.CodeMismatchException,
        cognito.exceptions.InvalidParameterException,
    ) as error:
        raise WrongCredentials from error
    return _tokens(result["AuthenticationResult"])


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
    if answer.get("ChallengeName") == "NEW_PASSWORD_REQUIRED":
        raise Unfinished
    return _tokens(answer["AuthenticationResult"])


def _tokens(result: "AuthenticationResultTypeTypeDef") -> Tokens:
    return Tokens(result["AccessToken"], result["IdToken"], result.get("RefreshToken"), result["ExpiresIn"])
