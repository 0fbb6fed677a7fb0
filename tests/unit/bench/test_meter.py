"""The prices of DynamoDB's calls, by the rules of its developer guide."""

from typing import Any

import pytest

from bench import units
from bench.meter import Meter
from bench.proxy import longest_chain
from bench.units import Table

MESSAGES = Table.described(
    {
        "KeySchema": [{"AttributeName": "chatId", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "bySeq",
                "KeySchema": [{"AttributeName": "chatId"}, {"AttributeName": "seq"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["senderId"]},
            }
        ],
    }
)
KEY = {"chatId": {"S": "c"}, "id": {"S": "m"}}


def message(size: int, **others: Any) -> dict[str, Any]:
    item = {**KEY, "seq": {"N": "1"}, "senderId": {"S": "ann"}, **others}
    return {**item, "text": {"S": "x" * (size - units.size(item) - len("text"))}}


def test_sizes_are_those_of_the_guide() -> None:
    assert units.size({"name": {"S": "花"}}) == 4 + 3
    assert units.size({"n": {"N": "12345"}}) == 1 + 4
    assert units.size({"n": {"N": "-12345"}}) == 1 + 4
    assert units.size({"b": {"BOOL": True}, "z": {"NULL": True}}) == 4
    assert units.size({"s": {"SS": ["ab", "c"]}}) == 1 + 3
    assert units.size({"l": {"L": [{"S": "ab"}]}}) == 1 + 3 + 1 + 2
    assert units.size({"m": {"M": {"k": {"S": "ab"}}}}) == 1 + 3 + 1 + 1 + 2


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, message(1024), 1 + 1),
        (None, message(1025), 2 + 1),
        (message(3000), message(100), 3),
        (message(100), None, 1 + 1),
        (message(100), message(100, seq={"N": "2"}), 1 + 2),
        (None, None, 1),
        ({**KEY, "text": {"S": "no seq"}}, {**KEY, "text": {"S": "none"}}, 1),
    ],
)
def test_a_write_costs_its_item_and_what_changes_in_indexes(before: Any, after: Any, expected: int) -> None:
    assert units.written(MESSAGES, before, after, in_transaction=False) == expected
    assert units.written(MESSAGES, before, after, in_transaction=True) == 2 * expected


def test_reads_are_rounded_each_by_itself_or_as_a_page() -> None:
    small = [message(100)] * 3
    assert units.read(small, together=False, consistent=True) == 3
    assert units.read(small, together=True, consistent=True) == 1
    assert units.read(small, together=True, consistent=False) == 0.5
    assert units.read([{}], together=False, consistent=False) == 0.5
    assert units.read([message(4097)], together=False, consistent=True) == 2


class Store:
    """DynamoDB, with one item."""

    def __init__(self, item: dict[str, Any] | None) -> None:
        self.item = item

    def ask(self, _operation: str, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"Item": self.item} if self.item else {}


def test_a_write_is_priced_by_what_was_there_and_what_is() -> None:
    store = Store(message(2000))
    meter = Meter({"messages": MESSAGES}, store.ask)

    def send() -> dict[str, Any]:
        store.item = None
        return {}

    meter.around("DeleteItem", {"TableName": "messages", "Key": KEY}, send)
    assert meter.costs.write_units == 2 + 1


def test_a_filter_hides_nothing_from_the_bill() -> None:
    asked: dict[str, Any] = {
        "TableName": "messages",
        "KeyConditionExpression": "#0 = :0",
        "FilterExpression": "attribute_exists (#1)",
        "ExpressionAttributeNames": {"#0": "chatId", "#1": "text"},
        "ExpressionAttributeValues": {":0": {"S": "c"}},
    }
    seen: list[dict[str, Any]] = []

    def ask(_operation: str, again: dict[str, Any]) -> dict[str, Any]:
        seen.append(again)
        return {"Items": [message(4000), message(4000)]}

    meter = Meter({"messages": MESSAGES}, ask)
    meter.around("Query", asked, lambda: {"Items": []})
    assert meter.costs.read_units == 1
    assert seen[0]["ExpressionAttributeNames"] == {"#0": "chatId"}
    assert "FilterExpression" not in seen[0]


def test_a_transaction_costs_twice_and_a_check_as_if_it_wrote() -> None:
    meter = Meter({"messages": MESSAGES}, Store(message(100)).ask)
    asked = {
        "TransactItems": [
            {"Update": {"TableName": "messages", "Key": KEY}},
            {"ConditionCheck": {"TableName": "messages", "Key": KEY}},
        ]
    }
    meter.around("TransactWriteItems", asked, dict)
    assert meter.costs.write_units == 4


@pytest.mark.parametrize(
    ("spans", "expected"),
    [([], 0), ([(0, 1)], 1), ([(0, 1), (0, 2), (0.5, 1.5)], 1), ([(0, 1), (1, 2), (1.5, 3), (2, 4)], 3)],
)
def test_waits_are_calls_of_which_no_two_overlap(spans: list[tuple[float, float]], expected: int) -> None:
    assert longest_chain(spans) == expected
