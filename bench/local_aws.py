"""The local stack with what the measurements need besides: the baselines' tables, and a queue that nobody works off."""

from typing import Any

from bench.baselines import tables
from bench.units import Table
from local.stack import Stack
from tests import template

PREFIX = "kaiwa-local-"


def table_descriptions() -> dict[str, Table]:
    """Return what is known of all tables in the local stack, the baselines' too, by name."""
    ours = template.resources("AWS::DynamoDB::Table").values()
    described = {one["TableName"].replace(f"kaiwa-{template.STAGE}-", PREFIX): one for one in ours}
    described |= {one["TableName"]: one for one in tables.described(PREFIX)}
    return {name: Table.described(one) for name, one in described.items()}


def add(stack: Stack) -> str:
    """Make the tables and the queue. Returns the queue's address."""
    for one in tables.described(PREFIX):
        stack.client("dynamodb").create_table(**one)
    url: Any = stack.client("sqs").create_queue(QueueName="kaiwa-bench-deliveries")["QueueUrl"]
    return str(url)
