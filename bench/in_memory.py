"""A Kaiwa in one process: its functions on a DynamoDB in memory, with sockets that answer over HTTP as slowly as told.

What goes into the queue is worked off at once by processes of their own, as many as Lambda would start.
"""

import os
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from multiprocessing import get_context
from typing import Any
from uuid import uuid4

import boto3
import botocore.session
import msgspec
from botocore.awsrequest import AWSRequest
from moto import mock_aws

from bench.connections_api import answering
from tests import template

WORKERS = 10
"""As many parcels as 1,000 sockets fill."""

ENVIRONMENT = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_EC2_METADATA_DISABLED": "true",
    "TABLE_PREFIX": "kaiwa-test-",
    "USER_POOL_ID": "pool",
    "USER_POOL_CLIENT_ID": "client",
    "DYNAMODB_URL": "https://dynamodb.us-east-1.amazonaws.com",
    "SOCKET_URL": "wss://socket.example.com/test",
    "CONNECTIONS_URL": "http://127.0.0.1",
    "QUEUE_URL": "https://sqs.us-east-1.amazonaws.com",
    "DELIVERIES_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-deliveries",
    "CALLS_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-calls",
    "DIRECT_SOCKETS": "100",
    "BUS_URL": "https://events.us-east-1.amazonaws.com",
    "EVENT_BUS": "kaiwa-test",
    "OFFLINE_EVENTS": "false",
    "MESSAGE_DAYS": "0",
    "PACKAGE_INDEX_URL": "https://pypi.org",
    "INSPECTOR": "false",
    "API_URL": "https://api.example.com",
    "PARAMETERS_URL": "https://ssm.us-east-1.amazonaws.com",
    "CANARY_PARAMETER": "/kaiwa/test/canary",
    "STUN_URLS": "",
    "TURN_URLS": "",
    "TURN_SECRET": "/kaiwa/test/turn-secret",
    "TURN_SECONDS": "3600",
    "CONFIRM_MAIL": "false",
    "MAIL_URL": "https://email.us-east-1.amazonaws.com",
    "MAIL_FROM": "kaiwa@example.com",
    "WEB_ORIGINS": "https://chat.example.com",
    "FILES_URL": "https://kaiwa-test-files-123456789012.s3.us-east-1.amazonaws.com",
    "ERASURES_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-erasures",
    "LIMITS": '{"sends": 0}',
    "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    "POWERTOOLS_SERVICE_NAME": "kaiwa-test",
}
"""Models name their tables while they are imported, so this comes before any of them."""

# Powertools prints its metrics, which is not what is to be seen here.
ENVIRONMENT["POWERTOOLS_METRICS_DISABLED"] = "true"

Item = dict[str, dict[str, Any]]


@dataclass
class Costs:
    """What one message cost.

    Attributes:
        calls: The calls to DynamoDB and SQS, by operation.
        write_units: DynamoDB's, transactions counting twice.
        read_units: The same.
    """

    calls: dict[str, int] = field(default_factory=dict)
    write_units: float = 0
    read_units: float = 0


