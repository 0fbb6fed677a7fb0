"""Bring back what a stage's tables held, from a backup or as it was at a moment of the last 35 days.

DynamoDB restores into a new table only, and a stack's tables have fixed names. So each table is restored beside the one
in use, what is wanted is copied over, and the copy is deleted. Codes, tickets, sockets and the like are not brought
back: they are worth nothing after minutes.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from deploy import command
from deploy.command import Refusal

AT_ONCE = 16
"""Writes under way at the same time; DynamoDB answers one in some 5 ms."""

SOME = 1000

PATIENCE = {"Delay": 20, "MaxAttempts": 1080}
"""Six hours: "Restore times are not always correlated directly to the size of the table" (DynamoDB's guide)."""

Item = dict[str, dict[str, Any]]
Key = tuple[str, ...]
Thing = TypeVar("Thing")
Done = TypeVar("Done")


@dataclass(frozen=True)
class Source:
    """Where to restore from: exactly one of these.

    Attributes:
        at: A moment within point-in-time recovery.
        backup: The name that backups of all tables have.
    """

    at: datetime | None = None
    backup: str | None = None


@dataclass
class Restored:
    """What became of one table.

    Attributes:
        table: Its name.
        brought_back: Items that were missing, or were otherwise.
        removed: Items that were not there then.
    """

    table: str
    brought_back: int = 0
    removed: int = 0


class Restoration:
    """Restores the tables of one stack that hold what people wrote."""

    def __init__(self, stack: str, client: Callable[[str], Any]) -> None:
        """Prepare to restore.

        Args:
            stack: The deployed stack, for example ``kaiwa-prod``.
            client: Makes a boto3 client of a service.
        """
        self._stack = stack
        self._cloudformation = client("cloudformation")
        self._dynamodb = client("dynamodb")

    def tables(self) -> list[str]:
        """Return the tables that outlive the stack, which are those worth to be brought back."""
        template = self._cloudformation.get_template(StackName=self._stack)["TemplateBody"]
        return [
            one["Properties"]["TableName"]
            for one in template["Resources"].values()
            if one["Type"] == "AWS::DynamoDB::Table" and one["DeletionPolicy"] != "Delete"
        ]

    def back_up(self, name: str) -> None:
        """Make a backup of each table under one name."""
        for table in self.tables():
            self._dynamodb.create_backup(TableName=table, BackupName=name)

    def run(self, source: Source, *, exactly: bool) -> Iterator[Restored]:
        """Restore table by table.

        Args:
            source: Where from.
            exactly: Whether the tables shall hold what they held then and nothing else, so that what was written since
                is lost; otherwise only what is missing now is brought back.

        Raises:
            Refusal: A backup is missing, or a copy is in the way.
        """
        tables = self.tables()
        backups = {table: self._backup(table, source.backup) for table in tables} if source.backup else {}
        for table in tables:
            copy = f"{table}-restored"
            self._restore(table, copy, source, backups.get(table))
            self._dynamodb.get_waiter("table_exists").wait(TableName=copy, WaiterConfig=PATIENCE)
            try:
                yield self._take_over(table, copy, exactly=exactly)
            finally:
                self._dynamodb.delete_table(TableName=copy)

    def _backup(self, table: str, name: str) -> str:
        summaries = self._dynamodb.list_backups(TableName=table)["BackupSummaries"]
        found = [one["BackupArn"] for one in summaries if one["BackupName"] == name]
        if not found:
            raise Refusal(f"{table} has no backup {name}.")
        return str(found[-1])

    def _restore(self, table: str, copy: str, source: Source, backup: str | None) -> None:
        try:
            if backup:
                self._dynamodb.restore_table_from_backup(TargetTableName=copy, BackupArn=backup)
            else:
                self._dynamodb.restore_table_to_point_in_time(
                    SourceTableName=table, TargetTableName=copy, RestoreDateTime=source.at
                )
        except ClientError as error:
            if error.response["Error"]["Code"] == "TableAlreadyExistsException":
                raise Refusal(f"{copy} is in the way, from an earlier try: delete it.") from error
            raise

    def _take_over(self, table: str, copy: str, *, exactly: bool) -> Restored:
        names = [one["AttributeName"] for one in self._dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
        result = Restored(table)
        if not exactly:
            condition = f"attribute_not_exists({names[0]})"
            put = _at_once(lambda item: self._put_if(table, item, condition), self._items(copy))
            result.brought_back = sum(put)
            return result
        present = {_key(item, names): _digest(item) for item in self._items(table)}
        then: set[Key] = set()

        def changed() -> Iterator[Item]:
            for item in self._items(copy):
                key = _key(item, names)
                then.add(key)
                if present.get(key) != _digest(item):
                    yield item

        result.brought_back = _count(
            _at_once(lambda item: self._dynamodb.put_item(TableName=table, Item=item), changed())
        )
        newer = (dict(zip(names, map(json.loads, key), strict=True)) for key in present if key not in then)
        result.removed = _count(_at_once(lambda key: self._dynamodb.delete_item(TableName=table, Key=key), newer))
        return result

    def _put_if(self, table: str, item: Item, condition: str) -> bool:
        try:
            self._dynamodb.put_item(TableName=table, Item=item, ConditionExpression=condition)
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _items(self, table: str) -> Iterator[Item]:
        for page in self._dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
            yield from page["Items"]


def _key(item: Item, names: list[str]) -> Key:
    """Return the key of an item, each attribute as JSON: no key here is of bytes."""
    return tuple(json.dumps(item[name]) for name in names)


def _digest(item: Item) -> bytes:
    """Return what tells an item from what it was otherwise; all items of a large table would not fit into memory."""
    return hashlib.sha256(repr(sorted(item.items())).encode()).digest()[:16]


def _at_once(act: Callable[[Thing], Done], things: Iterable[Thing]) -> Iterator[Done]:
    """Do something to each of many things, several at a time, without holding more than some of them."""
    rest = iter(things)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        while some := list(islice(rest, SOME)):
            yield from threads.map(act, some)


def _count(results: Iterable[Any]) -> int:
    return sum(1 for _ in results)


def client_in(region: str) -> Callable[[str], Any]:
    """Return what makes clients of a region, with enough connections for the threads."""
    config = Config(max_pool_connections=AT_ONCE)
    return lambda service: boto3.client(service, region_name=region, config=config)


def main() -> int:
    """Restore what the command line asks for, and print what became of each table."""
    parser = command.parser("restore", "Bring back what tables held.")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--at", type=datetime.fromisoformat, help="a moment, for example 2026-11-27T03:00:00Z")
    source.add_argument("--backup", help="the name of a backup of every table")
    parser.add_argument("--exactly", action="store_true", help="lose what was written since")
    given = parser.parse_args()

    def restore() -> None:
        restoration = Restoration(f"kaiwa-{given.stage}", client_in(given.region))
        for one in restoration.run(Source(given.at, given.backup), exactly=given.exactly):
            print(f"{one.table}: {one.brought_back} brought back, {one.removed} removed", flush=True)

    return command.exit_code(restore)


if __name__ == "__main__":
    sys.exit(main())
