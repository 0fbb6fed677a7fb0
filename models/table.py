"""What all tables have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, UpdateError

from core.settings import settings

Item = TypeVar("Item")

CONDITION_FAILED = "ConditionalCheckFailedException"


class TableMeta:
    """Base of each model's ``Meta``: where the tables are, and how long to wait for them.

    DynamoDB answers in milliseconds, so a second without an answer means another try is better than more patience.
    """

    region = settings().region
    connect_timeout_seconds = 1
    read_timeout_seconds = 2
    max_retry_attempts = 3
    max_pool_connections = 32


def table_name(noun: str) -> str:
    """Return a table's name in this deployment, for example ``kaiwa-prod-chats``."""
    return settings().table_prefix + noun


def holds(write: Callable[[], Any]) -> bool:
    """Make a conditional write.

    Returns:
        Whether the condition held, and so whether the write was made.
    """
    try:
        write()
    except (PutError, UpdateError, DeleteError) as error:
        if error.cause_response_code == CONDITION_FAILED:
            return False
        raise
    return True


def found(read: Callable[[], Item]) -> Item | None:
    """Read one item. Returns None where there is none."""
    try:
        return read()
    except DoesNotExist:
        return None
