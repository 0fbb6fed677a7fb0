"""models.dynamodb against a real HTTP server that answers as DynamoDB does."""

import json
import socket
from typing import Any

import pytest
from botocore.exceptions import ClientError, HTTPClientError

from core import aws
from core.settings import settings
from models.dynamodb import Client
from tests.endpoint import HANG_UP, SILENCE, Endpoint, Told

PUT = {"TableName": "chats", "Item": {"chatId": {"S": "c"}, "lastSeq": {"N": "5"}, "memberIds": {"SS": ["花子", "b"]}}}


def put() -> dict[str, Any]:
    return Client()._make_api_call("PutItem", PUT)


def refused(kind: str, status: int = 400, **told: Any) -> Told:
    """Return a refusal as DynamoDB words it."""
    namespace = "com.amazonaws.dynamodb.v20120810"
    return Told(status, json.dumps({"__type": f"{namespace}#{kind}", "message": "no", **told}).encode())


def test_a_call_is_dynamodbs_own_json(endpoint: Endpoint) -> None:
    endpoint.answer(Told(200, b'{"Attributes": {"lastSeq": {"N": "6"}}}'))
    assert put() == {"Attributes": {"lastSeq": {"N": "6"}}}
    (post,) = endpoint.posts
    assert json.loads(post.body) == PUT
    assert post.path == "/test/"
    assert post.headers["x-amz-target"] == "DynamoDB_20120810.PutItem"
    assert post.headers["content-type"] == "application/x-amz-json-1.0"
    assert "/us-east-1/dynamodb/aws4_request" in post.headers["authorization"]


@pytest.mark.parametrize("kind", ["ConditionalCheckFailedException", "ValidationException", "AccessDeniedException"])
def test_a_refusal_for_good_is_raised_at_once(kind: str, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(refused(kind))
    with pytest.raises(ClientError) as error:
        put()
    assert error.value.response["Error"] == {"Code": kind, "Message": "no"}
    assert error.value.operation_name == "PutItem"
    assert (len(endpoint.posts), waits) == (1, [])


def test_why_a_transaction_failed_is_told(endpoint: Endpoint) -> None:
    reasons = [{"Code": "ConditionalCheckFailed", "Message": "no"}, {"Code": "None"}]
    endpoint.answer(refused("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(ClientError) as error:
        put()
    assert error.value.response["CancellationReasons"] == reasons


PASSING = [
    refused("ThrottlingException"),
    refused("ProvisionedThroughputExceededException"),
    refused("RequestLimitExceeded"),
    refused("InternalServerError", 500),
    Told(503, b"<html>"),
    HANG_UP,
]


@pytest.mark.parametrize("told", PASSING, ids=lambda told: f"{told.status}")
def test_what_may_pass_is_tried_again(told: Told, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(*[told] * (aws.TRIES - 1), Told(200, b"{}"))
    assert put() == {}
    assert len(endpoint.posts) == aws.TRIES
    assert len(waits) == aws.TRIES - 1
    assert len({post.body for post in endpoint.posts}) == 1


@pytest.mark.parametrize("told", PASSING, ids=lambda told: f"{told.status}")
def test_what_does_not_pass_is_raised_in_the_end(told: Told, endpoint: Endpoint) -> None:
    endpoint.answer(told)
    with pytest.raises((ClientError, HTTPClientError)):
        put()
    assert len(endpoint.posts) == aws.TRIES


def test_a_silent_server_is_given_up(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "TIMEOUT_SECONDS", (1, 0.02))
    endpoint.answer(SILENCE)
    with pytest.raises(HTTPClientError):
        put()
    assert len(endpoint.posts) == aws.TRIES


def test_nobody_listening_is_tried_again_too(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("DYNAMODB_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        settings.cache_clear()
        with pytest.raises(HTTPClientError):
            put()
    assert len(waits) == aws.TRIES - 1


def test_a_refusal_without_words_is_its_status(endpoint: Endpoint) -> None:
    endpoint.answer(Told(413, b"<html>too large</html>"))
    with pytest.raises(ClientError) as error:
        put()
    assert error.value.response["Error"]["Code"] == "413"
