"""The common pattern, made to keep what the product keeps: a number that orders the chat, and each message once.

It is done as guides to DynamoDB do it. The chat's last number is read; one transaction then puts it forward, unless
somebody else has, and stores the message with a mark of its ``clientMessageId``, unless there is one.
"""

from typing import Any

from bench.baselines.clients import dynamodb
from bench.baselines.common import Message, item_of, take
from bench.baselines.tables import name

TRIES = 10
"""How often somebody else may be faster."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a frame."""
    return take(event, _store)


def _store(chat_id: str, message: Message, asked: dict[str, Any]) -> str:
    for _ in range(TRIES):
        found = dynamodb().get_item(TableName=name("numbers"), Key={"chatId": {"S": chat_id}}, ConsistentRead=True)
        last = int(found["Item"]["last"]["N"])
        place = f"{last + 1:012d}"
        try:
            dynamodb().transact_write_items(
                TransactItems=[
                    _step(chat_id, last),
                    _put("messages", item_of(chat_id, place, message)),
                    _mark(chat_id, asked),
                ]
            )
        except dynamodb().exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] == "None":
                raise
            continue
        return place
    raise RuntimeError("Expected to be the fastest at some time.")


def _step(chat_id: str, last: int) -> dict[str, Any]:
    return {
        "Update": {
            "TableName": name("numbers"),
            "Key": {"chatId": {"S": chat_id}},
            "UpdateExpression": "SET #last = :next",
            "ConditionExpression": "#last = :last",
            "ExpressionAttributeNames": {"#last": "last"},
            "ExpressionAttributeValues": {":last": {"N": str(last)}, ":next": {"N": str(last + 1)}},
        }
    }


def _mark(chat_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    mark = _put("sends", {"chatId": {"S": chat_id}, "clientMessageId": {"S": asked["clientMessageId"]}})
    mark["Put"]["ConditionExpression"] = "attribute_not_exists(chatId)"
    return mark


def _put(noun: str, item: dict[str, Any]) -> dict[str, Any]:
    return {"Put": {"TableName": name(noun), "Item": item}}


def prepare(chat_id: str, _members: list[str], _elsewhere: int) -> None:
    """Begin to number the chat. Its members are those of the common pattern."""
    dynamodb().put_item(TableName=name("numbers"), Item={"chatId": {"S": chat_id}, "last": {"N": "0"}})
