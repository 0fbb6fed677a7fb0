"""Everything one person does with Kaiwa: an account, chats, and the socket that keeps their logs whole."""

import asyncio
import mimetypes
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast
from weakref import WeakValueDictionary

import httpx

from kaiwa.backoff import reconnect_delay
from kaiwa.connection import MOST_FRAME_BYTES, frame_of
from kaiwa.errors import ConnectionLost, NotFound, Problem
from kaiwa.files import Progress, Sending, fetch
from kaiwa.log import Log, place_to_begin
from kaiwa.outbox import Outbox, Pending
from kaiwa.rest import NULL, PUBLIC, ROUTES, Rest
from kaiwa.session import Session
from kaiwa.shapes import (
    Account,
    Blocks,
    Call,
    Calls,
    Challenge,
    Chat,
    Chats,
    Download,
    Event,
    Events,
    File,
    Files,
    Frame,
    History,
    IceServers,
    JoinedCall,
    Message,
    OpenedCall,
    Presence,
    Signal,
    StartedCall,
    User,
    Users,
)
from kaiwa.socket import PING_INTERVAL, Socket
from kaiwa.view import LEFT, View

TIMEOUT = 30.0
"""Seconds for any answer; the server's functions end after 29."""

PAGE = 100
"""The most that the server gives at once."""

MOST_UNHEARD = 10_000
"""Of what came before anybody called ``events`` no more is kept: a client may only send, and never call it."""

BY_REST = frozenset(
    {
        *PUBLIC,
        "signOut",
        "getUser",
        "findUsers",
        "updateUser",
        "deleteUser",
        "blockUser",
        "unblockUser",
        "listBlocks",
        "createTicket",
        "uploadFile",
        "createUpload",
        "resumeUpload",
        "completeUpload",
        "downloadFile",
        "listFiles",
        "deleteFile",
    }
)
"""Operations that the socket does not have."""

ANNOUNCED = frozenset(
    {
        "editMessage",
        "deleteMessage",
        "addReaction",
        "removeReaction",
        "updateChat",
        "addMembers",
        "removeMember",
        "setAdmin",
    }
)
"""Operations whose event the caller needs too.

It comes to every socket but the one that asked, so these ask by REST: then it comes to all of one's own.
"""


