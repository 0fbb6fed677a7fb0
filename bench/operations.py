"""What each operation asks of AWS: a conversation of two people, and the same where much has been said before.

DynamoDB is in memory, calls are counted and units computed. A log of a million messages is not stored: a stand-in
answers its queries and reads with the very pages that DynamoDB would, made of the number of each message. What is left
to be shown is that the code asks for no more pages, calls and units when the log is longer.
"""

import contextlib
import io
import json
import re
import secrets
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from bench.environment import frame, recorded, request
from bench.in_memory import PREFIX, Answered, Asked, World, world
from bench.meter import Costs

LENGTHS = (100, 10_000, 1_000_000)
CHATS = (10, 100, 1_000)
TEXT = "x" * 200
MESSAGES = f"{PREFIX}messages"

Event = dict[str, Any]
Handler = Callable[[Event, object], dict[str, Any]]

CONVERSATION = "conversation"

Measured = dict[str, dict[str, Costs]]
"""Costs by where they were measured (a conversation, or a log or a list of some length) and by operation."""


def measure() -> Measured:
    """Measure all of it."""
    with world(has_workers=False) as here, contextlib.redirect_stdout(io.StringIO()):
        measured = {CONVERSATION: _Conversation(here).costs()}
        measured |= {f"{length:,} messages": _in_log(here, length) for length in LENGTHS}
        measured |= {f"{number:,} chats": _in_list(here, number) for number in CHATS}
    return measured


class _Conversation:
    """Ann and Bob, who have a socket each."""

    def __init__(self, here: World) -> None:
        self._here = here
        self._costs: dict[str, Costs] = {}
        self._ann, self._bob = _register(), _register()
        self._sockets = {user: f"{uuid4().hex[:15]}=" for user in (self._ann, self._bob)}

    def costs(self) -> dict[str, Costs]:
        """Have them talk, and return what each operation cost."""
        ann, bob = self._ann, self._bob
        ticket = self._asked("createTicket", "create_ticket", request("POST /tickets", ann, {}))["ticket"]
        self._asked("(authorizer)", "authorize", _authorize(ticket))
        for user in (bob, ann):
            self._asked("$connect", "connect", self._moved("connect", user))
        self._send("hello", "default")
        asked = {"kind": "direct", "memberIds": [bob]}
        chat_id = self._send("createChat", "chat", **asked)["chatId"]
        message = self._send("sendMessage", "send_message", chatId=chat_id, text=TEXT, clientMessageId="m")
        self._send("sendMessage, the same again", "send_message", chatId=chat_id, text=TEXT, clientMessageId="m")
        named = {"chatId": chat_id, "messageId": message["messageId"]}
        self._send("editMessage", "chat_activity", **named, text=TEXT + "!")
        self._send("addReaction", "chat_activity", **named, emoji="👍")
        self._send("getChatHistory", "get_chat_history", chatId=chat_id)
        self._send("getEvents", "get_chat_history", chatId=chat_id)
        self._send("listChats", "chat")
        self._send("markRead", "chat_activity", by=bob, chatId=chat_id, seq=1)
        self._send("setTyping", "chat_activity", chatId=chat_id, typing=True)
        self._send("getPresence", "chat_activity", userIds=[bob])
        self._call()
        self._asked("$disconnect", "disconnect", self._moved("disconnect", ann))
        return self._costs

    def _call(self) -> None:
        ann, bob = self._ann, self._bob
        call_id = self._send("startCall", "start_call", calleeIds=[bob], kind="video")["callId"]
        self._send("acceptCall", "call_control", by=bob, callId=call_id)
        signal = {"candidate": {"candidate": "c" * 120, "sdpMid": "0"}}
        self._send("sendSignal", "send_signal", callId=call_id, toUserId=bob, signal=signal)
        self._send("sendSignal, the next", "send_signal", by=bob, callId=call_id, toUserId=ann, signal=signal)
        self._send("endCall", "end_call", callId=call_id)

    def _send(self, name: str, module: str, *, by: str | None = None, **fields: Any) -> Any:
        user = by or self._ann
        event = frame(name.partition(",")[0], user, self._sockets[user], **fields)
        return self._asked(name, module, event)

    def _asked(self, name: str, module: str, event: Event) -> Any:
        self._here.begin()
        answer = _handler(module)(event, None)
        self._costs[name] = self._here.take()
        return _data(answer)

    def _moved(self, name: str, user: str) -> Event:
        event = recorded(name)
        context = event["requestContext"]
        context["connectionId"] = self._sockets[user]
        context["authorizer"] |= {"userId": user, "deviceId": f"device-of-{user}", "connectedAt": _now()}
        return event


