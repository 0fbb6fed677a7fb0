"""Systems Manager's OpsCenter: what somebody has to do."""

import json
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from core.settings import settings

PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 5, "mode": "standard"})

SOURCE = "Kaiwa"
CATEGORY = "Security"

MOST_TITLE = 1024
MOST_DESCRIPTION = 2048
"""Characters (Systems Manager's API reference, "CreateOpsItem")."""


def open_once(key: str, title: str, description: str, severity: int) -> bool:
    """Open an OpsItem, unless one with this key is open or in progress.

    Args:
        key: What tells it from others. OpsCenter itself compares it with those that are not resolved.
        title: One line.
        description: What to do.
        severity: From 1, the worst, to 4.

    Returns:
        Whether there was none.
    """
    client: Any = boto3.client("ssm", region_name=settings().region, config=PATIENCE)
    dedup = {"Value": json.dumps({"dedupString": key}), "Type": "SearchableString"}
    try:
        client.create_ops_item(
            Title=title[:MOST_TITLE],
            Description=description[:MOST_DESCRIPTION],
            Source=SOURCE,
            Category=CATEGORY,
            Severity=str(severity),
            OperationalData={"/aws/dedup": dedup},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "OpsItemAlreadyExistsException":
            return False
        raise
    return True
