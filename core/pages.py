"""Long lists, a page at a time."""

import base64
import binascii
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from core.errors import InvalidRequest

Key = TypeVar("Key")
Item = TypeVar("Item")

MOST_PAGE_BYTES = 96 * 1024
"""A page must fit a socket's reply. API Gateway's quota page: "WebSocket message payload size 128 KB"."""


def encode_cursor(key: object) -> str:
    """Write where a page ended as the opaque text that a client gives back."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def decode_cursor(cursor: str | None, key: type[Key]) -> Key | None:
    """Read where the page before ended.

    A cursor is no secret and no proof: it says where to go on, and the query that it goes into says whose.

    Raises:
        InvalidRequest: It is not a cursor of this list.
    """
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=key)
    except (binascii.Error, ValueError) as error:
        raise foreign_cursor() from error


def foreign_cursor() -> InvalidRequest:
    """Say that a cursor is not one of this list."""
    return InvalidRequest.field("cursor", "Expected a cursor that this list gave.")


def fitting(items: Iterable[Item]) -> list[Item]:
    """Return as many of the first items as fit a page: at least one, if there is one."""
    page: list[Item] = []
    size = 0
    for item in items:
        size += len(msgspec.json.encode(item)) + 1
        if page and size > MOST_PAGE_BYTES:
            break
        page.append(item)
    return page
