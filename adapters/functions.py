"""Lambda: the functions that are deployed."""

from typing import Any

import boto3
from botocore.config import Config

from core.settings import settings

PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 5, "mode": "standard"})


def by_runtime(prefix: str) -> dict[str, list[str]]:
    """Return the names of deployed functions by what runs them, for example ``python3.13``.

    Args:
        prefix: What their names begin with.
    """
    client: Any = boto3.client("lambda", region_name=settings().region, config=PATIENCE)
    found: dict[str, list[str]] = {}
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            # One that is made of an image brings its own.
            if function["FunctionName"].startswith(prefix) and "Runtime" in function:
                found.setdefault(function["Runtime"], []).append(function["FunctionName"])
    return found
