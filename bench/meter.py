"""What operations ask of AWS: calls, bytes, and units of DynamoDB, whoever makes the calls and wherever they go."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench import units
from bench.units import Item, Table

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks DynamoDB for an operation with these parameters, in its own JSON, without being counted."""

Key = dict[str, dict[str, Any]]


@dataclass
class Costs:
    """What was asked.

    Attributes:
        calls: How often, by operation.
        sent: The bytes of the requests' bodies.
        received: The bytes of the answers' bodies.
        write_units: DynamoDB's.
        read_units: The same.
        waits: How many calls to a service waited for each other, where somebody watched when each was under way.
    """

    calls: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    received: int = 0
    write_units: float = 0
    read_units: float = 0
    waits: dict[str, int] = field(default_factory=dict)

    def add(self, operation: str, sent: int = 0, received: int = 0) -> None:
        """Count a call."""
        self.calls[operation] = self.calls.get(operation, 0) + 1
        self.sent += sent
        self.received += received

    def each(self, number: int) -> "Costs":
        """Return the costs of one of so many that were alike."""
        calls = {operation: round(count / number, 2) for operation, count in self.calls.items()}
        return Costs(
            calls,
            self.sent // number,
            self.received // number,
            self.write_units / number,
            self.read_units / number,
            self.waits if number == 1 else {},
        )


class Meter:
    """Counts the units of calls to DynamoDB.

    Attributes:
        costs: What was counted since it was last set.
    """

    def __init__(self, tables: Mapping[str, Table], ask: Ask) -> None:
        """Make a meter.

        Args:
            tables: What is known of the tables, by their names.
            ask: Asks the same DynamoDB: for items as they are before a write and after, and for what a filter hid.
        """
        self.costs = Costs()
        self.tables = dict(tables)
        self._ask = ask

    def around(self, operation: str, asked: dict[str, Any], send: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Have a call made, and count its units.

        Args:
            operation: DynamoDB's name of it.
            asked: Its parameters.
            send: Makes it, and returns the answer. What it raises comes out, and is counted too.
        """
        writes = list(_writes(operation, asked))
        before = [self._now(table, key) for table, key, _ in writes]
        try:
            answered = send()
        finally:
            is_whole = operation == "TransactWriteItems"
            for (table, key, changes), old in zip(writes, before, strict=True):
                new = self._now(table, key) if changes else old
                self.costs.write_units += units.written(self.tables[table], old, new, in_transaction=is_whole)
        self.costs.read_units += self._read(operation, asked, answered)
        return answered

    def _now(self, table: str, key: Item) -> Item | None:
        wanted = {name: value for name, value in key.items() if name in self.tables[table].keys}
        found = self._ask("GetItem", {"TableName": table, "Key": wanted, "ConsistentRead": True})
        return found.get("Item")

    def _read(self, operation: str, asked: dict[str, Any], answered: dict[str, Any]) -> float:
        is_consistent = bool(asked.get("ConsistentRead"))
        match operation:
            case "GetItem":
                return units.read([self._whole(asked, answered)], together=False, consistent=is_consistent)
            case "BatchGetItem":
                return sum(
                    self._batch(wanted, answered.get("Responses", {}).get(table, []))
                    for table, wanted in asked["RequestItems"].items()
                )
            case "Query" | "Scan":
                hiding = {"FilterExpression", "ProjectionExpression"}
                if hiding & asked.keys():
                    answered = self._ask(operation, _without(asked, hiding))
                return units.read(answered.get("Items", []), together=True, consistent=is_consistent)
        return 0

    def _whole(self, asked: dict[str, Any], answered: dict[str, Any]) -> Item:
        if "ProjectionExpression" in asked:
            return self._now(asked["TableName"], asked["Key"]) or {}
        found: Item = answered.get("Item", {})
        return found

    def _batch(self, wanted: dict[str, Any], found: list[Item]) -> float:
        missing: list[Item] = [{}] * (len(wanted["Keys"]) - len(found))
        return units.read([*found, *missing], together=False, consistent=bool(wanted.get("ConsistentRead")))


def _writes(operation: str, asked: dict[str, Any]) -> Iterator[tuple[str, Key, bool]]:
    """Yield the table and the key of each item that a call writes, or checks as if it wrote, and whether it writes."""
    match operation:
        case "PutItem":
            yield asked["TableName"], asked["Item"], True
        case "UpdateItem" | "DeleteItem":
            yield asked["TableName"], asked["Key"], True
        case "TransactWriteItems":
            for write in asked["TransactItems"]:
                ((kind, told),) = write.items()
                yield told["TableName"], told.get("Item") or told["Key"], kind != "ConditionCheck"
        case "BatchWriteItem":
            for table, requests in asked["RequestItems"].items():
                for request in requests:
                    ((kind, told),) = request.items()
                    yield table, told["Item" if kind == "PutRequest" else "Key"], True


def _without(asked: dict[str, Any], fields: set[str]) -> dict[str, Any]:
    """Return a query without what hides items. Names and values that nothing uses are an error, so they go too."""
    kept = {name: value for name, value in asked.items() if name not in fields}
    used = kept.get("KeyConditionExpression", "")
    for name in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        if name in kept:
            kept[name] = {key: value for key, value in kept[name].items() if _uses(used, key)}
            if not kept[name]:
                del kept[name]
    return kept


def _uses(expression: str, key: str) -> bool:
    words = expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
    return key in words
