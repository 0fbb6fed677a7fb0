"""How often something was done in the window of time that is running."""

import itertools
from collections.abc import Collection

import msgspec
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.exceptions import TransactWriteError
from pynamodb.expressions.condition import Condition, Or
from pynamodb.expressions.update import Action

from core import aws
from models.table import Table, holds, table_name, transaction

REACHED = "ConditionalCheckFailed"
IN_THE_WAY = "TransactionConflict"
"""Why a transaction is cancelled (TransactWriteItems' API reference)."""


class Window(msgspec.Struct, frozen=True):
    """A stretch of time in which something may be done so many times.

    Attributes:
        key: What is counted, whose, and which stretch.
        most: How many times.
        ends_at: When it ends, in seconds since 1970.
    """

    key: str
    most: int
    ends_at: int


class Count(Table):
    """How often. A window that is over is forgotten by DynamoDB itself."""

    class Meta:
        table_name = table_name("limits")

    key = UnicodeAttribute(hash_key=True)
    number = NumberAttribute()
    expires_at = NumberAttribute(attr_name="expiresAt")

    @classmethod
    def add(cls, windows: Collection[Window]) -> Window | None:
        """Count once in each of the windows, in one call. Where one is full, nothing is counted.

        Returns:
            A window that is full, or None.
        """
        return cls._add_to_one(*windows) if len(windows) == 1 else cls._add_to_all(list(windows))

    @classmethod
    def _add_to_one(cls, window: Window) -> Window | None:
        count = cls(window.key)
        return None if holds(lambda: count.update(cls._once_more(window), cls._has_room(window))) else window

    @classmethod
    def _add_to_all(cls, windows: list[Window]) -> Window | None:
        for attempt in itertools.count(1):
            try:
                with transaction() as writes:
                    for window in windows:
                        count = cls(window.key)
                        writes.update(count, cls._once_more(window), condition=cls._has_room(window))
            except TransactWriteError as error:
                reasons = [reason.code if reason else "" for reason in error.cancellation_reasons]
                if REACHED in reasons:
                    return windows[reasons.index(REACHED)]
                if IN_THE_WAY not in reasons or attempt == aws.TRIES:
                    raise
                aws.wait(attempt)
            else:
                break
        return None

    @classmethod
    def _once_more(cls, window: Window) -> list[Action]:
        return [cls.number.add(1), cls.expires_at.set(window.ends_at)]

    @classmethod
    def _has_room(cls, window: Window) -> Condition:
        return Or(cls.key.does_not_exist(), cls.number < window.most)
