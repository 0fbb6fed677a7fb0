"""Remove a stage that was for trying, with all that people wrote in it. It refuses whatever is protected from that.

A stack leaves its tables, its user pool and its files behind, so that nobody loses them by a slip. A stage for trying
has nothing to lose, and the next one of its name could not be made beside what is left.
"""

import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3

from deploy import command
from deploy.command import Refusal

ROOT = Path(__file__).resolve().parent.parent
OSLS = ROOT / "node_modules" / ".bin" / "osls"

MOST_POOLS = 60
"""Of one page (Cognito's API reference, "ListUserPools")."""


class Stage:
    """What a stage has that outlives its stack."""

    def __init__(self, stage: str, region: str) -> None:
        """Look at a stage in a region."""
        self._name = f"kaiwa-{stage}"
        self._region = region
        self._dynamodb = self._client("dynamodb")
        self._cognito = self._client("cognito-idp")

    def tables(self) -> list[str]:
        """Return the names of its tables."""
        pages = self._dynamodb.get_paginator("list_tables").paginate()
        return [name for page in pages for name in page["TableNames"] if name.startswith(f"{self._name}-")]

    def pools(self) -> list[str]:
        """Return the ids of its user pools."""
        pages = self._cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": MOST_POOLS})
        return [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == self._name]

    def protected(self) -> list[str]:
        """Return what may not be deleted."""
        tables = [one for one in self.tables() if self._described(one).get("DeletionProtectionEnabled")]
        pools = [one for one in self.pools() if self._pool(one).get("DeletionProtection") == "ACTIVE"]
        return [*tables, *pools]

    def delete_rest(self) -> None:
        """Delete what the stack left behind."""
        for table in self.tables():
            print(f"deleting the table {table}")
            self._dynamodb.delete_table(TableName=table)
        for pool in self.pools():
            print(f"deleting the user pool {pool}")
            self._cognito.delete_user_pool(UserPoolId=pool)
        account = self._client("sts").get_caller_identity()["Account"]
        bucket = boto3.resource("s3", region_name=self._region).Bucket(f"{self._name}-files-{account}")
        if bucket.name in {one["Name"] for one in self._client("s3").list_buckets()["Buckets"]}:
            print(f"deleting the bucket {bucket.name}")
            bucket.objects.all().delete()
            bucket.delete()

    def _described(self, table: str) -> dict[str, Any]:
        found: dict[str, Any] = self._dynamodb.describe_table(TableName=table)["Table"]
        return found

    def _pool(self, pool: str) -> dict[str, Any]:
        found: dict[str, Any] = self._cognito.describe_user_pool(UserPoolId=pool)["UserPool"]
        return found

    def _client(self, service: str) -> Any:
        return boto3.client(service, region_name=self._region)


def destroy(stage: str, region: str, confirmed: str) -> None:
    """Remove a stage and everything in it.

    Args:
        stage: The stage.
        region: Where it is.
        confirmed: The stage's name once more.

    Raises:
        Refusal: It is in use, or protected, or was not confirmed.
    """
    if stage == "prod":
        raise Refusal("prod is never destroyed by this command.")
    if stage == "local":
        raise Refusal("The stage `local` belongs to `make run`; `make reset` forgets it.")
    found = Stage(stage, region)
    if protected := found.protected():
        raise Refusal(f"{stage} is protected from deletion, so people use it: {', '.join(protected)}.")
    if confirmed != stage:
        raise Refusal(
            f"This deletes all that people wrote in {stage}. Say so: make destroy STAGE={stage} CONFIRM={stage}"
        )
    remove(stage, region)
    found.delete_rest()


def remove(stage: str, region: str) -> None:
    """Remove the stack.

    Raises:
        Refusal: osls could not.
    """
    result = subprocess.run([OSLS, "remove", "--stage", stage, "--region", region], cwd=ROOT, check=False)
    if result.returncode:
        raise Refusal(f"The stack was not removed: osls ended with {result.returncode}.")


def main() -> int:
    """Destroy the stage that the command line names."""
    parser = command.parser("destroy", "Remove a stage and all in it.")
    parser.add_argument("--confirm", default="")
    given = parser.parse_args()
    return command.exit_code(lambda: destroy(given.stage, given.region, given.confirm))


if __name__ == "__main__":
    sys.exit(main())
