"""The clients of AWS that the baselines use: boto3's own, made once a process."""

import os
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

THREADS = 32


@cache
def dynamodb() -> Any:
    """Return a client for DynamoDB, which is where the product's setting says, if anywhere else than at AWS."""
    given = os.environ["DYNAMODB_URL"]
    url = given if given.startswith("http:") else None
    return boto3.client("dynamodb", endpoint_url=url, config=Config(max_pool_connections=THREADS))


@cache
def sockets() -> Any:
    """Return a client for ``@connections``."""
    config = Config(max_pool_connections=THREADS)
    return boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["CONNECTIONS_URL"], config=config)
