"""adapters.identity where Cognito in memory cannot be made to answer as the true one does."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters import identity
from tests.calls import refusal

Change = Callable[[Exception | dict[str, Any]], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def cognito(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Have Cognito answer with this, or fail with it; return the calls it gets."""
    client = identity._client()

    def answer(wanted: Exception | dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        made: list[tuple[str, dict[str, Any]]] = []

        def make(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
            made.append((operation, parameters))
            if isinstance(wanted, ClientError):
                raise client.exceptions.from_code(wanted.response["Error"]["Code"])(wanted.response, operation)
            return wanted

        monkeypatch.setattr(client, "_make_api_call", make)
        return made

    return answer


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("NotAuthorizedException", identity.WrongCredentials),
        ("UserNotFoundException", identity.WrongCredentials),
        ("InvalidParameterException", identity.WrongCredentials),
    ],
)
def test_cognitos_refusals_to_log_in_become_plain_ones(code: str, meaning: type, cognito: Change) -> None:
    cognito(refusal(code))
    with pytest.raises(meaning):
        identity.log_in("ann@example.com", "a password")


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("UsernameExistsException", identity.MailTaken),
        ("InvalidPasswordException", identity.WeakPassword),
        ("InvalidParameterException", identity.InvalidMail),
    ],
)
def test_cognitos_refusals_to_sign_up_become_plain_ones(code: str, meaning: type, cognito: Change) -> None:
    cognito(refusal(code))
    with pytest.raises(meaning):
        identity.sign_up("ann@example.com", "a password", "ann")


def test_what_nobody_can_mend_is_left_as_it_is(cognito: Change) -> None:
    cognito(refusal("TooManyRequestsException"))
    with pytest.raises(ClientError):
        identity.log_in("ann@example.com", "a password")


def test_a_refresh_may_leave_the_refresh_token_as_it_is(cognito: Change) -> None:
    cognito({"AuthenticationResult": {"AccessToken": "a", "IdToken": "i", "ExpiresIn": 3600}})
    assert identity.refresh("r") == identity.Tokens("a", "i", None, 3600)


def test_a_password_is_asked_of_this_backends_own_flow(cognito: Change) -> None:
    made = cognito({"AuthenticationResult": {"AccessToken": "a", "IdToken": "i", "RefreshToken": "r", "ExpiresIn": 1}})
    identity.log_in("ann@example.com", "a password")
    ((operation, parameters),) = made
    assert (operation, parameters["AuthFlow"]) == ("AdminInitiateAuth", "ADMIN_USER_PASSWORD_AUTH")
