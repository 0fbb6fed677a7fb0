"""What all tables have in common."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from pynamodb.connection import Connection
from pynamodb.connection._botocore_private import BotocoreBaseClientPrivate
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, UpdateError
from pynamodb.models import Model

from core.settings import settings
from models.dynamodb import Client

Item = TypeVar("Item")

CONDITION_FAILED = "ConditionalCheckFailedException"


class Table(Model):
    """Base of all models. They share one client."""

    @classmethod
    def _get_connection(cls) -> TableConnection:
        table = super()._get_connection()
        table.connection._client = _client()
        return table


def shared_connection() -> Connection:
    """Return a connection to all tables at once, as transactions need it."""
    connection = Connection(region=settings().region)
    connection._client = _client()
    return connection


@cache
def _client() -> BotocoreBaseClientPrivate:
    return cast("BotocoreBaseClientPrivate", Client())


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
