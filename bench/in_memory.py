"""A Kaiwa in one process: its functions on a DynamoDB in memory, with sockets that answer over HTTP as slowly as told.

What goes into the queue is worked off at once by processes of their own, as many as Lambda would start.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

import boto3
import botocore.session
import msgspec
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from bench import environment, proxy
from bench.baselines import tables
from bench.meter import Costs, Meter
from bench.units import Table
from tests import template

WORKERS = 10
"""As many parcels as 1,000 sockets fill."""

PREFIX = f"kaiwa-{template.STAGE}-"

Asked = dict[str, Any]
Answered = dict[str, Any]


class World:
    """The tables, the sockets and what the functions asked of AWS.

    Attributes:
        meter: Counts what they ask.
        answers: What is asked before the tables are: it returns an answer of its own, or None.
        stood_in: Seconds of processor time that the stand-in for DynamoDB has taken of this process.
    """

    def __init__(self, workers: ProcessPoolExecutor | None, described: Mapping[str, Table], *, counts: bool) -> None:
        from core import aws  # noqa: PLC0415 - after the environment.

        self._over_http = aws.exchange
        self._answer = aws.Answer
        self._emitter = botocore.session.get_session().get_component("event_emitter")
        self._workers = workers
        self._parcels: list[Future[float]] = []
        self._call = BaseClient._make_api_call
        self._client = boto3.client("dynamodb")
        self.answers: Callable[[str, Asked], Answered | None] = lambda _operation, _asked: None
        self.stood_in = 0.0
        self.meter = Meter(described, self._ask)
        self._counts = counts
        self._stub = BotocoreStubber.__call__
        aws.exchange = self._exchange
        BaseClient._make_api_call = self._counted()
        BotocoreStubber.__call__ = self._timed()

    def leave(self) -> None:
        """Put back what was replaced."""
        from core import aws  # noqa: PLC0415

        aws.exchange = self._over_http
        BaseClient._make_api_call = self._call
        BotocoreStubber.__call__ = self._stub

    def begin(self) -> None:
        """Count from nothing."""
        self.meter.costs, self._parcels, self.stood_in = Costs(), [], 0.0

    def take(self) -> Costs:
        """Return what was counted, and count from nothing."""
        costs = self.meter.costs
        self.begin()
        return costs

    def last_done(self) -> tuple[float, int]:
        """Return when the last parcel of the queue was delivered, and how many there were."""
        return max((parcel.result() for parcel in self._parcels), default=0.0), len(self._parcels)

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
            self.meter.costs.add(operation, len(body))
            return self._over_http(method, service, operation, url, body, headers, patience_seconds)
        if service == "sqs":
            self.meter.costs.add("SQS SendMessage", len(body))
            if self._workers:
                text = msgspec.json.decode(body)["MessageBody"]
                self._parcels.append(self._workers.submit(_deliver, text))
            return self._answer(200, b"{}")
        if service != "dynamodb":
            self.meter.costs.add(operation, len(body))
            return self._answer(200, b"{}")
        answer = None

        def send() -> Answered:
            nonlocal answer
            answer = self._from_tables(method, operation, url, body, headers)
            self.meter.costs.add(operation, len(body), len(answer.body))
            told: Answered = msgspec.json.decode(answer.body)
            return told

        self._measured(operation, msgspec.json.decode(body), send)
        return answer

    def _measured(self, operation: str, asked: Asked, send: Callable[[], Answered]) -> Answered:
        return self.meter.around(operation, asked, send) if self._counts else send()

    def _from_tables(self, method: str, operation: str, url: str, body: bytes, headers: Mapping[str, str]) -> Any:
        told = self.answers(operation, msgspec.json.decode(body))
        if told is not None:
            return self._answer(200, msgspec.json.encode(told))
        prepared = AWSRequest(method, url, headers=dict(headers), data=body).prepare()
        _, response = self._emitter.emit_until_response(f"before-send.dynamodb.{operation}", request=prepared)
        return self._answer(response.status_code, response.content)

    def _counted(self) -> Callable[..., Any]:
        """Return what takes the place of boto3's way to call, for the baselines."""

        def call(client: Any, operation: str, asked: Asked) -> Answered:
            def send() -> Answered:
                self.meter.costs.add(operation)
                answered: Answered = self._call(client, operation, asked)
                return answered

            if client.meta.service_model.service_name == "dynamodb" and client is not self._client:
                return self._measured(operation, asked, send)
            return send()

        return call

    def _timed(self) -> Callable[..., Any]:
        """Return what takes the place of moto's answering."""

        def answer(stub: Any, *given: Any, **named: Any) -> Any:
            before = time.thread_time()
            try:
                return self._stub(stub, *given, **named)
            finally:
                self.stood_in += time.thread_time() - before

        return answer

    def _ask(self, operation: str, asked: Asked) -> Answered:
        told = self.answers(operation, asked)
        if told is None:
            told = self._call(self._client, operation, asked)
        return told


@contextmanager
def world(delay_seconds: float = 0, *, has_workers: bool = True, counts: bool = True) -> Iterator[World]:
    """Give a world whose sockets take this long for a post.

    Args:
        delay_seconds: So long.
        has_workers: Whether there are processes that work off the queue; else it is only counted what goes into it.
        counts: Whether units are counted, which asks much of the tables.
    """
    prepare()
    from core.settings import settings  # noqa: PLC0415

    with proxy.running({"execute-api": delay_seconds}) as sockets:
        os.environ["CONNECTIONS_URL"] = sockets.url
        settings.cache_clear()
        with mock_aws():
            described = _create_tables()
            if not has_workers:
                yield from _living(None, described, counts=counts)
                return
            with ProcessPoolExecutor(WORKERS, get_context("spawn"), initializer=_warm) as workers:
                # Each of them starts before anything is measured.
                list(workers.map(time.sleep, [0.5] * WORKERS))
                yield from _living(workers, described, counts=counts)


def prepare() -> None:
    """Put into the environment what functions find there; these log nothing. It comes before any import of theirs."""
    environment.prepare(POWERTOOLS_LOG_LEVEL="CRITICAL", POWERTOOLS_METRICS_DISABLED="true")


def _living(workers: ProcessPoolExecutor | None, described: Mapping[str, Table], *, counts: bool) -> Iterator[World]:
    living = World(workers, described, counts=counts)
    try:
        yield living
    finally:
        living.leave()


def _create_tables() -> dict[str, Table]:
    client = boto3.client("dynamodb")
    wanted = {"TableName", "BillingMode", "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes"}
    wanted |= {"GlobalSecondaryIndexes"}
    everything = [*template.resources("AWS::DynamoDB::Table").values(), *tables.described(PREFIX)]
    for properties in everything:
        client.create_table(**{name: properties[name] for name in wanted & properties.keys()})
    return {properties["TableName"]: Table.described(properties) for properties in everything}


def _warm() -> None:
    """Import what a parcel needs, as a function that has been called before has."""
    from domain import deliveries  # noqa: F401, PLC0415


def _deliver(text: str) -> float:
    """Do as the function DeliverEvents does. Returns when it was done, on the clock that all processes share."""
    from domain import deliveries  # noqa: PLC0415

    if not deliveries.take(text):
        raise RuntimeError("Expected a delivered parcel.")
    return time.monotonic()
