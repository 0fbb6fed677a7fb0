"""resources/tables.yml against models/: keys, indexes, what they hold, and time to live."""

import inspect
from importlib import import_module
from typing import Any

import pytest
from pynamodb.indexes import GlobalSecondaryIndex
from pynamodb.models import Model

from models.tickets import Ticket
from tests import template
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.people import Person

TIME_TO_LIVE = "expiresAt"


def models() -> dict[str, type[Model]]:
    """Return every model under its table's name."""
    found = {}
    for file in sorted((template.ROOT / "models").glob("*.py")):
        if file.stem == "__init__":
            continue
        for _, one in inspect.getmembers(import_module(f"models.{file.stem}"), inspect.isclass):
            if issubclass(one, Model) and hasattr(one, "Meta") and hasattr(one.Meta, "table_name"):
                found[one.Meta.table_name] = one
    return found


TABLES = {properties["TableName"]: properties for properties in template.resources("AWS::DynamoDB::Table").values()}


def key_schema(keys: dict[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]


def keys_of(attributes: Any) -> dict[str, str]:
    """Return the names of the key attributes, the hash key first."""
    hash_key = {one.attr_name: "HASH" for one in attributes if one.is_hash_key}
    return {**hash_key, **{one.attr_name: "RANGE" for one in attributes if one.is_range_key}}


def test_every_model_has_a_table_and_every_table_a_model() -> None:
    assert models().keys() == TABLES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_the_keys_are_the_models(name: str) -> None:
    model = models()[name]
    assert TABLES[name]["KeySchema"] == key_schema(keys_of(model.get_attributes().values()))


@pytest.mark.parametrize("name", TABLES)
def test_the_indexes_are_the_models(name: str) -> None:
    described = {
        one["IndexName"]: (kind, one["KeySchema"], one["Projection"])
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes")
        for one in TABLES[name].get(kind, [])
    }
    expected = {}
    for index in models()[name]._indexes.values():
        kind = "GlobalSecondaryIndexes" if isinstance(index, GlobalSecondaryIndex) else "LocalSecondaryIndexes"
        schema = index._get_schema()
        keys = sorted(schema["key_schema"], key=lambda one: one["KeyType"])
        expected[schema["index_name"]] = (kind, keys, schema["projection"])
    assert described == expected


@pytest.mark.parametrize("name", TABLES)
def test_the_key_attributes_have_the_models_types(name: str) -> None:
    model = models()[name]
    types = {one.attr_name: one.attr_type for one in model.get_attributes().values()}
    defined = {one["AttributeName"]: one["AttributeType"] for one in TABLES[name]["AttributeDefinitions"]}
    keys = set(keys_of(model.get_attributes().values()))
    for index in model._indexes.values():
        keys |= {key["AttributeName"] for key in index._get_schema()["key_schema"]}
    assert defined == {key: types[key] for key in keys}


@pytest.mark.parametrize("name", TABLES)
def test_what_expires_is_deleted_and_nothing_else(name: str) -> None:
    expires = TIME_TO_LIVE in {one.attr_name for one in models()[name].get_attributes().values()}
    described = {"AttributeName": TIME_TO_LIVE, "Enabled": True} if expires else None
    assert TABLES[name].get("TimeToLiveSpecification") == described


@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_paid_by_request_encrypted_and_restorable(name: str) -> None:
    assert TABLES[name]["BillingMode"] == "PAY_PER_REQUEST"
    assert TABLES[name]["SSESpecification"] == {"SSEEnabled": True}
    assert TABLES[name]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_times_to_live_are_seconds(gateway: Gateway, ann: Person, clock: Clock) -> None:
    """DynamoDB reads them as seconds since 1970; milliseconds would be the year 58,000, and never expire."""
    ann.ticket()
    (ticket,) = Ticket.scan()
    assert clock.seconds() < ticket.expires_at <= clock.seconds() + 60
