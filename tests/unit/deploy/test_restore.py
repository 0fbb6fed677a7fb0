import json
import sys
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

from deploy import restore
from deploy.command import Refusal
from deploy.restore import Restoration, Restored, Source
from tests.unit.deploy.conftest import Told

REGION = "us-east-1"
CHATS = "kaiwa-prod-chats"
MEMBERSHIPS = "kaiwa-prod-memberships"
THEN = Source(backup="then")


def table(name: str, *keys: str, policy: str = "RetainExceptOnCreate") -> dict[str, Any]:
    properties = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
        ],
    }
    return {"Type": "AWS::DynamoDB::Table", "DeletionPolicy": policy, "Properties": properties}


@pytest.fixture
def restoration(account: Told, monkeypatch: pytest.MonkeyPatch) -> Restoration:
    """Of a stack with two tables that are kept, and one that is not."""
    monkeypatch.setattr(restore, "PATIENCE", {"Delay": 0, "MaxAttempts": 5})
    resources = {
        "ChatsTable": table(CHATS, "chatId"),
        "MembershipsTable": table(MEMBERSHIPS, "userId", "chatId"),
        "CodesTable": table("kaiwa-prod-codes", "subject", policy="Delete"),
    }
    body = json.dumps({"Resources": resources})
    boto3.client("cloudformation", REGION).create_stack(StackName="kaiwa-prod", TemplateBody=body)
    return Restoration("kaiwa-prod", restore.client_in(REGION))


def put(name: str, *items: dict[str, str]) -> None:
    for item in items:
        typed = {key: {"S": value} for key, value in item.items()}
        boto3.client("dynamodb", REGION).put_item(TableName=name, Item=typed)


def delete(name: str, **key: str) -> None:
    boto3.client("dynamodb", REGION).delete_item(TableName=name, Key={one: {"S": key[one]} for one in key})


def items(name: str) -> list[dict[str, str]]:
    found = boto3.client("dynamodb", REGION).scan(TableName=name)["Items"]
    return sorted(({key: value["S"] for key, value in item.items()} for item in found), key=str)


def tables() -> set[str]:
    return set(boto3.client("dynamodb", REGION).list_tables()["TableNames"])


FIRST = {"chatId": "a", "name": "first"}
SECOND = {"chatId": "b", "name": "second"}
OTHERWISE = {"chatId": "b", "name": "otherwise"}
NEWER = {"chatId": "c", "name": "newer"}


@pytest.fixture
def damaged(restoration: Restoration) -> Restoration:
    """One chat was deleted since, one changed, and one made."""
    put(CHATS, FIRST, SECOND)
    put(MEMBERSHIPS, {"userId": "ann", "chatId": "a"}, {"userId": "ann", "chatId": "b"})
    restoration.back_up("then")
    delete(CHATS, chatId="a")
    delete(MEMBERSHIPS, userId="ann", chatId="a")
    put(CHATS, OTHERWISE, NEWER)
    return restoration


def test_what_is_missing_is_brought_back_and_all_else_stays(damaged: Restoration) -> None:
    results = list(damaged.run(THEN, exactly=False))
    assert results == [Restored(CHATS, 1, 0), Restored(MEMBERSHIPS, 1, 0)]
    assert items(CHATS) == [FIRST, OTHERWISE, NEWER]
    assert items(MEMBERSHIPS) == [{"userId": "ann", "chatId": "a"}, {"userId": "ann", "chatId": "b"}]


def test_exactly_is_as_it_was_then_and_nothing_else(damaged: Restoration) -> None:
    results = list(damaged.run(THEN, exactly=True))
    assert results == [Restored(CHATS, 2, 1), Restored(MEMBERSHIPS, 1, 0)]
    assert items(CHATS) == [FIRST, SECOND]


def test_nothing_is_left_of_it(damaged: Restoration) -> None:
    before = tables()
    list(damaged.run(THEN, exactly=False))
    assert tables() == before


def test_a_moment_is_restored_as_a_backup_is(damaged: Restoration) -> None:
    """Here it is the present: moto keeps no past. What matters is that it is asked for, and that nothing is lost."""
    results = list(damaged.run(Source(at=datetime.now(UTC)), exactly=True))
    assert results == [Restored(CHATS), Restored(MEMBERSHIPS)]
    assert items(CHATS) == [OTHERWISE, NEWER]


def test_without_a_backup_of_every_table_none_is_touched(damaged: Restoration) -> None:
    boto3.client("dynamodb", REGION).create_backup(TableName=CHATS, BackupName="half")
    with pytest.raises(Refusal, match=rf"^{MEMBERSHIPS} has no backup half\.$"):
        list(damaged.run(Source(backup="half"), exactly=True))
    assert items(CHATS) == [OTHERWISE, NEWER]


def test_a_copy_in_the_way_is_told(damaged: Restoration) -> None:
    boto3.client("dynamodb", REGION).create_table(**table(f"{CHATS}-restored", "chatId")["Properties"])
    with pytest.raises(Refusal, match="in the way"):
        list(damaged.run(THEN, exactly=True))
    assert items(CHATS) == [OTHERWISE, NEWER]


def test_the_command_tells_what_became_of_each_table(
    damaged: Restoration, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["restore", "--stage", "prod", "--region", REGION, "--backup"]
    monkeypatch.setattr(sys, "argv", [*command, "then", "--exactly"])
    assert restore.main() == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{CHATS}: 2 brought back, 1 removed",
        f"{MEMBERSHIPS}: 1 brought back, 0 removed",
    ]
    monkeypatch.setattr(sys, "argv", [*command, "never"])
    assert restore.main() == 1
    assert capsys.readouterr().err == f"{CHATS} has no backup never.\n"
