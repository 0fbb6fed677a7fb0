"""Dollars, from what was counted and measured: nothing here is measured itself.

A function is billed for the time that it runs: what it waits for AWS, and its processor time at the share of a
processor that it has. Waits are counted calls that had to follow each other, at the latencies below.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from bench import prices
from bench.meter import Costs
from bench.operations import CONVERSATION
from bench.operations import Measured as Operations
from bench.warm_path import ELSEWHERE, Warm
from bench.warm_path import Measured as WarmPath

MEMORY_GIGABYTES = 0.5
SHARE = 512 / 1769
"""Of a processor: Lambda's developer guide, "Configure Lambda function memory", has one at 1,769 MB."""

LATENCIES = {"dynamodb": 4.0, "execute-api": 15.0, "sqs": 8.0}
"""Milliseconds of a call within a region, about: what operators of these services report. No run on AWS confirms them
for this project yet."""

OVERHEAD_MILLISECONDS = 2.0
"""What the runtime takes around a handler."""

FRAME_BYTES = 600
PING_SECONDS = 300
"""How often a client must ping at least: domain/presence.py."""
PAGE_PING_SECONDS = 25
"""How often a page that somebody looks at does in every quiet while: clients/js/socket.js."""
HOUR_SECONDS = 3600
LIFE_HOURS = 2
"""After which API Gateway ends a socket, and its client opens another."""

REQUESTS_A_PARCEL = 3
"""SendMessage, ReceiveMessage, DeleteMessage."""


@dataclass(frozen=True)
class Bill:
    """What something costs, in dollars, by what it is paid for."""

    parts: Mapping[str, float]

    @property
    def total(self) -> float:
        """All of it."""
        return sum(self.parts.values())

    def times(self, number: float) -> "Bill":
        """Return the bill of so many."""
        return Bill({name: price * number for name, price in self.parts.items()})

    def __add__(self, other: "Bill") -> "Bill":
        names = {**self.parts, **other.parts}
        return Bill({name: self.parts.get(name, 0) + other.parts.get(name, 0) for name in names})


def function(warm: Warm) -> Bill:
    """Return the bill of one invocation, with what it asks of other services but the posts."""
    waits = sum(LATENCIES[service] * number for service, number in warm.costs.waits.items())
    milliseconds = OVERHEAD_MILLISECONDS + waits + warm.milliseconds / SHARE
    return _invocation(milliseconds, warm.log_bytes) + _asked(warm.costs)


def message(warm: WarmPath, pattern: str, members: int) -> Bill:
    """Return the bill of one message to a chat in which everybody has one socket."""
    sent = warm.messages[pattern][members]
    bill = function(sent)
    # The frame in and the reply out; a sending socket's other posts are not there, as the sender has one socket.
    pushes = members - 1
    parcels = sent.costs.calls.get("SendMessage", 0)
    bill += Bill({"sockets": prices.SOCKET_MESSAGE * (2 + pushes), "transfer": _transfer(FRAME_BYTES * (pushes + 1))})
    if parcels:
        bill += function(warm.parcel).times(parcels)
        bill += Bill({"queue": prices.QUEUE_REQUEST * REQUESTS_A_PARCEL * parcels})
    return bill


def operation(costs: Costs, milliseconds: float, *, on_socket: bool = True, pushes: int = 0) -> Bill:
    """Return the bill of an operation whose units were counted, as if it took this much processor time."""
    warm = Warm(milliseconds, 600, Costs(costs.calls, 0, 0, costs.write_units, costs.read_units, {"dynamodb": 2}))
    asked = prices.SOCKET_MESSAGE * 2 if on_socket else prices.HTTP_REQUEST
    return function(warm) + Bill({"sockets": asked + prices.SOCKET_MESSAGE * pushes})


def idle_socket_hour(operations: Operations, warm: WarmPath, ping_seconds: float) -> Bill:
    """Return the bill of a socket that is open for an hour and only pings; with its share of being opened anew."""
    return open_socket_hour(ping_seconds) + opening(operations, warm).times(1 / LIFE_HOURS)


def open_socket_hour(ping_seconds: float) -> Bill:
    """Return what API Gateway alone takes for it."""
    pings = HOUR_SECONDS / ping_seconds
    return Bill({"connection minutes": prices.CONNECTION_MINUTE * 60, "pings": prices.SOCKET_MESSAGE * 2 * pings})


def opening(operations: Operations, warm: WarmPath) -> Bill:
    """Return the bill of opening a socket and of its end: a ticket, the authorizer, three events, the events missed."""
    own = warm.messages["ours"][2].milliseconds
    talk = operations[CONVERSATION]
    bill = operation(talk["createTicket"], own, on_socket=False)
    for name in ("(authorizer)", "$connect", "$disconnect"):
        bill += function(Warm(own, 600, _waiting(talk[name])))
    return bill + operation(talk["hello"], own / 2) + operation(talk["getEvents"], own)


