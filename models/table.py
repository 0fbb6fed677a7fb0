"""What all tables have in common."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from botocore.config import Config
from botocore.session import get_session
from pynamodb.connection import Connection
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, UpdateError
from pynamodb.models import Model

from core import parallel
from core.settings import settings

Item = TypeVar("Item")

CONDITION_FAILED = "ConditionalCheckFailedException"


CLIENT = Config(
    # DynamoDB answers in milliseconds: after a second or two, another try is better than more patience.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=parallel.MOST_AT_ONCE,
    # PynamoDB has checked the parameters already, and a fixed name saves building one for every call.
    parameter_validation=False,
    user_agent="kaiwa",
)


class Table(Model):
    """Base of all models. They share one client, whose making is most of a cold start."""

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
def _client() -> Any:
    return get_session().create_client("dynamodb", settings().region, config=CLIENT)


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
