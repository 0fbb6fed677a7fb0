"""What a post to a socket costs: ours against boto3, in turns, in the same run."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from statistics import median

import boto3
from botocore.config import Config

from adapters import sockets
from bench import proxy
from core import parallel
from core.settings import settings

POSTS = 1_000
ROUNDS = 5
FRAME = b'{"type":"message.created","chatId":"c","seq":1,"message":{"text":"' + b"x" * 400 + b'"}}'

Measured = dict[str, float]


def measure() -> Measured:
    """Return the posts per second of processor time, by who posts."""
    with proxy.running() as sockets_url:
        url = sockets_url.url
        os.environ["CONNECTIONS_URL"] = url
        settings.cache_clear()
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=url,
            region_name="us-east-1",
            config=Config(max_pool_connections=32, retries={"total_max_attempts": 1}),
        )
        with ThreadPoolExecutor(32) as threads:

            def boto3_post(number: int) -> None:
                client.post_to_connection(ConnectionId=f"c{number}=", Data=FRAME)

            ways: dict[str, Callable[[], object]] = {
                "boto3, 1 thread": lambda: [boto3_post(number) for number in range(POSTS)],
                "boto3, 32 threads": lambda: list(threads.map(boto3_post, range(POSTS))),
                "ours": lambda: parallel.each(_post, range(POSTS)),
            }
            rates: dict[str, list[float]] = {name: [] for name in ways}
            for round_number in range(ROUNDS + 1):
                for name, way in ways.items():
                    before = time.process_time()
                    way()
                    used = time.process_time() - before
                    # The first round opens the connections.
                    if round_number:
                        rates[name].append(POSTS / used)
    return {name: median(each) for name, each in rates.items()}


def _post(number: int) -> None:
    outcome = sockets.post(f"c{number}=", FRAME, inf)
    if outcome is not sockets.Outcome.DELIVERED:
        raise RuntimeError(f"Expected a delivered frame, got {outcome}.")
