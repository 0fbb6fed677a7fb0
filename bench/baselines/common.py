"""The common pattern, as guides to chat on these services have it once the first example has grown too slow.

Who is in a chat is found by a query, each member's sockets by another. Each member has a row a chat, with its last
message and what is unread, so that their list of chats is one query. What can go side by side does, by threads.

It keeps less than the product does: there is no number that orders a chat, and a message that is sent again is another.
"""

import json
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from bench.baselines.clients import THREADS, dynamodb, sockets
from bench.baselines.tables import name


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS)


Message = dict[str, str]

Store = Callable[[str, Message, dict[str, Any]], str]
"""Stores a message of a chat, as it was asked for, and returns what places it in the chat's order."""


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a frame."""
    return take(event, _store)


def take(event: dict[str, Any], store: Store) -> dict[str, Any]:
    """Take a frame, whose message is stored as told."""
    asked = json.loads(event["body"])
    context = event["requestContext"]
    sender, chat_id = context["authorizer"]["userId"], asked["chatId"]
    members = [
        item["userId"]["S"]
        for page in dynamodb()
        .get_paginator("query")
        .paginate(
            TableName=name("members"),
            KeyConditionExpression="chatId = :chat",
            ExpressionAttributeValues={":chat": {"S": chat_id}},
        )
        for item in page["Items"]
    ]
    if sender not in members:
        return {"statusCode": 403}
    message = {"messageId": str(uuid.uuid4()), "senderId": sender, "text": asked["text"]}
    sent_at = store(chat_id, message, asked)
    found = [one for some in _each(_connections, members) for one in some if one[1] != context["connectionId"]]
    frame = json.dumps({"type": "message", "chatId": chat_id, "sentAt": sent_at, "message": message}).encode()
    _each(lambda one: _post(*one, frame), found)
    _each(lambda user_id: _note(user_id, chat_id, sent_at, asked["text"], user_id != sender), members)
    print(json.dumps({"level": "INFO", "message": "sent", "chatId": chat_id, "sockets": len(found)}))
    return {"statusCode": 200, "body": json.dumps({"status": 200, "sentAt": sent_at})}


def _store(chat_id: str, message: Message, _asked: dict[str, Any]) -> str:
    sent_at = f"{time.time():.6f}#{message['messageId']}"
    dynamodb().put_item(TableName=name("messages"), Item=item_of(chat_id, sent_at, message))
    return sent_at


def item_of(chat_id: str, sent_at: str, message: Message) -> dict[str, Any]:
    """Return a message as the table holds it."""
    return {key: {"S": value} for key, value in {"chatId": chat_id, "sentAt": sent_at, **message}.items()}


def _each(call: Callable[[Any], Any], items: Iterable[Any]) -> list[Any]:
    return list(_threads().map(call, items))


def _connections(user_id: str) -> list[tuple[str, str]]:
    answer = dynamodb().query(
        TableName=name("connections"),
        KeyConditionExpression="userId = :user",
        ExpressionAttributeValues={":user": {"S": user_id}},
    )
    return [(user_id, item["connectionId"]["S"]) for item in answer["Items"]]


def _post(user_id: str, connection_id: str, frame: bytes) -> None:
    try:
        sockets().post_to_connection(ConnectionId=connection_id, Data=frame)
    except sockets().exceptions.GoneException:
        key = {"userId": {"S": user_id}, "connectionId": {"S": connection_id}}
        dynamodb().delete_item(TableName=name("connections"), Key=key)


def _note(user_id: str, chat_id: str, sent_at: str, text: str, is_unread: bool) -> None:
    """Keep a member's list of chats up to date."""
    dynamodb().update_item(
        TableName=name("inboxes"),
        Key={"userId": {"S": user_id}, "chatId": {"S": chat_id}},
        UpdateExpression="SET lastAt = :at, lastText = :text ADD unread :number",
        ExpressionAttributeValues={
            ":at": {"S": sent_at},
            ":text": {"S": text[:100]},
            ":number": {"N": "1" if is_unread else "0"},
        },
    )


def prepare(chat_id: str, members: list[str], _elsewhere: int) -> None:
    """Make the chat's members, and a socket for each."""
    _put("members", [{"chatId": {"S": chat_id}, "userId": {"S": user_id}} for user_id in members])
    _put(
        "connections",
        [{"userId": {"S": user_id}, "connectionId": {"S": f"{uuid.uuid4().hex[:15]}="}} for user_id in members],
    )


def _put(noun: str, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        dynamodb().batch_write_item(RequestItems={name(noun): puts})
