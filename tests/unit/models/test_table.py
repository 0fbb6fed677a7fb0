from typing import Any

import pytest
from botocore.exceptions import ClientError
from pynamodb.exceptions import DoesNotExist, PutError

from core import aws
from core.attempts import MOST
from core.errors import Unavailable
from models.calls import Call
from models.connections import Connections
from models.dynamodb import Client
from models.table import CONDITION_FAILED, found, holds, read_together, table_name


def refused(code: str) -> PutError:
    return PutError(cause=ClientError({"Error": {"Code": code}}, "PutItem"))


def raising(error: Exception) -> object:
    def write() -> None:
        raise error

    return write


def test_a_table_is_named_for_its_deployment() -> None:
    assert table_name("chats") == "kaiwa-test-chats"


def test_a_condition_holds_or_not() -> None:
    assert holds(lambda: None)
    assert not holds(raising(refused(CONDITION_FAILED)))


def test_another_refusal_is_no_answer() -> None:
    with pytest.raises(PutError):
        holds(raising(refused("ThrottlingException")))


def test_what_is_not_there_is_none() -> None:
    assert found(lambda: "item") == "item"
    assert found(raising(DoesNotExist())) is None


def answers(monkeypatch: pytest.MonkeyPatch, *told: dict[str, Any]) -> list[dict[str, Any]]:
    """Have DynamoDB answer so, and return what it is asked."""
    asked: list[dict[str, Any]] = []
    left = iter(told)

    def call(_client: Client, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        assert operation == "BatchGetItem"
        asked.append(parameters["RequestItems"])
        return next(left)

    monkeypatch.setattr(Client, "_make_api_call", call)
    monkeypatch.setattr(aws, "wait", lambda _attempt: None)
    return asked


CALLS, CONNECTIONS = "kaiwa-test-calls", "kaiwa-test-connections"
CALL = {"callId": {"S": "c"}, "record": {"S": "{}"}, "version": {"N": "3"}}
OF_CALL = {"Keys": [{"callId": {"S": "c"}}], "ConsistentRead": True}
OF_ANN = {"Keys": [{"userId": {"S": "ann"}}], "ConsistentRead": True}


def test_items_of_two_tables_are_read_in_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = answers(monkeypatch, {"Responses": {CALLS: [CALL], CONNECTIONS: []}, "UnprocessedKeys": {}})
    call, connections = read_together((Call, "c"), (Connections, "ann"))
    assert (call.call_id, call.version, connections) == ("c", 3, None)
    assert asked == [{CALLS: OF_CALL, CONNECTIONS: OF_ANN}]


def test_what_dynamodb_left_unread_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may leave some of it, or all, when it is busy (its API reference, "BatchGetItem")."""
    ann = {"userId": {"S": "ann"}, "callId": {"S": "c"}}
    asked = answers(
        monkeypatch,
        {"Responses": {CALLS: [CALL]}, "UnprocessedKeys": {CONNECTIONS: OF_ANN}},
        {"Responses": {CONNECTIONS: [ann]}, "UnprocessedKeys": {}},
    )
    call, connections = read_together((Call, "c"), (Connections, "ann"))
    assert (call.call_id, connections.call_id) == ("c", "c")
    assert asked == [{CALLS: OF_CALL, CONNECTIONS: OF_ANN}, {CONNECTIONS: OF_ANN}]


def test_what_stays_unread_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, *[{"Responses": {}, "UnprocessedKeys": {CALLS: OF_CALL}}] * MOST)
    with pytest.raises(Unavailable):
        read_together((Call, "c"), (Connections, "ann"))
