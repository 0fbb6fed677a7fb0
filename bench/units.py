"""What DynamoDB reads and writes cost (its developer guide, "Read and write operations" and "Item sizes and formats").

The stand-ins for DynamoDB report a flat number or none, so units are computed from the items' true sizes.
"""

from collections.abc import Iterable, Mapping
from math import ceil
from typing import Any, NamedTuple

Item = Mapping[str, Mapping[str, Any]]
"""In DynamoDB's own JSON."""

WRITE_BYTES = 1024
READ_BYTES = 4096
ELEMENT_BYTES = 1
CONTAINER_BYTES = 3


class Index(NamedTuple):
    """A secondary index.

    Attributes:
        keys: The attributes that an item must have to be in it.
        kept: The attributes that stand in it; None for all.
        is_local: Whether it is written together with the table.
    """

    keys: tuple[str, ...]
    kept: frozenset[str] | None
    is_local: bool


class Table(NamedTuple):
    """A table's keys, and its indexes by their names."""

    keys: tuple[str, ...]
    indexes: Mapping[str, Index]

    @classmethod
    def described(cls, properties: Mapping[str, Any]) -> "Table":
        """Take a table from what CloudFormation and CreateTable alike say of it."""
        keys = _keys(properties)
        local = {one["IndexName"]: _index(one, keys, True) for one in properties.get("LocalSecondaryIndexes", ())}
        others = {one["IndexName"]: _index(one, keys, False) for one in properties.get("GlobalSecondaryIndexes", ())}
        return cls(keys, local | others)


def _keys(properties: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in properties["KeySchema"])


def _index(properties: Mapping[str, Any], table_keys: tuple[str, ...], is_local: bool) -> Index:
    keys, projection = _keys(properties), properties["Projection"]
    kept = {*table_keys, *keys, *projection.get("NonKeyAttributes", ())}
    return Index(keys, None if projection["ProjectionType"] == "ALL" else frozenset(kept), is_local)


def size(item: Item) -> int:
    """Return an item's bytes."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Mapping[str, Any]) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "N":
            return ceil(len(held.lstrip("-")) / 2) + 1
        case "SS" | "NS":
            return sum(_size({kind[0]: element}) for element in held)
        case "L":
            return CONTAINER_BYTES + sum(ELEMENT_BYTES + _size(element) for element in held)
        case "M":
            return CONTAINER_BYTES + sum(ELEMENT_BYTES + len(name.encode()) + _size(one) for name, one in held.items())
        case "S":
            return len(held.encode())
    return 1


def read(items: Iterable[Item], *, together: bool, consistent: bool) -> float:
    """Return the units of reading items.

    Args:
        items: What is read. One that is not there counts as one of no size.
        together: Whether they are read as a page, whose sizes are added up before they are rounded.
        consistent: Whether every earlier write must be seen; else it is half the price.
    """
    sizes = [size(item) for item in items]
    blocks = max(1, ceil(sum(sizes) / READ_BYTES)) if together else sum(max(1, ceil(one / READ_BYTES)) for one in sizes)
    return blocks if consistent else blocks / 2


def written(table: Table, before: Item | None, after: Item | None, *, in_transaction: bool) -> float:
    """Return the units of writing one item, in its table and in every index. A write that is refused costs the same."""
    times = 2 if in_transaction else 1
    cost = times * _blocks(before, after)
    for index in table.indexes.values():
        old, new = _entry(index, before), _entry(index, after)
        if old == new:
            continue
        moved = old and new and any(old[key] != new[key] for key in index.keys)
        entry = _blocks(old, None) + _blocks(None, new) if moved else _blocks(old, new)
        cost += entry * (times if index.is_local else 1)
    return cost


def _blocks(*states: Item | None) -> int:
    return (
        max(1, ceil(max(size(state) for state in states or () if state is not None) / WRITE_BYTES))
        if any(state is not None for state in states)
        else 1
    )


def _entry(index: Index, item: Item | None) -> Item | None:
    if item is None or not all(key in item for key in index.keys):
        return None
    return {name: value for name, value in item.items() if index.kept is None or name in index.kept}
