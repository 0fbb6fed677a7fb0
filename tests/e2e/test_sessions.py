"""Mailed codes read from the inbox, sessions that end everywhere, blocks, and leaving."""

import json
import re
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.stack import Stack
from tests.e2e.functions import setting
from tests.e2e.people import Person, Socket, address, at_once, wait_until, without_request_id

NEW = "Battery-Staple-7"


@pytest.fixture
def inbox(stack: Stack) -> Callable[[str], list[dict[str, Any]]]:
    """What SES delivered to an address."""

    def read(to: str) -> list[dict[str, Any]]:
        accounts = httpx.get(f"{stack.aws_endpoint}/_ministack/ses/messages").raise_for_status().json()["messages"]
        return [mail for mails in accounts.values() for mail in mails if to in mail["To"]]

    return read


@pytest.fixture
def code(inbox: Callable[[str], list[dict[str, Any]]]) -> Callable[[str], str]:
    """The code in the latest mail to an address."""

    def read(to: str) -> str:
        found = re.search(r"\b\d{6}\b", inbox(to)[-1]["BodyText"])
        assert found
        return found[0]

    return read


@pytest.fixture
def confirm_mail(stack: Stack) -> Iterator[None]:
    """Switch the stage's setting on for as long as a test takes."""
    with ExitStack() as settings:
        for key in ("RegisterUser", "UserLogin", "Account"):
            settings.enter_context(setting(stack, key, "CONFIRM_MAIL", "true"))
        yield


@pytest.mark.usefixtures("confirm_mail")
def test_a_mail_address_is_confirmed_by_the_code_that_was_mailed_there(
    http: httpx.Client, code: Callable[[str], str], inbox: Callable[[str], list[dict[str, Any]]]
) -> None:
    name = f"dan-{secrets.token_hex(4)}"
    dan = {"username": name, "email": f"{name}@example.com", "password": NEW}
    account = http.post("/users", json=dan)
    assert (account.status_code, account.json()["confirmed"]) == (201, False)
    first = {"email": dan["email"], "code": code(dan["email"])}
    log_in = {"email": dan["email"], "password": NEW}
    early = http.post("/sessions", json=log_in)
    assert (early.status_code, early.json()["code"]) == (403, "unconfirmed")

    assert http.post("/users/confirmation/resend", json={"email": dan["email"]}).status_code == 202
    assert len(inbox(dan["email"])) == 2
    second = {"email": dan["email"], "code": code(dan["email"])}
    assert http.post("/users/confirmation", json=first).json()["code"] == "wrong_code"
    assert http.post("/users/confirmation", json=second).status_code == 204

    session = http.post("/sessions", json=log_in)
    assert (session.status_code, session.json()["userId"]) == (200, account.json()["userId"])
    # Nobody who is confirmed is mailed again.
    assert http.post("/users/confirmation/resend", json={"email": dan["email"]}).status_code == 202
    assert len(inbox(dan["email"])) == 2


def test_a_forgotten_password(http: httpx.Client, ann: Person, code: Callable[[str], str]) -> None:
    assert http.post("/passwords/forgot", json={"email": ann.email}).status_code == 202
    reset = {"email": ann.email, "code": code(ann.email), "password": NEW}
    weak = http.post("/passwords/reset", json={**reset, "password": "weak"})
    assert (weak.status_code, [one["field"] for one in weak.json()["errors"]]) == (400, ["password"])
    assert http.post("/passwords/reset", json=reset).status_code == 204
    assert http.post("/passwords/reset", json=reset).json()["code"] == "wrong_code"
    assert ann.log_in().status_code == 401
    ann.password = NEW
    assert ann.log_in().status_code == 200


def test_a_mailed_code_logs_in_within_three_tries(http: httpx.Client, ann: Person, code: Callable[[str], str]) -> None:
    begun = http.post("/sessions", json={"email": ann.email, "method": "emailCode"})
    assert (begun.status_code, begun.json()["challenge"]) == (202, "emailCode")
    answer = {"email": ann.email, "session": begun.json()["session"]}
    for _ in range(2):
        assert http.post("/sessions", json={**answer, "code": "wrong"}).status_code == 401
    session = http.post("/sessions", json={**answer, "code": code(ann.email)})
    assert (session.status_code, session.json()["userId"]) == (200, ann.user_id)
    ann.session = session.json()
    assert ann.get("/users/me").json()["email"] == ann.email
    assert http.post("/sessions", json={**answer, "code": code(ann.email)}).status_code == 401


def test_three_wrong_codes_end_the_session(http: httpx.Client, ann: Person, code: Callable[[str], str]) -> None:
    begun = http.post("/sessions", json={"email": ann.email, "method": "emailCode"}).json()
    answer = {"email": ann.email, "session": begun["session"]}
    for wrong in ("wrong", "wrong", "wrong", code(ann.email)):
        assert http.post("/sessions", json={**answer, "code": wrong}).status_code == 401


