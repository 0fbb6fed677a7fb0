"""The tables of the baselines, as CreateTable takes them."""

import os
from typing import Any


def name(noun: str) -> str:
    """Return a table's name."""
    return f"{os.environ['TABLE_PREFIX']}baseline-{noun}"


def described(prefix: str) -> list[dict[str, Any]]:
    """Return all of them.

    Args:
        prefix: What the names of all tables begin with.
    """
    nouns = {
        "sockets": ("connectionId",),
        "members": ("chatId", "userId"),
        "connections": ("userId", "connectionId"),
        "inboxes": ("userId", "chatId"),
        "messages": ("chatId", "sentAt"),
        "numbers": ("chatId",),
        "sends": ("chatId", "clientMessageId"),
    }
    return [_table(f"{prefix}baseline-{noun}", *keys) for noun, keys in nouns.items()]


def _table(name: str, *keys: str) -> dict[str, Any]:
    kinds = dict(zip(keys, ("HASH", "RANGE"), strict=False))
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [{"AttributeName": key, "KeyType": kind} for key, kind in kinds.items()],
    }