class Log:
    """A log of so many messages of one chat, which stands in the messages' table without having been written there."""

    def __init__(self, chat_id: str, sender_ids: list[str], length: int) -> None:
        self._chat_id = chat_id
        self._sender_ids = sender_ids
        self._length = length

    def answer(self, operation: str, asked: Asked) -> Answered | None:
        """Answer what concerns messages of this log; None for what does not."""
        if operation == "Query" and asked["TableName"] == MESSAGES and self._chat_id in self._values(asked):
            return self._page(asked)
        if operation == "GetItem" and asked["TableName"] == MESSAGES and self._is_mine(asked["Key"]):
            return {"Item": self._item(_seq(asked["Key"]))}
        if operation == "BatchGetItem" and MESSAGES in asked["RequestItems"]:
            keys = asked["RequestItems"][MESSAGES]["Keys"]
            if all(self._is_mine(key) for key in keys):
                items = [self._item(_seq(key)) for key in keys]
                return {"Responses": {MESSAGES: items}, "UnprocessedKeys": {}}
        return None

    def _values(self, asked: Asked) -> set[str]:
        return {next(iter(value.values())) for value in asked["ExpressionAttributeValues"].values()}

    def _is_mine(self, key: dict[str, Any]) -> bool:
        return bool(key["chatId"]["S"] == self._chat_id and key["messageId"]["S"].startswith("stored-"))

    def _page(self, asked: Asked) -> Answered:
        """Answer a query of the index by seq: the first places of a stretch, or its last ones."""
        lowest, highest = 1, self._length
        for sign, name in re.findall(r"#\d+ (<|>) (:\d+)", asked["KeyConditionExpression"]):
            bound = int(asked["ExpressionAttributeValues"][name]["N"])
            lowest, highest = (lowest, min(highest, bound - 1)) if sign == "<" else (max(lowest, bound + 1), highest)
        limit = asked["Limit"]
        if asked.get("ScanIndexForward", True):
            seqs = range(lowest, min(highest, lowest + limit - 1) + 1)
        else:
            seqs = range(highest, max(lowest, highest - limit + 1) - 1, -1)
        items = [{name: self._item(seq)[name] for name in ("chatId", "messageId", "seq", "senderId")} for seq in seqs]
        more = {"LastEvaluatedKey": {name: items[-1][name] for name in ("chatId", "messageId", "seq")}}
        return {
            "Items": items,
            "Count": len(items),
            "ScannedCount": len(items),
            **(more if len(items) == limit else {}),
        }

    def _item(self, seq: int) -> dict[str, Any]:
        return {
            "chatId": {"S": self._chat_id},
            "messageId": {"S": f"stored-{seq:019d}"},
            "seq": {"N": str(seq)},
            "senderId": {"S": self._sender_ids[seq % len(self._sender_ids)]},
            "text": {"S": TEXT},
            "sentAt": {"S": "2026-11-23T09:30:00.125Z"},
            "clientMessageId": {"S": f"{seq:016d}"},
        }


def _seq(key: dict[str, Any]) -> int:
    return int(key["messageId"]["S"].removeprefix("stored-"))


