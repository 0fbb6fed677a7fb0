"""adapters.parameters against a real HTTP server that answers as Parameter Store does."""

import json
from collections.abc import Iterator

import pytest

from adapters import parameters
from adapters.parameters import FRESH_SECONDS, REST_SECONDS, TRIES, ParameterError
from core import aws
from core.settings import settings
from tests.conftest import Clock
from tests.endpoint import HANG_UP, Endpoint, Told

NAME = "/kaiwa/test/turn-secret"


def told(value: str) -> Told:
    return Told(200, json.dumps({"Parameter": {"Name": NAME, "Type": "SecureString", "Value": value}}).encode())


@pytest.fixture(autouse=True)
def _parameter_store(endpoint: Endpoint, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PARAMETERS_URL", endpoint.url)
    settings.cache_clear()
    parameters.forget_all()
    yield
    parameters.forget_all()


def test_a_secret_is_asked_for_decrypted(endpoint: Endpoint) -> None:
    endpoint.answer(told("north\nsouth"))
    assert parameters.secret(NAME) == "north\nsouth"
    (post,) = endpoint.posts
    assert post.headers["x-amz-target"] == "AmazonSSM.GetParameter"
    assert "/ssm/aws4_request" in post.headers["authorization"]
    assert json.loads(post.body) == {"Name": NAME, "WithDecryption": True}


@pytest.mark.parametrize(
    ("trouble", "status", "tries"),
    [(400, 400, 1), (403, 403, 1), (500, 500, TRIES), (HANG_UP, aws.UNREACHED, TRIES)],
)
def test_what_cannot_be_read_is_told_by_its_status_alone(
    trouble: int | Told, status: int, tries: int, endpoint: Endpoint, waits: list[float]
) -> None:
    endpoint.answer(Told(trouble, b'{"message": "a secret"}') if isinstance(trouble, int) else trouble)
    with pytest.raises(ParameterError, match=rf"^Parameter Store answered {status}\.$"):
        parameters.secret(NAME)
    assert len(endpoint.posts) == tries


@pytest.mark.parametrize("trouble", [500, 429, HANG_UP])
def test_trouble_that_passes_is_waited_out(trouble: int | Told, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble, told("north"))
    assert parameters.secret(NAME) == "north"
    assert (len(endpoint.posts), len(waits)) == (2, 1)


def test_what_is_remembered_is_not_read_again_for_a_while(endpoint: Endpoint, clock: Clock) -> None:
    endpoint.answer(told("north"), told("south"))
    assert [parameters.remembered_secret(NAME) for _ in range(20)] == ["north"] * 20
    clock.advance(FRESH_SECONDS - 10)
    assert parameters.remembered_secret(NAME) == "north"
    assert len(endpoint.posts) == 1
    clock.advance(10)
    assert parameters.remembered_secret(NAME) == "south"
    assert len(endpoint.posts) == 2


def test_trouble_is_given_a_rest(endpoint: Endpoint, clock: Clock) -> None:
    endpoint.answer(400)
    for _ in range(5):
        with pytest.raises(ParameterError):
            parameters.remembered_secret(NAME)
    assert len(endpoint.posts) == 1
    endpoint.answer(told("north"))
    clock.advance(REST_SECONDS)
    assert parameters.remembered_secret(NAME) == "north"


def test_in_trouble_what_was_read_last_still_stands(endpoint: Endpoint, clock: Clock) -> None:
    endpoint.answer(told("north"))
    parameters.remembered_secret(NAME)
    endpoint.answer(400)
    clock.advance(FRESH_SECONDS)
    assert [parameters.remembered_secret(NAME) for _ in range(5)] == ["north"] * 5
    assert len(endpoint.posts) == 2
    endpoint.answer(told("south"))
    clock.advance(REST_SECONDS)
    assert parameters.remembered_secret(NAME) == "south"
