from io import StringIO
from typing import Any

from core import telemetry
from core.queues import Worker


def event(*texts: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"id of {text}", "body": text, "messageAttributes": {}} for text in texts]}


def test_messages_that_are_done_do_not_come_again() -> None:
    done: list[str] = []
    worker = Worker(lambda text: not done.append(text))
    assert worker(event("one", "two"), None) == {"batchItemFailures": []}
    assert done == ["one", "two"]


def test_work_goes_by_the_id_of_the_request_that_led_to_it(log: StringIO) -> None:
    told = event("one", "two")
    told["Records"][0]["messageAttributes"] = {"correlationId": {"dataType": "String", "stringValue": "r1"}}
    seen: list[str | None] = []
    Worker(lambda _: not seen.append(telemetry.correlation_id()))(told, None)
    assert seen == ["r1", None]


def test_a_message_that_fails_comes_again_alone(log: StringIO) -> None:
    def run(text: str) -> bool:
        if text == "bad":
            raise ValueError(text)
        return text != "not yet"

    answer = Worker(run)(event("one", "bad", "not yet", "two"), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "id of bad"}, {"itemIdentifier": "id of not yet"}]}
    assert "ValueError" in log.getvalue()
    assert '"bad"' not in log.getvalue()