def test_a_mailed_link_logs_in(http: httpx.Client, ann: Person, inbox: Callable[[str], list[dict[str, Any]]]) -> None:
    assert http.post("/sessions", json={"email": ann.email, "method": "emailLink"}).status_code == 202
    found = re.search(r"http\S+", inbox(ann.email)[-1]["BodyText"])
    assert found
    fragment = urlsplit(found[0]).fragment
    fields = {name: value for name, (value,) in parse_qs(fragment.partition("?")[2]).items()}
    assert http.post("/sessions", json=fields).json()["userId"] == ann.user_id


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/passwords/forgot", {}),
        ("/users/confirmation/resend", {}),
        ("/passwords/reset", {"code": "000000", "password": NEW}),
        ("/users/confirmation", {"code": "000000"}),
        ("/sessions", {"password": NEW}),
        ("/sessions", {"method": "emailCode"}),
    ],
)
def test_nobody_learns_who_has_an_account(path: str, fields: dict[str, str], http: httpx.Client, ann: Person) -> None:
    answers, seconds = [], []
    for email in (ann.email, f"not-{ann.email}"):
        http.post(path, json={"email": "warm@example.com", **fields})
        started = time.monotonic()
        answers.append(http.post(path, json={"email": email, **fields}))
        seconds.append(time.monotonic() - started)
    known, unknown = answers
    if known.is_error:
        assert without_request_id([known]) == without_request_id([unknown])
    else:
        assert (known.status_code, len(known.content)) == (unknown.status_code, len(unknown.content))
    assert abs(seconds[0] - seconds[1]) < 0.5 or path == "/sessions"


def test_signing_out_ends_everything(http: httpx.Client, ann: Person, bob: Person) -> None:
    sockets, ticket = [ann.open_socket(), ann.open_socket()], ann.ticket()
    others = bob.open_socket()
    old = dict(ann.session)
    assert http.delete("/sessions", headers=ann.authorization).status_code == 204
    for socket in sockets:
        with pytest.raises(ConnectionClosed):
            socket.ask("hello")
    with pytest.raises(InvalidStatus) as refusal:
        Socket(address(ticket))
    assert refusal.value.response.status_code == 403
    assert http.post("/sessions/refresh", json={"refreshToken": old["refreshToken"]}).status_code == 401
    # A process that has just read the user goes by it for 30 s.
    wait_until(lambda: ann.get("/users/me").status_code == 401, 45)
    assert others.ask("hello")["status"] == 200
    ann.session = ann.log_in().raise_for_status().json()
    assert ann.get("/users/me").status_code == 200


def test_a_log_in_right_after_a_sign_out_is_good(http: httpx.Client, ann: Person) -> None:
    assert http.delete("/sessions", headers=ann.authorization).status_code == 204
    ann.session = ann.log_in().raise_for_status().json()
    assert ann.get("/users/me").status_code == 200


def test_a_block_holds_and_is_lifted(http: httpx.Client, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    path = f"/users/me/blocks/{bob.user_id}"
    assert http.put(path, headers=ann.authorization).status_code == 204
    answer = bob.post(f"/chats/{chat_id}/messages", {"text": "hi"})
    assert (answer.status_code, answer.json()["code"]) == (404, "chat_not_found")
    assert bob.post("/chats", {"kind": "direct", "memberIds": [ann.user_id]}).json()["code"] == "user_not_found"
    assert [one["userId"] for one in ann.get("/users/me/blocks").json()["blocks"]] == [bob.user_id]
    assert http.delete(path, headers=ann.authorization).status_code == 204
    bob.say(chat_id, "hi")


def test_a_block_and_a_chat_at_once_agree(http: httpx.Client, meet: Callable[[str], Person]) -> None:
    for _ in range(4):
        ann, bob = meet("ann"), meet("bob")
        blocked, made = at_once(
            lambda a=ann, b=bob: http.put(f"/users/me/blocks/{b.user_id}", headers=a.authorization),
            lambda a=ann, b=bob: b.post("/chats", {"kind": "direct", "memberIds": [a.user_id]}),
        )
        assert blocked.status_code == 204
        assert made.status_code in {201, 404}
        if made.status_code == 201:
            assert bob.post(f"/chats/{made.json()['chatId']}/messages", {"text": "hi"}).status_code == 404


def test_who_leaves_is_erased(http: httpx.Client, stack: Stack, ann: Person, bob: Person) -> None:
    http.patch("/users/me", headers=ann.authorization, json={"displayName": "Annabella " + ann.username})
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "goodbye")
    ann.open_socket()
    http.post("/passwords/forgot", json={"email": ann.email})
    assert http.delete("/users/me", headers=ann.authorization).status_code == 202
    assert ann.log_in().status_code == 401
    assert bob.get(f"/users/{ann.user_id}").status_code == 404

    dynamodb, cognito = stack.client("dynamodb"), stack.client("cognito-idp")

    def left() -> str:
        tables = dynamodb.list_tables()["TableNames"]
        items = [dynamodb.scan(TableName=name)["Items"] for name in tables]
        users = cognito.list_users(UserPoolId=stack.endpoints.user_pool_id)["Users"]
        return json.dumps([items, users], default=repr)

    wait_until(lambda: ann.username not in left(), 60)
    assert ann.email not in left()
    (message,) = [one for one in bob.history(chat_id) if one.get("text") == "goodbye"]
    assert message["senderId"] == ann.user_id
