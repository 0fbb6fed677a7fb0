"""What all tables have in common."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, cast

from pynamodb.attributes import NumberAttribute
from pynamodb.connection import Connection
from pynamodb.connection._botocore_private import BotocoreBaseClientPrivate
from pynamodb.connection.table import TableConnection
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, TransactWriteError, UpdateError
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from core import clock
from core.attempts import MOST, attempts
from core.errors import Unavailable
from core.identifiers import new_id
from core.settings import settings
from models.dynamodb import Client

Item = TypeVar("Item")

CONDITION_FAILED = "ConditionalCheckFailedException"

FAILED = "ConditionalCheckFailed"
IN_THE_WAY = "TransactionConflict"
LOST = frozenset({FAILED, IN_THE_WAY})
"""Why a transaction is cancelled when another write was faster (TransactWriteItems' API reference)."""

DAY_SECONDS = 24 * 60 * 60


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


def transaction() -> TransactWrite:
    """Begin a transaction. Its token lets DynamoDB know it again if it is sent twice because an answer was lost."""
    return TransactWrite(new_id(), connection=shared_connection())


def wins(write: Callable[[], Any]) -> bool:
    """Make a transaction.

    Returns:
        False where a condition of it failed, or another write of one of its items was under way.
    """
    try:
        write()
    except TransactWriteError as error:
        if any(reason and reason.code in LOST for reason in error.cancellation_reasons):
            return False
        raise
    return True


def decides(write: Callable[[], Any]) -> bool:
    """Make a transaction, again while another write of one of its items is under way.

    Returns:
        False where a condition of it failed.
    """
    for attempt in attempts():
        try:
            write()
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if FAILED in reasons:
                return False
            if IN_THE_WAY not in reasons or attempt == MOST:
                raise
        else:
            break
    return True


def expiring() -> NumberAttribute:
    """Return the attribute by which DynamoDB ends what is as old as this stage keeps things."""

    def default() -> int | None:
        days = settings().message_days
        return clock.seconds() + days * DAY_SECONDS if days else None

    return NumberAttribute(attr_name="expiresAt", null=True, default=cast("Callable[[], float]", default))


def read_together(*wanted: tuple[type[Table], str]) -> list[Any]:
    """Read an item each of several tables whose key is one attribute: all of them in one call, as they are now.

    Returns:
        The items in the order asked for, None in place of one that does not exist.

    Raises:
        Unavailable: DynamoDB left some of it unread every time.
    """
    left: dict[str, Any] = {
        model.Meta.table_name: {"Keys": [{_key_of(model): {"S": key}}], "ConsistentRead": True} for model, key in wanted
    }
    items: dict[str, dict[str, Any]] = {}
    for _ in attempts():
        answer = _client()._make_api_call("BatchGetItem", {"RequestItems": left})
        items |= {table: raw[0] for table, raw in answer["Responses"].items() if raw}
        left = answer.get("UnprocessedKeys") or {}
        if not left:
            raws = [(model, items.get(model.Meta.table_name)) for model, _ in wanted]
            return [model.from_raw_data(raw) if raw else None for model, raw in raws]
    raise Unavailable


def _key_of(model: type[Table]) -> str:
    key = model._hash_key_attribute()  # type: ignore[no-untyped-call]
    return str(key.attr_name)


def found(read: Callable[[], Item]) -> Item | None:
    """Read one item. Returns None where there is none."""
    try:
        return read()
    except DoesNotExist:
        return None
