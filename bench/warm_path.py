"""What a message costs a function that is warm, beside the baselines, in the same process and in turns.

DynamoDB is that of the local stack, in another process, behind the proxy. So the processor time is that of the handler
alone: its rules, its client, its HTTP.
"""

import io
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

from bench.environment import ENVIRONMENT, frame, prepare
from bench.meter import Costs
from bench.proxy import Proxy

ROOT = Path(__file__).parent.parent

SIZES = (2, 10, 100, 1_000)
"""Members of a chat. Each has one socket."""

MESSAGES = {2: 40, 10: 20, 100: 4, 1_000: 1}
"""How many each pattern sends in a turn, by the members."""

TURNS = {2: 5, 10: 5, 100: 5, 1_000: 2}
"""How often each pattern's turn comes."""

TEXT = "x" * 200
"""As long as messages are, about."""

ELSEWHERE = 1_000
"""Sockets of people who are in other chats. The naive pattern reads them all."""

PARCELS = 20

PATTERNS = ("bare", "ours", "common", "exact", "naive")

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


@dataclass
class Warm:
    """What was measured of one pattern in a chat of one size.

    Attributes:
        milliseconds: Of processor time, for each message: the medians of turns.
        log_bytes: What it writes to its log.
        costs: What it asks of AWS for one message.
    """

    milliseconds: float = 0
    log_bytes: int = 0
    costs: Costs = field(default_factory=Costs)


@dataclass
class Measured:
    """All of it.

    Attributes:
        messages: By pattern and members.
        parcel: DeliverEvents, for a parcel of a hundred sockets.
        signal: SendSignal, in a call of two.
    """

    messages: dict[str, dict[int, Warm]]
    parcel: Warm
    signal: Warm


class _Log(io.TextIOBase):
    """Counts what is written."""

    def __init__(self) -> None:
        self.written = 0

    def write(self, text: str) -> int:
        self.written += len(text.encode())
        return len(text)


def measure(plain: Proxy, metering: Proxy, queue_url: str) -> Measured:
    """Measure in a process of its own: processor time through one proxy, calls and units through the other."""
    times = _run(plain, queue_url, "time")
    costs = _run(metering, queue_url, "costs")
    messages = {
        pattern: {
            size: Warm(times[pattern][str(size)]["milliseconds"], *_told(costs[pattern][str(size)])) for size in SIZES
        }
        for pattern in PATTERNS
    }
    parcel, signal = (Warm(times[name]["milliseconds"], *_told(costs[name])) for name in ("parcel", "signal"))
    return Measured(messages, parcel, signal)


def _told(warm: dict[str, Any]) -> tuple[int, Costs]:
    return warm["log_bytes"], Costs(**warm["costs"])