class Client:
    """One person on one device. Use it as an asynchronous context manager, or ``close`` it.

    Attributes:
        outbox: What was written and is not acknowledged.
        views: What each chat comes to, by the chat's id.
        on_state: Called with whether a socket is open, whenever that changes.
    """

    def __init__(
        self,
        api_url: str,
        *,
        session: Session | None = None,
        device_id: str | None = None,
        positions: Mapping[str, int] | None = None,
        outbox: Outbox | None = None,
        most_events: int = 1_000,
        ping_interval: float = PING_INTERVAL,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """Prepare a client; nothing is sent yet.

        Args:
            api_url: Where the REST API is.
            session: A session that was kept; without one, ``log_in`` first.
            device_id: The device's own lasting name for itself.
            positions: Where to go on in each chat, as ``positions`` gave it earlier. Other chats begin with what comes
                after the first ``connect``.
            outbox: Pending messages that were kept.
            most_events: How many events of each chat to hold.
            ping_interval: Seconds of silence after which to ask whether the line is alive; the server's
                ``keepAliveSeconds`` where that is less. Pings cost money: a program that may notice a dead line some
                minutes late takes ``math.inf``.
            http: What carries REST requests, if it shall be shared or have settings of its own.
        """
        self.outbox = outbox or Outbox()
        self.views: dict[str, View] = {}
        self.on_state: Callable[[bool], None] = lambda _is_online: None
        self._logs = {chat_id: Log(after) for chat_id, after in (positions or {}).items()}
        self._most_events = most_events
        self._own_http = None if http else httpx.AsyncClient(timeout=TIMEOUT)
        self._http = http or cast(httpx.AsyncClient, self._own_http)
        self._rest = Rest(self._http, api_url, session)
        self._socket = Socket(
            self._rest,
            device_id,
            ping_interval,
            on_push=self._receive,
            on_open=self._resume,
            on_state=self._tell_state,
            on_failure=self._fail,
        )
        self._is_closed = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._stirred: dict[str, asyncio.Event] = {}
        self._sent: dict[str, asyncio.Future[Message]] = {}
        # A lock goes when nobody holds it or waits for it.
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        self._frames: deque[Frame] = deque(maxlen=MOST_UNHEARD)
        self._news = asyncio.Event()
        # Whether the chats that were there at first are known; what was pushed of those that are not known yet; which
        # of these are new; and those that one has left.
        self._has_met = False
        self._early: dict[str, list[Event]] = {}
        self._announced: set[str] = set()
        self._left: set[str] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    # The account

    @property
    def session(self) -> Session | None:
        """Who is logged in; keep it to go on without a password."""
        return self._rest.session

    @property
    def user_id(self) -> str:
        """One's own id.

        Raises:
            RuntimeError: Nobody is logged in.
        """
        if not self.session:
            raise RuntimeError("Expected somebody to be logged in.")
        return self.session.user_id

    async def register(self, username: str, email: str, password: str) -> Account:
        """Make an account. Logging in is another step."""
        account: Account = await self._rest.call("registerUser", username=username, email=email, password=password)
        return account

    async def confirm(self, email: str, code: str) -> None:
        """Confirm a mail address with the code that was sent to it."""
        await self._rest.call("confirmUser", email=email, code=code)

    async def resend_code(self, email: str) -> None:
        """Have another code for a confirmation mailed."""
        await self._rest.call("resendConfirmation", email=email)

    async def log_in(self, email: str, password: str) -> Session:
        """Open a session with a password."""
        return self._rest.keep(await self._rest.call("logIn", email=email, password=password))

    async def start_log_in(self, email: str, method: str = "emailCode") -> Challenge:
        """Have a way to log in mailed: a code (``emailCode``), or a link (``emailLink``)."""
        challenge: Challenge = await self._rest.call("logIn", email=email, method=method)
        return challenge

    async def finish_log_in(self, email: str, challenge: Challenge, code: str) -> Session:
        """Open a session with what was mailed."""
        return self._rest.keep(await self._rest.call("logIn", email=email, session=challenge["session"], code=code))

    async def refresh(self) -> Session:
        """Renew the session now. It is renewed by itself when that is due.

        Raises:
            Unauthenticated: The session has ended.
        """
        return await self._rest.refresh()

    async def sign_out(self) -> None:
        """End every session of this person, on all devices."""
        await self._rest.call("signOut")

    async def forgot_password(self, email: str) -> None:
        """Have a code for a new password mailed."""
        await self._rest.call("forgotPassword", email=email)

    async def reset_password(self, email: str, code: str, password: str) -> None:
        """Set a new password, with the code that was mailed."""
        await self._rest.call("resetPassword", email=email, code=code, password=password)

    async def update_user(self, *, display_name: str | None = None, avatar_file_id: str | None = None) -> User:
        """Change one's display name or picture."""
        user: User = await self.call("updateUser", displayName=display_name, avatarFileId=avatar_file_id)
        return user

    async def remove_avatar(self) -> User:
        """Take one's picture away."""
        user: User = await self.call("updateUser", avatarFileId=NULL)
        return user

    async def delete_user(self) -> None:
        """Give the account up for good."""
        await self.call("deleteUser")

    # The socket

    @property
    def is_online(self) -> bool:
        """Whether a socket is open."""
        return self._socket.connection is not None

    async def connect(self) -> None:
        """Open the socket, and keep one open from now on, until ``close``. After a failure it begins anew.

        Raises:
            Problem: The server will not have this client.
        """
        await self._socket.open()

    async def close(self) -> None:
        """Let go of everything, and end ``events``. What is in the outbox stays there."""
        self._is_closed = True
        tasks = {*self._tasks, *self._followers.values()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._socket.close()
        if self._own_http:
            await self._own_http.aclose()

    def events(self) -> AsyncIterator[Frame]:
        """Give what happens: each durable event of one's chats once, one's own too, and passing ones as they come.

        Events come as soon as they are known, so one that was late may follow a higher number; ``views`` has everything
        in order. It ends when the client is closed. Of what came before the first call the newest 10,000 are given;
        afterwards everything waits for its reader, without limit.

        Raises:
            Problem: The server will not have this client any more. What came before is given first.
        """
        self._frames = deque(self._frames)
        return self._heard()

    async def _heard(self) -> AsyncIterator[Frame]:
        while True:
            while self._frames:
                yield self._frames.popleft()
            if self._is_closed:
                return
            if self._socket.failure:
                raise self._socket.failure
            self._news.clear()
            await self._news.wait()

    @property
    def positions(self) -> dict[str, int]:
        """Up to where nothing of each chat is missing. A client that is given these goes on from there."""
        return {chat_id: log.contiguous for chat_id, log in self._logs.items() if chat_id not in self._left}

    async def call(self, operation: str, **fields: Any) -> Any:
        """Call any operation: over the socket where it is open and takes it, otherwise by REST.

        Raises:
            Problem: The server said no.
            ConnectionLost: No answer came.
        """
        connection = self._socket.connection
        by_rest = operation in BY_REST | ANNOUNCED
        if not by_rest and operation in ROUTES:
            by_rest = len(frame_of(operation, fields, "0" * 20).encode()) > MOST_FRAME_BYTES
        if by_rest or not connection:
            return await self._rest.call(operation, **fields)
        return await connection.request(operation, **fields)

    # People

    async def get_user(self, user_id: str = "me") -> User:
        """Return a person, or oneself."""
        user: User = await self.call("getUser", userId=user_id)
        return user

    async def find_users(self, prefix: str, *, limit: int | None = None, cursor: str | None = None) -> Users:
        """Return the people whose names begin so, a page at a time."""
        users: Users = await self.call("findUsers", username=prefix, limit=limit, cursor=cursor)
        return users

    async def presence(self, user_ids: Iterable[str]) -> list[Presence]:
        """Return who of up to 100 people is there."""
        users: list[Presence] = (await self.call("getPresence", userIds=list(user_ids)))["users"]
        return users

    async def block(self, user_id: str) -> None:
        """Keep somebody from writing directly and from calling."""
        await self.call("blockUser", userId=user_id)

    async def unblock(self, user_id: str) -> None:
        """Let somebody write and call again."""
        await self.call("unblockUser", userId=user_id)

    async def list_blocks(self, *, limit: int | None = None, cursor: str | None = None) -> Blocks:
        """Return those whom one has blocked, a page at a time."""
        blocks: Blocks = await self.call("listBlocks", limit=limit, cursor=cursor)
        return blocks

    # Files

    async def upload(
        self,
        content: bytes | Path,
        name: str | None = None,
        *,
        content_type: str | None = None,
        progress: Progress = lambda _arrived: None,
    ) -> File:
        """Send a file of at most 5 GiB. A line that is lost is waited for, and what has arrived is not sent again.

        Args:
            content: The bytes, or the path of the file that has them.
            name: What it shall be called; the path's own name unless told otherwise.
            content_type: Its media type; guessed by the name unless told otherwise.
            progress: Called with how many bytes have arrived.

        Raises:
            ValueError: Bytes without a name.
            Problem: The server does not take it.
        """
        name = name or (content.name if isinstance(content, Path) else None)
        if not name:
            raise ValueError("Expected a name for these bytes.")
        kind = content_type or mimetypes.guess_type(name)[0] or "application/octet-stream"
        return await Sending(self._rest, self._http, content, name=name, kind=kind, progress=progress).run()

    async def get_file(self, file_id: str) -> Download:
        """Return what a file is, and where its bytes are for the next minutes."""
        download: Download = await self.call("downloadFile", fileId=file_id)
        return download

    async def download(self, file_id: str, path: Path) -> File:
        """Fetch a file to a path. It is there whole, or not at all.

        Raises:
            NotFound: There is no such file, or one may not see it.
            ConnectionLost: It could not be fetched.
        """
        found = await self.get_file(file_id)
        await fetch(self._http, found, path)
        return found["file"]

    async def list_files(
        self, *, limit: int | None = None, cursor: str | None = None, unfinished: bool | None = None
    ) -> Files:
        """Return one's own files, latest first, a page at a time; or those whose upload has not ended."""
        files: Files = await self.call("listFiles", limit=limit, cursor=cursor, unfinished=unfinished)
        return files

    async def delete_file(self, file_id: str) -> None:
        """Delete one of one's own files."""
        await self.call("deleteFile", fileId=file_id)

    # Chats

    async def start_direct_chat(self, user_id: str) -> Chat:
        """Return the one direct chat with somebody."""
        return await self._create_chat(kind="direct", memberIds=[user_id])

    async def start_group(self, name: str, member_ids: Iterable[str]) -> Chat:
        """Make a group of these people and oneself."""
        return await self._create_chat(kind="group", name=name, memberIds=list(member_ids))

    async def list_chats(self, *, limit: int | None = None, cursor: str | None = None) -> Chats:
        """Return one's chats, latest first, a page at a time."""
        chats: Chats = await self.call("listChats", limit=limit, cursor=cursor)
        return chats

    async def get_chat(self, chat_id: str) -> Chat:
        """Return a chat."""
        chat: Chat = await self.call("getChat", chatId=chat_id)
        return chat

    async def update_chat(self, chat_id: str, *, name: str | None = None, history: bool | None = None) -> Chat:
        """Change a group's name, or whether new members see what was said before."""
        chat: Chat = await self.call("updateChat", chatId=chat_id, name=name, historyForNewMembers=history)
        return chat

    async def add_members(self, chat_id: str, user_ids: Iterable[str]) -> Chat:
        """Let people into a group."""
        chat: Chat = await self.call("addMembers", chatId=chat_id, memberIds=list(user_ids))
        return chat

    async def remove_member(self, chat_id: str, user_id: str | None = None) -> None:
        """Leave a group, or put somebody out of it."""
        await self.call("removeMember", chatId=chat_id, userId=user_id or self.user_id)

    async def set_admin(self, chat_id: str, user_id: str, *, admin: bool = True) -> None:
        """Make a member of a group an admin, or no longer."""
        await self.call("setAdmin", chatId=chat_id, userId=user_id, admin=admin)

    # Messages

    async def send(
        self, chat_id: str, text: str | None = None, *, reply_to: str | None = None, file_ids: Iterable[str] = ()
    ) -> Message:
        """Say something. It goes through the outbox: in order, stored once, and again after every lost connection.

        Returns:
            The message, once the server has it.

        Raises:
            Problem: The server does not take it. It stays in the outbox, for ``retry`` or ``discard``. Or it will not
                have this client any more: then the message leaves after the next ``connect``.
            ConnectionLost: The client was closed.
        """
        content = {"text": text, "replyTo": reply_to, "fileIds": list(file_ids) or None}
        client_message_id = secrets.token_urlsafe(12)
        self.outbox.add(client_message_id, chat_id, {name: one for name, one in content.items() if one is not None})
        sent = self._sent[client_message_id] = asyncio.get_running_loop().create_future()
        self.flush()
        if self._socket.failure:
            sent.set_exception(self._socket.failure)
        try:
            message: Message = await sent
            return message
        finally:
            del self._sent[client_message_id]

    def flush(self) -> None:
        """Send what waits in the outbox, if it can be sent now."""
        if self.is_online:
            for pending in self.outbox.take():
                self._start(self._deliver(pending))

    async def history(
        self, chat_id: str, *, before: int | None = None, after: int | None = None, limit: int | None = None
    ) -> History:
        """Return a part of a chat's messages: before a number, after one, or the newest."""
        history: History = await self.call("getChatHistory", chatId=chat_id, before=before, after=after, limit=limit)
        self._view(chat_id).show(history["messages"])
        return history

    async def get_events(self, chat_id: str, after: int, *, limit: int = PAGE) -> Events:
        """Return a part of a chat's log, as it is."""
        events: Events = await self.call("getEvents", chatId=chat_id, after=after, limit=limit)
        return events

    async def edit(self, message: Message, text: str) -> Message:
        """Change the words of one's message."""
        return await self._change("editMessage", message, text=text)

    async def delete(self, message: Message) -> Message:
        """Take back a message. It keeps its place, and loses its words."""
        return await self._change("deleteMessage", message)

    async def react(self, message: Message, emoji: str) -> Message:
        """Add one's reaction to a message."""
        return await self._change("addReaction", message, emoji=emoji)

    async def unreact(self, message: Message, emoji: str) -> Message:
        """Take one's reaction away again."""
        return await self._change("removeReaction", message, emoji=emoji)

    async def mark_read(self, chat_id: str, seq: int) -> int:
        """Note that everything up to a number was read. Returns how far the server has it: it never goes back."""
        read_seq: int = (await self.call("markRead", chatId=chat_id, seq=seq))["readSeq"]
        return read_seq

    async def set_typing(self, chat_id: str, *, typing: bool = True) -> None:
        """Tell the others that one is writing, or not any more. Without a socket nobody is told.

        Raises:
            Problem: The server said no.
        """
        if connection := self._socket.connection:
            await connection.request("setTyping", chatId=chat_id, typing=typing)

    # Calls

    async def start_call(
        self,
        kind: Literal["audio", "video"],
        *,
        callee_ids: Iterable[str] | None = None,
        chat_id: str | None = None,
    ) -> StartedCall:
        """Call some people, or the members of a chat.

        Raises:
            Conflict: One of the two sides is in a call.
        """
        whom = {"calleeIds": [*callee_ids] if callee_ids else None, "chatId": chat_id}
        started: StartedCall = await self.call("startCall", kind=kind, deviceId=self._socket.device_id, **whom)
        return started

    async def accept_call(self, call_id: str) -> JoinedCall:
        """Take part in a call on this device: answer it, come late, or come back after the socket was lost.

        What peers have told meanwhile comes as ``call.signal``, perhaps before this returns.

        Raises:
            Conflict: It has ended, or was answered on another device.
        """
        joined: JoinedCall = await self.call("acceptCall", callId=call_id, deviceId=self._socket.device_id)
        return joined

    async def reject_call(self, call_id: str) -> Call:
        """Let a call not ring any more, on any of one's devices."""
        call: Call = (await self.call("rejectCall", callId=call_id))["call"]
        return call

    async def end_call(self, call_id: str, reason: str | None = None) -> Call:
        """Hang up."""
        call: Call = (await self.call("endCall", callId=call_id, reason=reason))["call"]
        return call

    async def get_call(self, call_id: str) -> OpenedCall:
        """Return a call, and whom to connect to where one takes part."""
        opened: OpenedCall = await self.call("getCall", callId=call_id)
        return opened

    async def list_calls(self, *, limit: int | None = None, cursor: str | None = None) -> Calls:
        """Return a page of one's calls, latest first."""
        calls: Calls = await self.call("listCalls", limit=limit, cursor=cursor)
        return calls

    async def get_ice_servers(self) -> IceServers:
        """Return the STUN and TURN servers, with credentials of one's own."""
        servers: IceServers = await self.call("getIceServers")
        return servers

    async def send_signal(
        self, call_id: str, to_user_id: str, signal: Signal, *, to_device_id: str | None = None
    ) -> None:
        """Tell a peer a description or candidates.

        What is told to one peer arrives in the order of these calls: each waits for the reply to the one before. One
        that got no reply is told again, so it may arrive twice.

        Raises:
            Problem: The server said no, other than for a while.
            ConnectionLost: The client was closed.
        """
        fields = {"callId": call_id, "toUserId": to_user_id, "toDeviceId": to_device_id, "signal": signal}
        async with self._turns.setdefault((call_id, to_user_id), asyncio.Lock()):
            attempt = 0
            while True:
                connection = await self._socket.wait()
                try:
                    await connection.request("sendSignal", **fields)
                except (ConnectionLost, Problem) as error:
                    if not error.is_temporary:
                        raise
                    await asyncio.sleep(error.retry_after or reconnect_delay(attempt))
                    attempt += 1
                else:
                    return

    async def _create_chat(self, **fields: Any) -> Chat:
        chat: Chat = await self.call("createChat", **fields)
        self._meet(chat, chat["lastSeq"])
        return chat

    async def _change(self, operation: str, message: Message, **fields: Any) -> Message:
        chat_id, message_id = message["chatId"], message["messageId"]
        changed: Message = await self.call(operation, chatId=chat_id, messageId=message_id, **fields)
        self._view(chat_id).show([changed])
        return changed

    # Keeping the logs whole

    def _resume(self) -> None:
        """Go on with a new connection: send what waits, and find out what happened while nothing could be pushed."""
        self.flush()
        self._start(self._list_chats())

    def _tell_state(self, is_online: bool) -> None:
        self.on_state(is_online)

    def _fail(self, failure: Exception) -> None:
        """Let those know who wait for a connection that will not come."""
        self._news.set()
        for sent in self._sent.values():
            if not sent.done():
                sent.set_exception(failure)

    async def _list_chats(self) -> None:
        attempt = 0
        connection = self._socket.connection
        while connection and connection is self._socket.connection:
            try:
                await self._review_chats()
            except (ConnectionLost, Problem):
                await asyncio.sleep(reconnect_delay(attempt))
                attempt += 1
            else:
                # What was pushed meanwhile of a chat that this list may be too old for needs another.
                if not self._early:
                    return

    async def _review_chats(self) -> None:
        cursor = None
        is_first, awaited = not self._has_met, list(self._early)
        while True:
            page = await self.list_chats(limit=PAGE, cursor=cursor)
            for chat in page["chats"]:
                self._meet(chat, self._place_of(chat, is_first=is_first))
                # The number may have been taken until now: an earlier moment would let a gap count as final too early.
                if log := self._logs.get(chat["chatId"]):
                    log.hear_of(chat["lastSeq"], _now())
                    self._follow(chat["chatId"], at_once=True)
            cursor = page.get("nextCursor")
            if not cursor:
                break
        self._has_met = True
        # What one was put out of, perhaps. All there is of it is what was pushed.
        for chat_id in awaited:
            if self._early.get(chat_id):
                self._let_in(chat_id)
                self._begin(chat_id, min(event["seq"] for event in self._early[chat_id]) - 1)
            self._early.pop(chat_id, None)

    def _place_of(self, chat: Chat, *, is_first: bool) -> int:
        chat_id = chat["chatId"]
        return place_to_begin(
            is_old=is_first and chat_id not in self._announced,
            read_seq=chat.get("readSeq", 0),
            last_seq=chat["lastSeq"],
            heard=(event["seq"] for event in self._early.get(chat_id, ())),
        )

    def _meet(self, chat: Chat, after: int) -> None:
        if self._is_news_of_one_left(chat["chatId"], chat["lastSeq"]):
            self._let_in(chat["chatId"])
        self._begin(chat["chatId"], after)
        self._view(chat["chatId"]).describe(chat)

    def _begin(self, chat_id: str, after: int) -> None:
        """Hold a chat's log from a place on, if it is not held yet, with what came of it before that was known."""
        self._logs.setdefault(chat_id, Log(after))
        self._announced.discard(chat_id)
        for event in self._early.pop(chat_id, ()):
            self._take(event)

    def _is_news_of_one_left(self, chat_id: str, seq: int) -> bool:
        """Say whether a number of a chat that one has left is later than that: then one is in it again."""
        return chat_id in self._left and seq > self._logs[chat_id].highest

    def _let_in(self, chat_id: str) -> None:
        """Let the log of a chat that one has left begin anew."""
        if chat_id in self._left:
            self._left.remove(chat_id)
            del self._logs[chat_id]

    def _view(self, chat_id: str) -> View:
        return self.views.setdefault(chat_id, View())

    def _receive(self, frame: Frame) -> None:
        """Take in what was pushed."""
        if "seq" in frame:
            self._take(cast(Event, frame))
            return
        if frame["type"] == "chat.created":
            self._greet(frame)
        self._give(frame)

    def _greet(self, frame: Frame) -> None:
        """Take in a chat that is new to this person. One of very many people is too large to push, and is read."""
        if "chat" in frame:
            # The event that lets one in has its last number, and comes after it.
            self._meet(frame["chat"], max(0, frame["chat"]["lastSeq"] - 1))
        else:
            self._announced.add(frame["chatId"])
            self._await_list(frame["chatId"])

    def _take(self, event: Event) -> None:
        chat_id = event["chatId"]
        log = self._logs.get(chat_id)
        if log and not self._is_news_of_one_left(chat_id, event["seq"]):
            self._tell(chat_id, log.take([event], _now()))
            self._follow(chat_id)
            is_left = event["type"] == LEFT and self.user_id in event["memberIds"]
            if is_left and log.highest == event["seq"]:
                # The log stays, to know again what comes late or twice, until one comes back.
                self._left.add(chat_id)
        else:
            self._view(chat_id).apply([event])
            self._await_list(chat_id, event)

    def _await_list(self, chat_id: str, *events: Event) -> None:
        """Keep what came before its chat until a list of chats tells where the log begins."""
        is_awaited = chat_id in self._early or not self._has_met
        self._early.setdefault(chat_id, []).extend(events)
        if not is_awaited:
            self._start(self._list_chats())

    def _give(self, frame: Frame) -> None:
        self._frames.append(frame)
        self._news.set()

    def _tell(self, chat_id: str, added: list[Event]) -> None:
        log, view = self._logs[chat_id], self._view(chat_id)
        view.apply(added)
        for event in added:
            message = event.get("message")
            if event["type"] == "message.created" and message:
                self._acknowledge(message)
            self._give(cast(Frame, event))
        log.trim(self._most_events)
        view.trim(self._most_events)

    def _follow(self, chat_id: str, *, at_once: bool = False) -> None:
        """See to it that what is missing of a chat is read: when it is due, or now."""
        if self._logs[chat_id].due() is None:
            return
        stirred = self._stirred.setdefault(chat_id, asyncio.Event())
        if at_once:
            stirred.set()
        if chat_id not in self._followers:
            self._followers[chat_id] = asyncio.create_task(self._follow_until_whole(chat_id, stirred))

    async def _follow_until_whole(self, chat_id: str, stirred: asyncio.Event) -> None:
        try:
            await self._read_missing(chat_id, stirred)
        finally:
            # Nothing may come between the end and this: whoever finds something missing then needs another follower.
            del self._followers[chat_id]

    async def _read_missing(self, chat_id: str, stirred: asyncio.Event) -> None:
        log = self._logs[chat_id]
        attempt = 0
        while self._logs.get(chat_id) is log and (due := log.due()) is not None:
            try:
                await asyncio.wait_for(stirred.wait(), max(0.0, due - _now()))
            except TimeoutError:
                if log.due() != due:
                    continue
            stirred.clear()
            try:
                await self._read(chat_id, log)
                attempt = 0
            except NotFound:
                return
            except (ConnectionLost, Problem) as error:
                await asyncio.sleep((error.retry_after or 0) + reconnect_delay(attempt))
                attempt += 1

    async def _read(self, chat_id: str, log: Log) -> None:
        """Read everything after what is held without a gap."""
        after = log.contiguous
        while True:
            asked_at = _now()
            page = await self.get_events(chat_id, after)
            if self._logs.get(chat_id) is not log:
                return
            self._tell(chat_id, log.read(page, after, asked_at, _now()))
            if not page["hasMore"] or not page["events"]:
                return
            after = page["events"][-1]["seq"]

    # Sending

    async def _deliver(self, pending: Pending) -> None:
        pause = 0.0
        try:
            message: Message = await self.call(
                "sendMessage",
                chatId=pending.chat_id,
                clientMessageId=pending.client_message_id,
                **pending.content,
            )
        except ConnectionLost:
            self.outbox.lose(pending.client_message_id)
            pause = reconnect_delay(0)
        except Problem as error:
            if self.outbox.refuse(pending.client_message_id, is_temporary=error.is_temporary):
                pause = (error.retry_after or 0) + reconnect_delay(pending.refusals)
            elif (sent := self._sent.get(pending.client_message_id)) and not sent.done():
                sent.set_exception(error)
        else:
            self._acknowledge(message)
            self._take(_created(message))
        await asyncio.sleep(pause)
        self.flush()

    def _acknowledge(self, message: Message) -> None:
        """Let go of a message that the server has, whichever way that became known."""
        client_message_id = message.get("clientMessageId")
        if not client_message_id or message["senderId"] != self.user_id:
            return
        self.outbox.acknowledge(client_message_id)
        sent = self._sent.get(client_message_id)
        if sent and not sent.done():
            sent.set_result(message)

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _created(message: Message) -> Event:
    """Return the event that a message began with. Whoever sends it gets the message alone."""
    return {
        "type": "message.created",
        "chatId": message["chatId"],
        "seq": message["seq"],
        "at": message["sentAt"],
        "message": message,
    }


def _now() -> float:
    return time.monotonic()