def call(operations: Operations, warm: WarmPath, signals: int = 40) -> Bill:
    """Return the bill of a call between two: started, accepted, so many signals, ended, looked after once."""
    own = warm.messages["ours"][2].milliseconds
    talk = operations[CONVERSATION]
    bill = operation(talk["startCall"], own * 2, pushes=1) + operation(talk["acceptCall"], own * 2, pushes=1)
    bill += operation(talk["sendSignal"], own, pushes=1).times(signals)
    bill += operation(talk["endCall"], own * 2, pushes=1)
    watched = Bill({"queue": prices.QUEUE_REQUEST * REQUESTS_A_PARCEL})
    return bill + watched + function(Warm(own, 600, _waiting(talk["getChatHistory"])))


@dataclass(frozen=True)
class Day:
    """What one daily user does on one day. These are assumptions; change them and run again."""

    hours_connected: float = 2
    openings: float = 6
    sent_to_two: float = 20
    sent_to_ten: float = 15
    sent_to_hundred: float = 5
    marks: float = 40
    histories: float = 10
    lists: float = 6
    calls: float = 0.2
    ping_seconds: float = PAGE_PING_SECONDS

    @property
    def sent(self) -> tuple[tuple[int, float], ...]:
        """How many messages, by the members of their chats."""
        return (2, self.sent_to_two), (10, self.sent_to_ten), (100, self.sent_to_hundred)


DAYS = 30
DAY_HOURS = 24
MESSAGE_BYTES = 450
"""Of a stored message of 200 characters, with its entry in the index."""


def month(operations: Operations, warm: WarmPath, daily_users: int, day: Day = Day()) -> Bill:
    """Return the bill of a month, in the first one: what is stored is kept, and costs more each month."""
    own = warm.messages["ours"][2].milliseconds
    talk = operations[CONVERSATION]
    bill = open_socket_hour(day.ping_seconds).times(day.hours_connected) + opening(operations, warm).times(day.openings)
    for members, number in day.sent:
        bill += message(warm, "ours", members).times(number)
    bill += operation(talk["markRead"], own, pushes=1).times(day.marks)
    bill += operation(talk["getChatHistory"], own * 3).times(day.histories)
    bill += operation(operations["100 chats"]["listChats, 20"], own * 6).times(day.lists)
    bill += call(operations, warm).times(day.calls)
    sent = sum(number for _, number in day.sent)
    kept = prices.TABLE_GIGABYTE_MONTH * sent * DAYS * MESSAGE_BYTES / prices.GIGABYTE / 2
    return bill.times(daily_users * DAYS) + Bill({"storage": kept * daily_users})


def messages_month(warm: WarmPath, pattern: str, daily_users: int, day: Day = Day()) -> float:
    """Return what a pattern takes for a month's messages alone, in dollars."""
    open_sockets = daily_users * day.hours_connected / DAY_HOURS
    more = scanned(warm, open_sockets) if pattern == "naive" else 0.0
    sent = sum((message(warm, pattern, members).total + more) * number for members, number in day.sent)
    return sent * daily_users * DAYS


def scanned(warm: WarmPath, open_sockets: float) -> float:
    """Return what DynamoDB takes more for a message of the naive pattern where more sockets are open than here."""
    few = min(warm.messages["naive"])
    a_socket = warm.messages["naive"][few].costs.read_units / (ELSEWHERE + few)
    return max(0.0, open_sockets - ELSEWHERE) * a_socket * prices.READ_UNIT


def ably_month(daily_users: int, day: Day = Day()) -> float:
    """Return what the same messages cost at Ably's list price, messages alone."""
    messages = sum(members * number for members, number in day.sent)
    return prices.ABLY_MONTH + prices.ABLY_MESSAGE * messages * daily_users * DAYS


def zegocloud_month(daily_users: int) -> float:
    """Return what as many monthly users cost there as there are daily ones: at least that many."""
    return prices.ZEGOCLOUD_BLOCK * ceil(daily_users / prices.ZEGOCLOUD_BLOCK_USERS)


def _invocation(milliseconds: float, log_bytes: int) -> Bill:
    return Bill(
        {
            "functions": prices.INVOCATION + prices.GIGABYTE_SECOND * MEMORY_GIGABYTES * milliseconds / 1000,
            "logs": prices.LOG_GIGABYTE * log_bytes / prices.GIGABYTE,
            "traces": prices.TRACE * prices.TRACED,
        }
    )


def _asked(costs: Costs) -> Bill:
    return Bill({"DynamoDB": prices.WRITE_UNIT * costs.write_units + prices.READ_UNIT * costs.read_units})


def _waiting(costs: Costs) -> Costs:
    return Costs(costs.calls, 0, 0, costs.write_units, costs.read_units, {"dynamodb": 2})


def _transfer(size: int) -> float:
    return prices.TRANSFER_GIGABYTE * size / prices.GIGABYTE