def _in_log(here: World, length: int) -> dict[str, Costs]:
    """Return what operations cost in a chat of two in which so much has been said."""
    from models.chats import Chat  # noqa: PLC0415 - after the environment.

    ann, bob = _register(), _register()
    chat_id = _data(_handler("chat")(frame("createChat", ann, kind="direct", memberIds=[bob]), None))["chatId"]
    Chat(chat_id).update([Chat.last_seq.set(length)])
    here.answers = Log(chat_id, [ann, bob], length).answer
    asked: dict[str, tuple[str, Event]] = {
        "sendMessage": ("send_message", frame("sendMessage", ann, chatId=chat_id, text=TEXT, clientMessageId="m")),
        "getChatHistory": ("get_chat_history", frame("getChatHistory", ann, chatId=chat_id)),
        "getChatHistory, in the midst": (
            "get_chat_history",
            frame("getChatHistory", ann, chatId=chat_id, before=length // 2 + 60),
        ),
        "getEvents, after the last 20": (
            "get_chat_history",
            frame("getEvents", ann, chatId=chat_id, after=length - 20),
        ),
        "getChat": ("chat", frame("getChat", ann, chatId=chat_id)),
        "listChats, none of it read": ("chat", frame("listChats", ann)),
        "markRead": ("chat_activity", frame("markRead", bob, chatId=chat_id, seq=length)),
    }
    costs = {name: _cost(here, module, event) for name, (module, event) in asked.items()}
    here.answers = lambda _operation, _asked: None
    return costs


def _in_list(here: World, number: int) -> dict[str, Costs]:
    """Return what operations cost somebody who is in so many chats."""
    from core import clock  # noqa: PLC0415
    from models.chats import GROUP, Chat, Membership  # noqa: PLC0415

    ann, bob = _register(), _register()
    ids = [str(uuid4()) for _ in range(number)]
    with Chat.batch_write() as chats, Membership.batch_write() as sides:
        for chat_id in ids:
            now = clock.now()
            chats.save(Chat(chat_id, kind=GROUP, member_ids={ann, bob}, last_seq=0, active_at=now, created_at=now))
            sides.save(Membership(ann, chat_id))
    message = frame("sendMessage", ann, chatId=ids[0], text=TEXT, clientMessageId=secrets.token_hex(8))
    return {
        "sendMessage": _cost(here, "send_message", message),
        "listChats, 20": _cost(here, "chat", frame("listChats", ann, limit=20)),
        "getChatHistory": _cost(here, "get_chat_history", frame("getChatHistory", ann, chatId=ids[0])),
    }


def _cost(here: World, module: str, event: Event) -> Costs:
    here.begin()
    _data(_handler(module)(event, None))
    return here.take()


def _handler(module: str) -> Handler:
    imported = __import__(f"handlers.{module}", fromlist=["handler"])
    handler: Handler = imported.handler
    return handler


def _data(answer: dict[str, Any]) -> Any:
    """Return what an operation answered.

    Raises:
        RuntimeError: It failed.
    """
    if "policyDocument" in answer:
        if answer["policyDocument"]["Statement"][0]["Effect"] != "Allow":
            raise RuntimeError("Expected an admitted ticket.")
        return answer
    told = json.loads(answer.get("body") or "{}")
    if answer["statusCode"] >= 400 or "error" in told:
        raise RuntimeError(f"Expected a success, got {answer}.")
    return told.get("data", told)


def _authorize(ticket: str) -> Event:
    event = recorded("authorize")
    event["queryStringParameters"]["ticket"] = ticket
    return event


def _register() -> str:
    from models.accounts import User  # noqa: PLC0415

    user_id = str(uuid4())
    User.create(user_id, f"person_{user_id[:8]}")
    return user_id


def _now() -> str:
    from core import clock  # noqa: PLC0415

    return str(clock.milliseconds())