def _run(proxy: Proxy, queue_url: str, what: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "TABLE_PREFIX": "kaiwa-local-",
        "DYNAMODB_URL": proxy.url,
        "QUEUE_URL": proxy.url,
        "DELIVERIES_URL": queue_url,
        "CALLS_URL": queue_url,
        "CONNECTIONS_URL": proxy.url,
    }
    command = [sys.executable, "-m", "bench.warm_path", what, proxy.url]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Measure in this process, and print what was measured."""
    what, url = sys.argv[1:]
    prepare(**{name: os.environ[name] for name in ENVIRONMENT})
    out, log = sys.stdout, _Log()
    sys.stdout = log  # type: ignore[assignment]
    runner = _Runner(what == "time", Proxy(url), log)
    measured: dict[str, Any] = {pattern: {} for pattern in PATTERNS}
    for size in SIZES:
        for pattern, warm in runner.chat(size).items():
            measured[pattern][size] = asdict(warm)
    measured["parcel"] = asdict(runner.parcel())
    measured["signal"] = asdict(runner.signal())
    print(json.dumps(measured), file=out)


class _Runner:
    def __init__(self, is_timed: bool, proxy: Proxy, log: _Log) -> None:
        from bench.baselines import bare, common, exact, naive  # noqa: PLC0415 - after the environment.
        from handlers import send_message  # noqa: PLC0415

        self._is_timed = is_timed
        self._proxy = proxy
        self._log = log
        self._handlers: dict[str, Handler] = {
            "bare": bare.handler,
            "ours": send_message.handler,
            "common": common.handler,
            "exact": exact.handler,
            "naive": naive.handler,
        }
        self._preparations = (common.prepare, exact.prepare, naive.prepare)

    def chat(self, members: int) -> dict[str, Warm]:
        """Make a chat, and let each pattern send to it in turns."""
        chat_id, user_ids = make_chat(members)
        for prepare_pattern in self._preparations:
            prepare_pattern(chat_id, user_ids, ELSEWHERE if members == SIZES[0] else 0)
        calls = {name: self._sending(handler, chat_id, user_ids[0]) for name, handler in self._handlers.items()}
        number, turns = (MESSAGES[members], TURNS[members]) if self._is_timed else (1, 0)
        return self._in_turns(calls, number, turns)

    def parcel(self) -> Warm:
        """Let DeliverEvents post to a hundred sockets."""
        from domain.delivery import Parcel  # noqa: PLC0415
        from handlers import deliver_events  # noqa: PLC0415
        from models.connections import Socket  # noqa: PLC0415

        now = time.time_ns() // 1_000_000
        sockets = [Socket(str(uuid4()), "bench", f"{uuid4().hex[:15]}=", now) for _ in range(100)]
        import msgspec  # noqa: PLC0415

        text = msgspec.json.encode(Parcel("x" * 400, sockets, accepted_at=now)).decode()
        event = {"Records": [{"messageId": "m", "body": text, "messageAttributes": {}}]}

        def deliver() -> None:
            if deliver_events.handler(event, None)["batchItemFailures"]:
                raise RuntimeError("Expected a delivered parcel.")

        number, turns = (PARCELS, TURNS[100]) if self._is_timed else (1, 0)
        return self._in_turns({"parcel": deliver}, number, turns)["parcel"]

    def signal(self) -> Warm:
        """Let one of two in a call send what the other's peer must know."""
        from core import clock  # noqa: PLC0415
        from handlers import call_control, send_signal, start_call  # noqa: PLC0415
        from models.accounts import User  # noqa: PLC0415
        from models.connections import Connections, Socket  # noqa: PLC0415

        people = {str(uuid4()): f"{uuid4().hex[:15]}=" for _ in range(2)}
        for user_id, connection_id in people.items():
            User.create(user_id, f"person_{user_id[:8]}")
            Connections.add(Socket(user_id, "bench", connection_id, clock.milliseconds()))
        ann, bob = people
        event = frame("startCall", ann, people[ann], kind="video", calleeIds=[bob])
        call_id = json.loads(start_call.handler(event, None)["body"])["data"]["callId"]
        call_control.handler(frame("acceptCall", bob, people[bob], callId=call_id), None)
        told = {"candidate": {"candidate": "c" * 120, "sdpMid": "0"}}
        asked = frame("sendSignal", ann, people[ann], callId=call_id, toUserId=bob, signal=told)

        def send() -> None:
            answer = send_signal.handler(asked, None)
            if '"error"' in answer["body"]:
                raise RuntimeError(f"Expected a signal that was passed on, got {answer}.")

        number, turns = (PARCELS, TURNS[100]) if self._is_timed else (1, 0)
        return self._in_turns({"signal": send}, number, turns)["signal"]

    def _sending(self, handler: Handler, chat_id: str, sender_id: str) -> Callable[[], None]:
        def send() -> None:
            asked = {"chatId": chat_id, "text": TEXT, "clientMessageId": secrets.token_hex(8)}
            answer = handler(frame("sendMessage", sender_id, **asked), None)
            if answer["statusCode"] != 200 or '"error"' in answer.get("body", ""):
                raise RuntimeError(f"Expected a sent message, got {answer}.")

        return send

    def _in_turns(self, calls: dict[str, Callable[[], None]], number: int, turns: int) -> dict[str, Warm]:
        measured = {name: Warm() for name in calls}
        times: dict[str, list[float]] = {name: [] for name in calls}
        # The first turn opens connections.
        for turn in range(turns + 1):
            for name, call in calls.items():
                self._proxy.costs()
                self._log.written = 0
                before = time.process_time()
                for _ in range(number):
                    call()
                used = time.process_time() - before
                measured[name].log_bytes = self._log.written // number
                measured[name].costs = self._proxy.costs().each(number)
                if turn:
                    times[name].append(used / number * 1000)
        for name, each in times.items():
            measured[name].milliseconds = median(each) if each else 0.0
        return measured


def make_chat(members: int) -> tuple[str, list[str]]:
    """Make a group in which everybody has one socket. Returns its id and who is in it."""
    from core import clock  # noqa: PLC0415
    from models import chats, connections  # noqa: PLC0415

    ids = [str(uuid4()) for _ in range(members)]
    now = clock.now()
    chat = chats.Chat(
        str(uuid4()), kind="group", member_ids=set(ids), last_seq=0, active_at=now, created_at=now, admins={ids[0]}
    )
    chats.create_large(chat)
    with connections.Connections.batch_write() as batch:
        for user_id in ids:
            socket = connections.Socket(user_id, uuid4().hex, f"{uuid4().hex[:15]}=", clock.milliseconds())
            batch.save(connections.Connections(user_id, elements={socket.element}, last_seen_at=now))
    return chat.chat_id, ids


if __name__ == "__main__":
    main()
