import sys

import boto3
import pytest

from deploy import destroy
from deploy.command import Refusal
from tests.unit.deploy.conftest import Told
from tests.unit.deploy.test_preflight import create_table

REGION = "us-east-1"
BUCKET = "kaiwa-try-files-123456789012"


@pytest.fixture
def removed(account: Told, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """The stacks that osls was told to remove."""
    removed: list[tuple[str, str]] = []
    monkeypatch.setattr(destroy, "remove", lambda *stack: removed.append(stack))
    return removed


def create_pool(name: str, protection: str = "INACTIVE") -> str:
    pools = boto3.client("cognito-idp", REGION)
    return pools.create_user_pool(PoolName=name, DeletionProtection=protection)["UserPool"]["Id"]


def create_bucket(name: str) -> None:
    s3 = boto3.client("s3", REGION)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="files/a", Body=b"a")


def tables() -> list[str]:
    return boto3.client("dynamodb", REGION).list_tables()["TableNames"]


def buckets() -> list[str]:
    return [one["Name"] for one in boto3.client("s3", REGION).list_buckets()["Buckets"]]


def pools() -> list[str]:
    return [one["Id"] for one in boto3.client("cognito-idp", REGION).list_user_pools(MaxResults=60)["UserPools"]]


def protect(table: str) -> None:
    boto3.client("dynamodb", REGION).update_table(TableName=table, DeletionProtectionEnabled=True)


def test_a_stage_for_trying_goes_with_all_that_was_in_it(removed: list[tuple[str, str]]) -> None:
    for name in ("kaiwa-try-users", "kaiwa-try-chats", "kaiwa-trying-users", "other"):
        create_table(name)
    ours, others = create_pool("kaiwa-try"), create_pool("kaiwa-trying")
    create_bucket(BUCKET)
    create_bucket("kaiwa-trying-files-123456789012")
    destroy.destroy("try", REGION, "try")
    assert removed == [("try", REGION)]
    assert tables() == ["kaiwa-trying-users", "other"]
    assert pools() == [others]
    assert ours not in pools()
    assert buckets() == ["kaiwa-trying-files-123456789012"]


@pytest.mark.parametrize(
    ("stage", "confirmed", "reason"),
    [
        ("prod", "prod", "never"),
        ("local", "local", "make reset"),
        ("try", "", "CONFIRM=try"),
        ("try", "dev", "CONFIRM=try"),
    ],
)
def test_what_is_in_use_or_not_confirmed_stays(
    stage: str, confirmed: str, reason: str, removed: list[tuple[str, str]]
) -> None:
    create_table(f"kaiwa-{stage}-users")
    with pytest.raises(Refusal, match=reason):
        destroy.destroy(stage, REGION, confirmed)
    assert removed == []
    assert tables() == [f"kaiwa-{stage}-users"]


def test_a_protected_table_protects_its_stage(removed: list[tuple[str, str]]) -> None:
    create_table("kaiwa-staging-users")
    protect("kaiwa-staging-users")
    with pytest.raises(Refusal, match=r"staging is protected from deletion.*kaiwa-staging-users"):
        destroy.destroy("staging", REGION, "staging")
    assert removed == []


def test_a_protected_user_pool_protects_its_stage(removed: list[tuple[str, str]]) -> None:
    pool = create_pool("kaiwa-staging", "ACTIVE")
    with pytest.raises(Refusal, match=pool):
        destroy.destroy("staging", REGION, "staging")
    assert removed == []


def test_where_the_stack_stays_so_does_all_else(account: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    create_table("kaiwa-try-users")
    monkeypatch.setattr(destroy, "OSLS", sys.executable)
    with pytest.raises(Refusal, match="osls ended with 2"):
        destroy.destroy("try", REGION, "try")
    assert tables() == ["kaiwa-try-users"]


def test_the_command_tells_why_not(
    account: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["destroy", "--stage", "prod", "--region", REGION, "--confirm", "prod"])
    assert destroy.main() == 1
    assert capsys.readouterr().err == "prod is never destroyed by this command.\n"
