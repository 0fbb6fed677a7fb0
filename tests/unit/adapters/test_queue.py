"""adapters.queue against a real HTTP server that answers as SQS does."""

import json

import pytest

from adapters import queue
from core import aws
from core.settings import settings
from tests.endpoint import HANG_UP, Endpoint, Told

URL = "https://sqs/1/q"


@pytest.fixture(autouse=True)
def _sqs(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_URL", endpoint.url)
    settings.cache_clear()
    endpoint.answer(Told(200, b'{"Successful":[]}'))


def sent(endpoint: Endpoint) -> list[list[str]]:
    return [[entry["MessageBody"] for entry in json.loads(post.body)["Entries"]] for post in endpoint.posts]


def test_messages_go_in_one_call(endpoint: Endpoint) -> None:
    queue.send_all(URL, ["one", "二"], delay_seconds=5)
    (post,) = endpoint.posts
    assert post.path == "/test/"
    assert post.headers["x-amz-target"] == "AmazonSQS.SendMessageBatch"
    assert json.loads(post.body) == {
        "QueueUrl": URL,
        "Entries": [
            {"Id": "0", "MessageBody": "one", "DelaySeconds": 5},
            {"Id": "1", "MessageBody": "二", "DelaySeconds": 5},
        ],
    }


def test_a_batch_has_at_most_10_messages_and_256_kb(endpoint: Endpoint) -> None:
    queue.send_all(URL, [str(number) for number in range(21)])
    assert [len(batch) for batch in sent(endpoint)] == [10, 10, 1]
    endpoint.posts.clear()
    queue.send_all(URL, ["語" * 30_000] * 5)
    assert [len(batch) for batch in sent(endpoint)] == [2, 2, 1]
    assert all(len(post.body) < 256 * 1024 for post in endpoint.posts)


def test_nothing_costs_nothing(endpoint: Endpoint) -> None:
    queue.send_all(URL, [])
    assert endpoint.posts == []


def test_what_sqs_did_not_take_is_sent_again_alone(endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(Told(200, b'{"Successful":[],"Failed":[{"Id":"1","Code":"x"}]}'), Told(200, b"{}"))
    queue.send_all(URL, ["one", "two", "three"])
    assert sent(endpoint) == [["one", "two", "three"], ["two"]]


@pytest.mark.parametrize("trouble", [500, 503, 429, HANG_UP])
def test_trouble_that_passes_is_waited_out(trouble: int | Told, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble, Told(200, b"{}"))
    queue.send(URL, "one")
    assert sent(endpoint) == [["one"], ["one"]]
    assert len(waits) == 1


@pytest.mark.parametrize(("trouble", "tries"), [(500, aws.TRIES), (HANG_UP, aws.TRIES), (400, 1), (403, 1)])
def test_trouble_that_stays_is_told(trouble: int | Told, tries: int, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble)
    with pytest.raises(queue.QueueError):
        queue.send(URL, "one")
    assert len(endpoint.posts) == tries
