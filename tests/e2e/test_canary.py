"""The canary really sings: through the whole stack, with what Parameter Store holds."""

import json
from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.e2e.people import Person

NAME = "/kaiwa/local/canary"


@pytest.fixture
def canary(stack: Stack, ann: Person) -> Iterator[Person]:
    """Somebody whose mail address and password are in Parameter Store."""
    keep(stack, ann, ann.password)
    yield ann
    stack.client("ssm").delete_parameter(Name=NAME)


def keep(stack: Stack, person: Person, password: str) -> None:
    value = json.dumps({"email": person.email, "password": password})
    stack.client("ssm").put_parameter(Name=NAME, Type="SecureString", Value=value, Overwrite=True)


def sings(stack: Stack) -> bool:
    answer = stack.client("lambda").invoke(FunctionName="kaiwa-local-Canary")
    return json.load(answer["Payload"])["succeeded"]


def test_it_sends_and_receives_in_a_chat_of_its_own_each_time(stack: Stack, canary: Person) -> None:
    assert [sings(stack), sings(stack)] == [True, True]
    (chat,) = canary.get("/chats").json()["chats"]
    assert (chat["name"], chat["memberIds"]) == ("canary", [canary.user_id])
    assert [message["text"] for message in canary.history(chat["chatId"])] == ["canary", "canary"]


def test_it_falls_silent_when_it_cannot_log_in(stack: Stack, canary: Person) -> None:
    keep(stack, canary, "Wrong-Horse-9")
    assert not sings(stack)


def test_it_falls_silent_when_nothing_can_be_sent(stack: Stack, canary: Person) -> None:
    assert sings(stack)
    (chat,) = canary.get("/chats").json()["chats"]
    stack.client("dynamodb").update_item(
        TableName="kaiwa-local-chats",
        Key={"chatId": {"S": chat["chatId"]}},
        UpdateExpression="SET lastSeq = :broken",
        ExpressionAttributeValues={":broken": {"S": "none"}},
    )
    assert not sings(stack)