class World:
    """The tables, the sockets and what the functions asked of AWS."""

    def __init__(self, url: str, workers: ProcessPoolExecutor) -> None:
        from core import aws  # noqa: PLC0415 - after the environment.

        self._over_http = aws.exchange
        self._answer = aws.Answer
        self._emitter = botocore.session.get_session().get_component("event_emitter")
        self._workers = workers
        self._parcels: list[Future[float]] = []
        self.url = url
        self.costs = Costs()
        aws.exchange = self._exchange

    def chat(self, members: int) -> tuple[str, str]:
        """Make a group of so many members, each with one socket. Returns its id and one of them."""
        from core import clock  # noqa: PLC0415
        from models import chats, connections  # noqa: PLC0415

        self.costs = Costs()
        ids = [str(uuid4()) for _ in range(members)]
        now = clock.now()
        chat = chats.Chat(
            str(uuid4()), kind="group", member_ids=set(ids), last_seq=0, active_at=now, created_at=now, admins={ids[0]}
        )
        chats.create_large(chat)
        with connections.Connections.batch_write() as batch:
            for user_id in ids:
                socket = connections.Socket(user_id, uuid4().hex, uuid4().hex[:16] + "=", clock.milliseconds())
                batch.save(connections.Connections(user_id, elements={socket.element}, last_seen_at=now))
        return chat.chat_id, ids[0]

    def send(self, chat_id: str, sender_id: str, text: str, parcels: int) -> float:
        """Send a message over HTTP, which must go by so many parcels.

        Returns:
            The milliseconds until the last socket has it.
        """
        from core.operations import Caller  # noqa: PLC0415
        from domain import messages  # noqa: PLC0415

        self.costs, self._parcels = Costs(), []
        caller = Caller(user_id=sender_id, source_address="127.0.0.1")
        started = time.monotonic()
        messages.send(caller, chat_id, messages.Draft(text, (), None, uuid4().hex))
        if len(self._parcels) != parcels:
            raise RuntimeError(f"Expected {parcels} parcels, got {len(self._parcels)}: posts have failed.")
        ends = [time.monotonic(), *(parcel.result() for parcel in self._parcels)]
        return (max(ends) - started) * 1000

    def _exchange(
        self,
        method: str,
        service: str,
        operation: str,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        patience_seconds: float | None = None,
    ) -> Any:
        if service == "execute-api":
            return self._over_http(method, service, operation, url, body, headers, patience_seconds)
        self.costs.calls[operation] = self.costs.calls.get(operation, 0) + 1
        if service == "sqs":
            text = msgspec.json.decode(body)["MessageBody"]
            self._parcels.append(self._workers.submit(_deliver, text))
            return self._answer(200, b"{}")
        prepared = AWSRequest(method, url, headers=dict(headers), data=body).prepare()
        _, response = self._emitter.emit_until_response(f"before-send.{service}.{operation}", request=prepared)
        self._count(operation, msgspec.json.decode(body), msgspec.json.decode(response.content))
        return self._answer(response.status_code, response.content)

    def _count(self, operation: str, asked: dict[str, Any], answered: dict[str, Any]) -> None:
        """Add what a call costs (DynamoDB's developer guide, "DynamoDB read and write operations")."""
        if operation == "UpdateItem":
            self.costs.write_units += units(answered["Attributes"], 1024)
        elif operation == "PutItem":
            item = asked["Item"]
            self.costs.write_units += units(item, 1024)
            if "seq" in item:
                entry = {name: item[name] for name in ("chatId", "messageId", "seq", "senderId")}
                self.costs.write_units += units(entry, 1024)
        elif operation == "BatchGetItem":
            # Eventually consistent reads cost a half, also of an item that is not there.
            for items in answered["Responses"].values():
                self.costs.read_units += sum(units(item, 4096) for item in items) / 2


def units(item: Item, unit_bytes: int) -> int:
    """Return the units of an item."""
    return ceil(sum(len(name.encode()) + _size(value) for name, value in item.items()) / unit_bytes)


def _size(value: dict[str, Any]) -> int:
    """Return an attribute's bytes (the developer guide, "DynamoDB item sizes and formats")."""
    ((kind, held),) = value.items()
    if kind == "N":
        return ceil(len(held) / 2) + 1
    if kind == "SS":
        return sum(len(element.encode()) for element in held)
    return len(held.encode()) if kind == "S" else 1


@contextmanager
def world(delay_seconds: float) -> Iterator[World]:
    """Give a world whose sockets take this long for a post."""
    os.environ.update(ENVIRONMENT)
    from core.settings import settings  # noqa: PLC0415

    with answering(delay_seconds) as url:
        os.environ["CONNECTIONS_URL"] = url
        settings.cache_clear()
        with mock_aws(), ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=_warm) as workers:
            client = boto3.client("dynamodb")
            wanted = {"TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes"}
            wanted |= {"GlobalSecondaryIndexes"}
            for properties in template.resources("AWS::DynamoDB::Table").values():
                client.create_table(**{name: properties[name] for name in wanted & properties.keys()})
            # Each of them starts before anything is measured.
            list(workers.map(time.sleep, [0.5] * WORKERS))
            yield World(url, workers)


def _warm() -> None:
    """Import what a parcel needs, as a function that has been called before has."""
    from domain import delivery  # noqa: F401, PLC0415


def _deliver(text: str) -> float:
    """Do as the function DeliverEvents does. Returns when it was done, on the clock that all processes share."""
    from domain import delivery  # noqa: PLC0415

    if not delivery.deliver(text):
        raise RuntimeError("Expected a delivered parcel.")
    return time.monotonic()
