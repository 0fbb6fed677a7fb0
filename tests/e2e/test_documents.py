"""Every operation, asked as its document allows and as it forbids, of a whole stack: no defect, nothing undocumented.

What goes over a socket is asked much more often in tests/integration/test_asyncapi.py, where it costs less.
"""

from collections.abc import Iterator

import httpx
import hypothesis
import pytest
import requests
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.stack import Stack
from tests import documents, requests_at_random
from tests.e2e.people import TIMEOUT, Person, created
from tests.requests_at_random import cases, some, text_of, ways

ROUTES = requests_at_random.routes()
ACTIONS = requests_at_random.actions()

ENDING = {"deleteUser", "signOut"}
"""Who asks for these is no longer who they were."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]

EXAMPLES = {GenerationMode.POSITIVE: 8, GenerationMode.NEGATIVE: 4}

SLOW = {"forgotPassword", "resendConfirmation"}
"""What these answer takes 0.8 s, so that nobody learns from it whether a mail was sent."""


def is_public(operation: APIOperation) -> bool:
    return operation.definition.raw.get("security") == []


class World:
    """Three people, and what is there to be asked for."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http
        self.ann, self.bob, self.eve = (Person(http, name) for name in ("ann", "bob", "eve"))
        group = self.ann.start_chat(self.bob, self.eve)
        file_id = self._upload()
        self.known = {
            "chatId": [group, self.ann.start_chat(self.bob)],
            "messageId": [self.ann.say(group, "hi")["messageId"]],
            "replyTo": [self.bob.say(group, "hello")["messageId"]],
            "userId": [self.bob.user_id, self.ann.user_id, "me"],
            "callId": [created(self.bob.post("/calls", {"chatId": group, "kind": "audio"}))["callId"]],
            "toUserId": [self.bob.user_id],
            "fileId": [file_id],
            "avatarFileId": [file_id],
            "emoji": ["👍"],
            "email": [self.bob.email],
            "password": [self.bob.password],
            "username": [self.bob.username],
            "refreshToken": [self.bob.session["refreshToken"]],
        }

    def _upload(self) -> str:
        headers = {**self.ann.authorization, "content-type": "text/plain", "content-disposition": "attachment"}
        return self.http.post("/files", content=b"hello", headers=headers).raise_for_status().json()["fileId"]


@pytest.fixture(scope="module")
def world(http: httpx.Client) -> Iterator[World]:
    world = World(http)
    yield world
    world.ann.leave()


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize(("name", "mode"), ways(ROUTES))
def test_every_answer_is_documented(
    name: str, mode: GenerationMode, world: World, session: requests.Session, stack: Stack
) -> None:
    operation = ROUTES[name]
    person = Person(world.http, "zoe") if name in ENDING else world.ann
    headers = {} if is_public(operation) else person.authorization
    checks = [*CHECKS, negative_data_rejection] if mode is GenerationMode.NEGATIVE else CHECKS

    @some(3 if name in SLOW else EXAMPLES[mode])
    @hypothesis.given(cases(operation, mode, world.known))
    def ask(case: Case) -> None:
        url = stack.endpoints.api_url
        response = case.call(url, session, headers=headers, timeout=TIMEOUT, allow_redirects=False)
        case.validate_response(response, checks=checks)

    ask()


@pytest.mark.parametrize("name", [name for name, one in ROUTES.items() if not is_public(one)])
def test_what_api_gateway_answers_a_stranger_is_documented(
    name: str, world: World, session: requests.Session, stack: Stack
) -> None:
    @some(1)
    @hypothesis.given(cases(ROUTES[name], GenerationMode.POSITIVE, world.known))
    def ask(case: Case) -> None:
        response = case.call(stack.endpoints.api_url, session, timeout=TIMEOUT)
        assert response.status_code == 401
        assert response.json() == {"message": "Unauthorized"}
        case.validate_response(response, checks=CHECKS)

    ask()


@pytest.mark.parametrize(("name", "mode"), ways(ACTIONS))
def test_every_reply_is_documented(name: str, mode: GenerationMode, world: World) -> None:
    socket = world.ann.open_socket()

    @some(3)
    @hypothesis.given(cases(ACTIONS[name], mode, world.known))
    def ask(case: Case) -> None:
        frame = socket.exchange(text_of(case.body))
        if frame.get("type") != "pong":
            documents.check_reply(frame)
            assert frame["status"] < 500
            assert mode is GenerationMode.POSITIVE or frame["status"] >= 400

    ask()
    for frame in socket.all_pushes():
        documents.check_push(frame)
    socket.close()
