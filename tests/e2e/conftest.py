"""Fixtures: one local stack for these tests, beside any other on this machine, and three people in it."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from local import ports, turn
from local.stack import Stack
from local.turn import Turn
from tests.e2e.functions import setting
from tests.e2e.people import TIMEOUT, Person

WEB_ORIGIN = "http://127.0.0.1:8999"


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory, relay: Turn) -> Iterator[Stack]:
    """The whole product, deployed into a MiniStack that checks every permission."""
    with Stack(tmp_path_factory.mktemp("stack"), ports.free(), [WEB_ORIGIN], turn_urls=relay.urls) as stack:
        stack.keep_secret(turn.PARAMETER, "\n".join(relay.secrets))
        yield stack


@pytest.fixture(scope="package")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turn]:
    """A real TURN server, which must be installed."""
    with Turn(tmp_path_factory.mktemp("turn"), ports.free()) as relay:
        yield relay


@pytest.fixture(scope="package")
def http(stack: Stack) -> Iterator[httpx.Client]:
    """The REST API, as a stranger uses it."""
    with httpx.Client(base_url=stack.endpoints.api_url, timeout=TIMEOUT) as client:
        yield client


@pytest.fixture
def meet(http: httpx.Client) -> Iterator[Callable[[str], Person]]:
    """Register somebody new under a nickname; their sockets close when the test is over."""
    met: list[Person] = []

    def register(nickname: str) -> Person:
        person = Person(http, nickname)
        met.append(person)
        return person

    yield register
    for person in met:
        person.leave()


@pytest.fixture
def ann(meet: Callable[[str], Person]) -> Person:
    return meet("ann")


@pytest.fixture
def bob(meet: Callable[[str], Person]) -> Person:
    return meet("bob")


@pytest.fixture
def eve(meet: Callable[[str], Person]) -> Person:
    """Not in the chats of ann and bob, and curious."""
    return meet("eve")


@pytest.fixture
def offline_events(stack: Stack) -> Iterator[None]:
    """Switch the stage's setting on for as long as a test takes."""
    with setting(stack, "SendMessage", "OFFLINE_EVENTS", "true"), setting(stack, "StartCall", "OFFLINE_EVENTS", "true"):
        yield
