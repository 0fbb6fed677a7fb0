"""The naive pattern, as first examples of WebSocket APIs have it.

One table holds every open socket. For each message it is scanned from end to end, and whoever is in the chat is posted
to, one after the other.
"""

import json
import time
import uuid
from typing import Any

from bench.baselines.clients import dynamodb, sockets
from bench.baselines.tables import name


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Take a frame."""
    asked = json.loads(event["body"])
    context = event["requestContext"]
    sender, chat_id = context["authorizer"]["userId"], asked["chatId"]
    everybody = [
        item
        for page in dynamodb().get_paginator("scan").paginate(TableName=name("sockets"))
        for item in page["Items"]
        if chat_id in item["chatIds"]["SS"]
    ]
    if sender not in {item["userId"]["S"] for item in everybody}:
        return {"statusCode": 403}
    message = {"messageId": str(uuid.uuid4()), "senderId": sender, "text": asked["text"]}
    sent_at = f"{time.time():.6f}#{message['messageId']}"
    stored = {key: {"S": value} for key, value in message.items()}
    dynamodb().put_item(TableName=name("messages"), Item={"chatId": {"S": chat_id}, "sentAt": {"S": sent_at}, **stored})
    frame = json.dumps({"type": "message", "chatId": chat_id, "sentAt": sent_at, "message": message}).encode()
    for item in everybody:
        connection_id = item["connectionId"]["S"]
        if connection_id == context["connectionId"]:
            continue
        try:
            sockets().post_to_connection(ConnectionId=connection_id, Data=frame)
        except sockets().exceptions.GoneException:
            dynamodb().delete_item(TableName=name("sockets"), Key={"connectionId": {"S": connection_id}})
    print(json.dumps({"level": "INFO", "message": "sent", "chatId": chat_id, "sockets": len(everybody)}))
    return {"statusCode": 200, "body": json.dumps({"status": 200, "sentAt": sent_at})}


def prepare(chat_id: str, members: list[str], elsewhere: int) -> None:
    """Put everybody's socket into the table, and those of people who are in other chats."""
    rows = [(user_id, chat_id) for user_id in members]
    rows += [(str(uuid.uuid4()), str(uuid.uuid4())) for _ in range(elsewhere)]
    for start in range(0, len(rows), 25):
        puts = [
            {
                "PutRequest": {
                    "Item": {
                        "connectionId": {"S": f"{uuid.uuid4().hex[:15]}="},
                        "userId": {"S": user_id},
                        "chatIds": {"SS": [chat]},
                    }
                }
            }
            for user_id, chat in rows[start : start + 25]
        ]
        dynamodb().batch_write_item(RequestItems={name("sockets"): puts})
