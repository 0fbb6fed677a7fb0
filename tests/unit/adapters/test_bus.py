"""adapters.bus against a real HTTP server that answers as EventBridge does."""

import json

import pytest

from adapters import bus
from core import aws
from core.settings import settings
from tests.endpoint import HANG_UP, Endpoint, Told

TAKEN = Told(200, b'{"FailedEntryCount":0,"Entries":[{"EventId":"1"}]}')


@pytest.fixture(autouse=True)
def _bus(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUS_URL", endpoint.url)
    settings.cache_clear()


def test_an_event_goes_to_the_bus(endpoint: Endpoint) -> None:
    endpoint.answer(TAKEN)
    bus.put("message.missed", ['{"text":"やあ"}'.encode()])
    (post,) = endpoint.posts
    assert post.headers["x-amz-target"] == "AWSEvents.PutEvents"
    assert json.loads(post.body) == {
        "Entries": [
            {
                "Source": "kaiwa",
                "DetailType": "message.missed",
                "Detail": '{"text":"やあ"}',
                "EventBusName": "kaiwa-test",
            }
        ]
    }


def test_what_the_bus_did_not_take_is_sent_again_alone(endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(Told(200, b'{"Entries":[{"EventId":"1"},{"ErrorCode":"ThrottlingException"}]}'), TAKEN)
    bus.put("message.missed", [b"1", b"2"])
    assert [[entry["Detail"] for entry in json.loads(post.body)["Entries"]] for post in endpoint.posts] == [
        ["1", "2"],
        ["2"],
    ]


@pytest.mark.parametrize("trouble", [500, 503, 429, HANG_UP])
def test_trouble_that_passes_is_waited_out(trouble: int | Told, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble, TAKEN)
    bus.put("message.missed", [b"1"])
    assert (len(endpoint.posts), len(waits)) == (2, 1)


@pytest.mark.parametrize(("trouble", "tries"), [(500, aws.TRIES), (HANG_UP, aws.TRIES), (400, 1), (403, 1)])
def test_trouble_that_stays_is_told(trouble: int | Told, tries: int, endpoint: Endpoint, waits: list[float]) -> None:
    endpoint.answer(trouble)
    with pytest.raises(bus.BusError):
        bus.put("message.missed", [b"1"])
    assert len(endpoint.posts) == tries
