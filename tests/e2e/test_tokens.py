"""Who may use the API: nobody but the bearer of an access token, signed by this stack's pool for its own client."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from local.stack import Stack
from tests.e2e.people import Person

PUBLIC = {
    "POST /users",
    "POST /users/confirmation",
    "POST /users/confirmation/resend",
    "POST /sessions",
    "POST /sessions/refresh",
    "POST /passwords/forgot",
    "POST /passwords/reset",
}

Claims = dict[str, Any]


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Forge:
    """Makes tokens of a real one."""

    def __init__(self, stack: Stack, ann: Person, eve: Person) -> None:
        self.stack = stack
        self.ann = ann
        self.eve = eve
        self.token: str = ann.session["accessToken"]
        self._header, self._payload, self._signature = self.token.split(".")

    def tampered(self) -> str:
        """Eve's own token, with ann's name in it."""
        header, payload, signature = self.eve.session["accessToken"].split(".")
        claims = {**decoded(payload), "sub": self.ann.user_id, "username": self.ann.user_id}
        return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"

    def unsigned(self) -> str:
        header = {**decoded(self._header), "alg": "none"}
        return f"{encoded(json.dumps(header).encode())}.{self._payload}."

    def of_another_key(self) -> str:
        """Signed with the pool's key for id tokens, which is a key of the pool, but named as the other one."""
        return self.signed({}, use="id")

    def expired(self) -> str:
        return self.signed({"exp": int(time.time()) - 10})

    def of_another_pool(self) -> str:
        cognito = self.stack.client("cognito-idp")
        pool = cognito.create_user_pool(PoolName="another")["UserPool"]["Id"]
        try:
            return self._log_in(pool, create_user=True)
        finally:
            cognito.delete_user_pool(UserPoolId=pool)

    def of_another_client(self) -> str:
        return self._log_in(self.stack.endpoints.user_pool_id, create_user=False)

    def id_token(self) -> str:
        return self.ann.session["idToken"]

    def refresh_token(self) -> str:
        return self.ann.session["refreshToken"]

    def signed(self, changes: Claims, use: str = "access") -> str:
        """Ann's token with other claims, signed with the pool's own key."""
        payload = encoded(json.dumps({**decoded(self._payload), **changes}).encode())
        text = f"{self._header}.{payload}"
        pool_id = self.stack.endpoints.user_pool_id
        [pem] = self.stack.directory.rglob(f"{pool_id}-{use}.pem")
        key = load_pem_private_key(pem.read_bytes(), password=None)
        assert isinstance(key, RSAPrivateKey)
        return f"{text}.{encoded(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def _log_in(self, pool_id: str, *, create_user: bool) -> str:
        """Log in as ann at a client that is not ours."""
        cognito = self.stack.client("cognito-idp")
        flow = "ADMIN_USER_PASSWORD_AUTH"
        client = cognito.create_user_pool_client(
            UserPoolId=pool_id, ClientName="another", ExplicitAuthFlows=[f"ALLOW_{flow}"]
        )["UserPoolClient"]["ClientId"]
        if create_user:
            cognito.admin_create_user(UserPoolId=pool_id, Username=self.ann.email, MessageAction="SUPPRESS")
            cognito.admin_set_user_password(
                UserPoolId=pool_id, Username=self.ann.email, Password=self.ann.password, Permanent=True
            )
        try:
            answer = cognito.admin_initiate_auth(
                UserPoolId=pool_id,
                ClientId=client,
                AuthFlow=flow,
                AuthParameters={"USERNAME": self.ann.email, "PASSWORD": self.ann.password},
            )
        finally:
            cognito.delete_user_pool_client(UserPoolId=pool_id, ClientId=client)
        return answer["AuthenticationResult"]["AccessToken"]


@pytest.fixture
def forge(stack: Stack, ann: Person, eve: Person) -> Forge:
    return Forge(stack, ann, eve)


def me(http: httpx.Client, token: str) -> httpx.Response:
    return http.get("/users/me", headers={"Authorization": f"Bearer {token}"})


def test_the_forge_makes_good_tokens_too(http: httpx.Client, forge: Forge) -> None:
    """Or the refusals of the others would show nothing."""
    assert me(http, forge.token).json()["userId"] == forge.ann.user_id
    good = forge.signed({"exp": int(time.time()) + 10})
    assert me(http, good).json()["userId"] == forge.ann.user_id
    sub = decoded(forge.of_another_client().split(".")[1])["sub"]
    assert sub == forge.ann.user_id


@pytest.mark.parametrize(
    "make",
    [
        Forge.tampered,
        Forge.unsigned,
        Forge.of_another_key,
        Forge.expired,
        Forge.of_another_pool,
        Forge.of_another_client,
        Forge.id_token,
        Forge.refresh_token,
        lambda _: "invented",
    ],
)
def test_a_forged_token_opens_nothing(http: httpx.Client, forge: Forge, make: Callable[[Forge], str]) -> None:
    answer = me(http, make(forge))
    assert answer.status_code == 401
    assert forge.ann.email not in answer.text


def test_a_token_cannot_move_its_account_to_another_mail_address(stack: Stack, http: httpx.Client, ann: Person) -> None:
    """Nor so keep an address from whoever owns it: a new password's code goes where the account says."""
    cognito = stack.client("cognito-idp")
    evil = f"evil-{ann.email}"
    for name, value in (("email", evil), ("email_verified", "true"), ("preferred_username", "evil")):
        with pytest.raises(cognito.exceptions.NotAuthorizedException):
            cognito.update_user_attributes(
                AccessToken=ann.session["accessToken"], UserAttributes=[{"Name": name, "Value": value}]
            )
    assert ann.get("/users/me").json()["email"] == ann.email
    stranger = {"username": f"evil-{ann.username}", "email": evil, "password": ann.password}
    assert http.post("/users", json=stranger).status_code == 201


def test_every_route_but_three_needs_a_token(stack: Stack, http: httpx.Client) -> None:
    gateway = stack.client("apigatewayv2")
    [api_id] = [api["ApiId"] for api in gateway.get_apis()["Items"] if api["ProtocolType"] == "HTTP"]
    routes = {route["RouteKey"] for route in gateway.get_routes(ApiId=api_id, MaxResults="100")["Items"]}
    assert routes >= {"POST /tickets", "GET /chats", "POST /chats/{chatId}/messages", *PUBLIC}
    for route in sorted(routes - PUBLIC):
        method, path = route.split()
        answer = http.request(method, path.replace("{", "").replace("}", ""))
        assert answer.status_code == 401, route
    for route in sorted(PUBLIC):
        method, path = route.split()
        assert http.request(method, path).status_code == 400, route
