"""adapters.queue against a real HTTP server that answers as SQS does."""

import json

import pytest

from adapters import queue
from core import aws, telemetry
from core.settings import settings
from tests.endpoint import HANG_UP, Endpoint, Told

URL = "https://sqs/1/q"


@pytest.fixture(autouse=True)
def _sqs(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUEUE_URL", endpoint.url)
    settings.cache_clear()


def test_a_message_goes_into_its_queue(endpoint: Endpoint) -> None:
    telemetry.begin(None)
    queue.send(URL, "やあ", delay_seconds=5)
    (post,) = endpoint.posts
    assert post.path == "/test/"
    assert post.headers["x-amz-target"] == "AmazonSQS.SendMessage"
    assert json.loads(post.body) == {"QueueUrl": URL, "MessageBody": "やあ", "DelaySeconds": 5}


def test_a_message_names_the_request_that_led_to_it(endpoint: Endpoint) -> None:
    telemetry.begin("r1")
    queue.send(URL, "one")
    (post,) = endpoint.posts
    assert json.loads(post.body)["MessageAttributes"] == {"correlationId": {"DataType": "String", "StringValue": "r1"}}


@pytest.mark.parametrize("trouble", [500, 503, 429, HANG_UP])
def test_trouble_that_passes_is_waited_out(trouble: int | Told, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble, 200)
    queue.send(URL, "one")
    assert (len(endpoint.posts), len(waits)) == (2, 1)


@pytest.mark.parametrize(("trouble", "tries"), [(500, aws.TRIES), (HANG_UP, aws.TRIES), (400, 1), (403, 1)])
def test_trouble_that_stays_is_told(trouble: int | Told, tries: int, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble)
    with pytest.raises(queue.QueueError):
        queue.send(URL, "one")
    assert len(endpoint.posts) == tries
