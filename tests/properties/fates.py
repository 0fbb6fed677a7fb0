"""What may befall a request on its way."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.calls import Call, Calls, Crash, Death, Proceed
from tests.conftest import Clock
from tests.gateway import Answer

LONGEST_SECONDS = 29
"""A function ends after that, and with it every write that it has begun."""

WRITES = {"PutItem messages", "TransactWriteItems events messages"}
"""What fills a place in the log that was taken before."""


@dataclass(frozen=True)
class Fate:
    """One way for a request to go.

    Attributes:
        death_at: The call to AWS at which the function's process ends; 0 for none.
        after: Whether it ends when AWS has done what that call asks.
        is_late: Whether the call that fills the place in the log is done only when nobody waits for it any more.
        is_heard: Whether the reply reaches the client.
    """

    death_at: int = 0
    after: bool = False
    is_late: bool = False
    is_heard: bool = True


WELL = Fate()


class Fates:
    """Lets fates befall requests, and knows the writes that are still under way."""

    def __init__(self, calls: Calls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._late: list[tuple[float, Proceed]] = []

    def befall(self, fate: Fate, ask: Callable[[], Answer]) -> Answer | None:
        """Make a request. Returns None where no answer comes."""
        answer = None
        with suppress(Crash), self._calls.intercepted(self._interceptor(fate)):
            answer = ask()
        return answer if fate.is_heard else None

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and with it every write end that must."""
        while self._late and self._late[0][0] < self._now() + seconds:
            self.land(0)
        self._clock.advance(seconds)

    @property
    def late(self) -> int:
        """How many writes are under way."""
        return len(self._late)

    def land(self, which: int) -> None:
        """Let a late write be done."""
        _, proceed = self._late.pop(which)
        with suppress(ClientError):
            proceed()

    def land_all(self) -> None:
        while self._late:
            self.land(0)

    def _interceptor(self, fate: Fate) -> Callable[[Call, Proceed], Any]:
        if fate.is_late:
            return self._delay
        if fate.death_at:
            return Death(fate.death_at, after=fate.after)
        return lambda _, proceed: proceed()

    def _delay(self, call: Call, proceed: Proceed) -> Any:
        if str(call) not in WRITES:
            return proceed()
        self._late.append((self._now() + LONGEST_SECONDS, proceed))
        raise Crash

    def _now(self) -> float:
        return self._clock.milliseconds() / 1000


class InTurn(Executor):
    """Does at once what it is given, so that a test that is run again goes the same way."""

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*arguments, **named))
        except BaseException as error:
            future.set_exception(error)
        return future
