"""The conversation: what comes is shown, what is written is sent or obeyed."""

import asyncio
import shlex
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from kaiwa.client import Client
from kaiwa.errors import ConnectionLost, KaiwaError, NotFound, Problem
from kaiwa.shapes import Chat, Event, Frame, Message, User
from kaiwa.terminal.line import Line
from kaiwa.terminal.look import Look, clip, moment, one_line
from kaiwa.terminal.screen import Screen

PAGE = 20
TYPING_PAUSE = 4.0
"""Seconds after which to say again that one is writing: it ends by itself after ten."""

TYPING_LIFE = 10.0

LEAVING = 5.0
"""Seconds for which somebody who leaves waits for what they wrote last."""

COMMANDS = {
    "/chats": ("", "list your chats"),
    "/open": ("NUMBER or NAME", "open a chat of the list, or the chat with a person"),
    "/find": ("BEGINNING", "find people by the first letters of their names"),
    "/group": ("NAME PERSON …", "make a group"),
    "/add": ("PERSON …", "let people into this group"),
    "/leave": ("", "leave this group"),
    "/who": ("", "say who is in this chat, and who is there"),
    "/more": ("", "show what was said before"),
    "/reply": ("#NUMBER TEXT", "answer a message"),
    "/edit": ("#NUMBER TEXT", "change one of your messages"),
    "/delete": ("#NUMBER", "take a message back"),
    "/react": ("#NUMBER EMOJI", "react to a message; again to take it back"),
    "/send": ("PATH", "send a file"),
    "/save": ("#NUMBER [FOLDER]", "fetch the files of a message"),
    "/block": ("PERSON", "keep somebody from writing to you directly; /unblock lets them again"),
    "/unblock": ("PERSON", ""),
    "/help": ("", "show this"),
    "/quit": ("", "leave; Ctrl-D does too"),
}


class Mistake(Exception):
    """Something that was written cannot be done. The text is for the writer."""


@dataclass
class Room:
    """A chat as this program knows it.

    Attributes:
        reads: How far each member has read.
        writers: Until when each of them counts as writing.
        oldest: The lowest number shown.
    """

    chat: Chat
    reads: dict[str, int] = field(default_factory=dict)
    writers: dict[str, float] = field(default_factory=dict)
    unread: int = 0
    oldest: int | None = None
    shown: set[int] = field(default_factory=set)


class Conversation:
    """One person at a terminal."""

    def __init__(self, client: Client, look: Look) -> None:
        self._client = client
        self._look = look
        self._screen: Screen | None = None
        self._rooms: dict[str, Room] = {}
        self._people: dict[str, User] = {}
        self._online: dict[str, bool] = {}
        self._listed: list[str] = []
        self._open: Room | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._has_failed = False
        self._told_typing_at = float("-inf")
        self._day = ""

    def completions(self, start: str) -> list[str]:
        """Return what the beginning of a line may become: a command, or the name of somebody known."""
        if not start.startswith("/"):
            return []
        command, space, rest = start.rpartition(" ")
        if not space:
            return [f"{name} " for name in COMMANDS if name.startswith(rest)]
        names = {user["username"] for user in self._people.values()}
        return sorted(f"{command} {name} " for name in names if name.startswith(rest))

    def note_writing(self, is_writing: bool) -> None:
        """Tell the others that one is writing, or has stopped: seldom enough to be cheap."""
        if not self._open:
            return
        was_told = self._told_typing_at > float("-inf")
        is_news = time.monotonic() - self._told_typing_at > TYPING_PAUSE if is_writing else was_told
        if not is_news:
            return
        self._told_typing_at = time.monotonic() if is_writing else float("-inf")
        self._start(self._quietly(self._client.set_typing(self._open.chat["chatId"], typing=is_writing)))

    def note_state(self, _is_online: bool) -> None:
        """Show whether the line is up."""
        self._show_state()

    async def run(self, screen: Screen, partner: str | None) -> bool:
        """Talk until the person leaves.

        Returns:
            Whether all that was asked for was done.

        Raises:
            KaiwaError: The server will not have this client.
        """
        self._screen = screen
        with screen.open():
            await self._run(screen, partner)
        return not self._has_failed

    async def _run(self, screen: Screen, partner: str | None) -> None:
        self._show_state()
        self._people[self._client.user_id] = await self._client.get_user()
        connecting = asyncio.create_task(self._client.connect())
        writing = asyncio.create_task(self._obey_all(screen, connecting, partner))
        hearing = asyncio.create_task(self._hear_all(connecting))
        ticking = asyncio.create_task(self._tick())
        try:
            await asyncio.wait({writing, hearing}, return_when=asyncio.FIRST_COMPLETED)
            for task in (writing, hearing):
                if task.done():
                    task.result()
            await self._finish_sending(screen)
        finally:
            for task in (writing, hearing, ticking, connecting):
                task.cancel()
            await asyncio.gather(writing, hearing, ticking, connecting, return_exceptions=True)

    async def _finish_sending(self, screen: Screen) -> None:
        """Let what was written last arrive. A person may give up, and without a line has nothing to wait for."""
        if self._sending and (self._client.is_online or not screen.is_watched):
            await asyncio.wait(self._sending, timeout=LEAVING if screen.is_watched else None)

    # What comes

    async def _hear_all(self, connecting: asyncio.Task[None]) -> None:
        await connecting
        async for frame in self._client.events():
            with suppress(ConnectionLost, NotFound):
                await self._hear(frame)
            self._show_state()

    async def _hear(self, frame: Frame) -> None:
        match frame["type"]:
            case "presence.changed":
                self._online[frame["userId"]] = frame["online"]
            case "typing" if room := self._rooms.get(frame["chatId"]):
                until = time.monotonic() + TYPING_LIFE if frame["typing"] else 0.0
                room.writers[frame["userId"]] = until
                await self._learn([frame["userId"]])
            case "read.updated" if room := self._rooms.get(frame["chatId"]):
                room.reads[frame["userId"]] = frame["readSeq"]
            case "chat.created":
                room = await self._room(frame["chatId"])
                self._listed.append(frame["chatId"])
                self._note(f"A new chat: {self._title(room.chat)}. /open {len(self._listed)}")
            case _ if "seq" in frame:
                await self._hear_event(cast(Event, frame))

    async def _hear_event(self, event: Event) -> None:
        room = await self._room(event["chatId"])
        await self._learn({*event.get("memberIds", ()), event.get("byId"), event.get("userId")})
        message = event.get("message")
        if message:
            await self._learn([message["senderId"]])
            room.writers.pop(message["senderId"], None)
        if event["type"] == "message.created" and message:
            self._show_new(room, message)
        elif room is self._open and (words := self._look.event(event, self._name)):
            self._say(words)
        if event["type"] in {"member.added", "member.removed", "chat.updated"}:
            with suppress(NotFound):
                room.chat = await self._client.get_chat(event["chatId"])

    def _show_new(self, room: Room, message: Message) -> None:
        sender = message["senderId"]
        room.reads[sender] = max(message["seq"], room.reads.get(sender, 0))
        if room is self._open:
            self._show(room, message)
            if sender != self._client.user_id:
                self._mark_read(room, message["seq"])
        elif sender != self._client.user_id:
            room.unread += 1
            words = clip(one_line(message.get("text", "a file")), 60)
            self._note(f"[{self._title(room.chat)}] {self._name(sender)}: {words}")

    # What is written

    async def _obey_all(self, screen: Screen, connecting: asyncio.Task[None], partner: str | None) -> None:
        await connecting
        await self._show_chats(is_first=True)
        if partner:
            await self._try(self._open_chat(partner))
        async for line in screen.lines():
            if line.strip() == "/quit":
                return
            if line.strip():
                await self._try(self._obey(line.strip()))
            self._show_state()

    async def _try(self, act: Awaitable[None]) -> None:
        try:
            await act
        except Mistake as error:
            self._complain(str(error))
        except Problem as error:
            self._complain(explained(error))
        except ConnectionLost:
            self._complain("The line is down. It comes back by itself; then try again.")
        except OSError as error:
            self._complain(f"{error.filename}: {error.strerror}")

    async def _obey(self, line: str) -> None:
        if not line.startswith("/") or line.startswith("//"):
            self._send(line.removeprefix("/") if line.startswith("//") else line)
            return
        command, _, rest = line.partition(" ")
        commands: dict[str, Callable[[str], Awaitable[None]]] = {
            "/chats": lambda _: self._show_chats(),
            "/open": self._open_chat,
            "/find": self._find,
            "/group": self._make_group,
            "/add": self._add,
            "/leave": lambda _: self._leave(),
            "/who": lambda _: self._show_members(),
            "/more": lambda _: self._show_more(),
            "/reply": self._reply,
            "/edit": self._edit,
            "/delete": self._delete,
            "/react": self._react,
            "/send": self._send_file,
            "/save": self._save,
            "/block": self._block,
            "/unblock": self._unblock,
            "/help": lambda _: self._help(),
        }
        if command not in commands:
            raise Mistake(f"There is no command {command}. /help lists them; // begins a message with a slash.")
        await commands[command](rest.strip())

    async def _show_chats(self, *, is_first: bool = False) -> None:
        page = await self._client.list_chats(limit=50)
        self._listed = []
        for chat in page["chats"]:
            room = self._rooms.setdefault(chat["chatId"], Room(chat))
            room.chat, room.unread = chat, chat.get("unreadCount", 0)
            self._listed.append(chat["chatId"])
        await self._learn(chat["lastMessage"]["senderId"] for chat in page["chats"] if "lastMessage" in chat)
        await self._learn(one for chat in page["chats"] if chat["kind"] == "direct" for one in chat["memberIds"])
        if is_first:
            self._note(f"You are {self._name(self._client.user_id)}. /help lists what you can do.")
        if not self._listed:
            self._note("You have no chats yet. /open NAME begins one.")
        for number, chat_id in enumerate(self._listed, 1):
            self._say(self._listed_line(number, self._rooms[chat_id]))

    def _listed_line(self, number: int, room: Room) -> str:
        unread = self._look.good(f" ({room.unread} new)") if room.unread else ""
        last = room.chat.get("lastMessage")
        words = ""
        if last:
            name = "you" if last["senderId"] == self._client.user_id else self._name(last["senderId"])
            words = self._look.dim(f"  {name}: {clip(one_line(last.get('text', '…')), 50)}")
        return f"{number:>4}  {self._look.bold(self._title(room.chat))}{unread}{words}"

    async def _open_chat(self, which: str) -> None:
        if not which:
            raise Mistake("Which one? /open NUMBER of the list, or the NAME of a chat or a person.")
        room = await self._found(which)
        chat_id = room.chat["chatId"]
        chat = await self._client.get_chat(chat_id)
        room.chat = chat
        room.reads = {**room.reads, **chat.get("readSeqs", {})}
        self._open, room.unread = room, 0
        self._day = ""
        await self._learn(chat["memberIds"][:100])
        self._say(f"\n{self._look.bold(f'── {self._title(chat)} ──')}")
        if chat["kind"] == "direct":
            await self._look_for([one for one in chat["memberIds"] if one != self._client.user_id])
        room.oldest = None
        room.shown.clear()
        await self._show_more()
        if chat["lastSeq"]:
            self._mark_read(room, chat["lastSeq"])

    async def _found(self, which: str) -> Room:
        """Return the chat of a number in the list, of a name, or with a person."""
        if which.isdecimal() and 0 < int(which) <= len(self._listed):
            return self._rooms[self._listed[int(which) - 1]]
        for room in self._rooms.values():
            if self._title(room.chat).casefold() == which.casefold():
                return room
        chat = await self._client.start_direct_chat((await self._person(which))["userId"])
        return self._rooms.setdefault(chat["chatId"], Room(chat))

    async def _find(self, beginning: str) -> None:
        users = (await self._client.find_users(beginning, limit=PAGE))["users"] if beginning else []
        for user in users:
            self._people[user["userId"]] = user
            self._say(f"      {self._look.person(user['username'])}  {one_line(user['displayName'])}")
        if not users:
            self._note("Nobody is called so.")

    async def _make_group(self, words: str) -> None:
        name, *people = split(words)
        if not people:
            raise Mistake("Who shall be in it? /group NAME PERSON …, with quotes round a name of several words.")
        found = [await self._person(one) for one in people]
        chat = await self._client.start_group(name, [one["userId"] for one in found])
        self._rooms[chat["chatId"]] = Room(chat)
        await self._open_chat(name)

    async def _add(self, words: str) -> None:
        room = self._here()
        people = [await self._person(one) for one in split(words)]
        await self._client.add_members(room.chat["chatId"], [one["userId"] for one in people])

    async def _leave(self) -> None:
        room = self._here()
        await self._client.remove_member(room.chat["chatId"])
        del self._rooms[room.chat["chatId"]]
        self._open = None
        self._note(f"You left {self._title(room.chat)}.")

    async def _show_members(self) -> None:
        room = self._here()
        room.chat = await self._client.get_chat(room.chat["chatId"])
        members = room.chat["memberIds"][:100]
        await self._learn(members)
        await self._look_for(members)
        for user_id in members:
            is_there = self._look.good("●") if self._online.get(user_id) else self._look.dim("○")
            admin = self._look.dim("  looks after the group") if user_id in room.chat["admins"] else ""
            self._say(f"    {is_there} {self._look.person(self._name(user_id))}{admin}")

    async def _show_more(self) -> None:
        room = self._here()
        page = await self._client.history(room.chat["chatId"], before=room.oldest, limit=PAGE)
        messages = page["messages"]
        await self._learn(message["senderId"] for message in messages)
        if room.oldest is not None:
            self._note("before that:" if messages else "That is the beginning.")
            self._day = ""
        elif page["hasMore"]:
            self._note("/more shows what was said before.")
        for message in messages:
            self._show(room, message)
        if messages:
            room.oldest = messages[0]["seq"]

    def _send(self, text: str, **options: Any) -> None:
        room = self._here()
        self._told_typing_at = float("-inf")
        self._start(self._deliver(room, text, options))
        self._show_state()

    async def _deliver(self, room: Room, text: str, options: dict[str, Any]) -> None:
        """Send a message, and wait until the server has it. It is shown when its event comes."""
        try:
            await self._client.send(room.chat["chatId"], text or None, **options)
        except KaiwaError as error:
            why = explained(error) if isinstance(error, Problem) else str(error)
            self._complain(f"Not sent: “{clip(one_line(text), 40)}”. {why}")

    async def _reply(self, words: str) -> None:
        message, text = self._named(words)
        self._send(text, reply_to=message["messageId"])

    async def _edit(self, words: str) -> None:
        message, text = self._named(words)
        await self._client.edit(message, text)

    async def _delete(self, words: str) -> None:
        message, _ = self._named(words)
        await self._client.delete(message)

    async def _react(self, words: str) -> None:
        message, emoji = self._named(words)
        if not emoji:
            raise Mistake("With what? /react #NUMBER EMOJI.")
        is_set = self._client.user_id in message["reactions"].get(emoji, [])
        await (self._client.unreact if is_set else self._client.react)(message, emoji)

    async def _send_file(self, words: str) -> None:
        self._here()
        (name,) = split(words) or ("",)
        path = Path(name).expanduser()
        if not path.is_file():
            raise Mistake(f"There is no file {name or '…'}: /send PATH.")
        self._note(f"sending {path.name}")
        file = await self._client.upload(path)
        self._send("", file_ids=[file["fileId"]])

    async def _save(self, words: str) -> None:
        message, folder = self._named(words)
        for file_id in message["fileIds"]:
            found = await self._client.get_file(file_id)
            # A name is what its sender says; only its last part may say where it goes.
            path = unused(Path(folder or ".").expanduser() / (Path(one_line(found["file"]["name"])).name or file_id))
            await self._client.download(file_id, path)
            self._note(f"saved {path}")

    async def _block(self, name: str) -> None:
        await self._client.block((await self._person(name))["userId"])
        self._note(f"{name} can no longer write to you directly.")

    async def _unblock(self, name: str) -> None:
        await self._client.unblock((await self._person(name))["userId"])
        self._note(f"{name} can write to you again.")

    async def _help(self) -> None:
        self._say("  What you write is sent to the open chat. Commands:")
        for command, (arguments, words) in COMMANDS.items():
            if words:
                self._say(f"    {self._look.bold(command)} {arguments:<18} {self._look.dim(words)}")

    # Finding things

    def _here(self) -> Room:
        if not self._open:
            raise Mistake("No chat is open. /chats lists them, /open opens one.")
        return self._open

    def _named(self, words: str) -> tuple[Message, str]:
        """Return the message whose number stands first, and the words after it."""
        room = self._here()
        number, _, rest = words.partition(" ")
        seq = number.removeprefix("#")
        view = self._client.views[room.chat["chatId"]]
        found = [one for one in view.messages if seq.isdecimal() and one["seq"] == int(seq)]
        if not found:
            raise Mistake("Which message? Its number stands behind it, like #12.")
        return found[0], rest.strip()

    async def _person(self, name: str) -> User:
        if not name:
            raise Mistake("Who? Give the name of a person.")
        for user in (await self._client.find_users(name))["users"]:
            if user["username"].casefold() == name.casefold():
                self._people[user["userId"]] = user
                return user
        raise Mistake(f"Nobody is called {one_line(name)}.")

    async def _room(self, chat_id: str) -> Room:
        if chat_id not in self._rooms:
            chat = await self._client.get_chat(chat_id)
            await self._learn(chat["memberIds"] if chat["kind"] == "direct" else ())
            self._rooms[chat_id] = Room(chat)
        return self._rooms[chat_id]

    async def _learn(self, user_ids: Iterable[str | None]) -> None:
        """Find out what people are called."""
        unknown = {one for one in user_ids if one and one not in self._people}
        for user_id in unknown:
            with suppress(NotFound):
                self._people[user_id] = await self._client.get_user(user_id)

    async def _look_for(self, user_ids: list[str]) -> None:
        for one in await self._client.presence(user_ids):
            self._online[one["userId"]] = one["online"]

    # Showing things

    def _name(self, user_id: str) -> str:
        user = self._people.get(user_id)
        return one_line(user["username"]) if user else "somebody"

    def _title(self, chat: Chat) -> str:
        if chat["kind"] == "group":
            return one_line(chat.get("name") or "A group")
        return ", ".join(self._name(one) for one in chat["memberIds"] if one != self._client.user_id) or "Yourself"

    def _show(self, room: Room, message: Message) -> None:
        if message["seq"] in room.shown:
            return
        room.shown.add(message["seq"])
        day = moment(message["sentAt"]).strftime("%A, %d %B %Y")
        if day != self._day:
            self._day = day
            self._say(self._look.dim(f"       {day}"))
        answered = self._client.views[room.chat["chatId"]].get(message.get("replyTo", ""))
        self._say(self._look.message(message, self._name, answered))

    def _mark_read(self, room: Room, seq: int) -> None:
        room.unread = 0
        self._start(self._quietly(self._client.mark_read(room.chat["chatId"], seq)))

    def _show_state(self) -> None:
        if self._screen:
            self._screen.show_state(self.state())

    def state(self) -> str:
        """Return how things are, in a line."""
        parts = ["online" if self._client.is_online else "connecting …"]
        waiting = len(self._client.outbox)
        if waiting:
            parts.append(f"{waiting} on the way" if self._client.is_online else f"{waiting} waiting for the line")
        if self._open:
            parts += self._state_of(self._open)
        unread = sum(room.unread for room in self._rooms.values() if room is not self._open)
        if unread:
            parts.append(f"{unread} new elsewhere: /chats")
        return "  ·  ".join(parts)

    def _state_of(self, room: Room) -> list[str]:
        others = [one for one in room.chat["memberIds"] if one != self._client.user_id]
        there = [self._name(one) for one in others if self._online.get(one)]
        parts = [f"{self._title(room.chat)}{' ●' if there and room.chat['kind'] == 'direct' else ''}"]
        now = time.monotonic()
        writers = [self._name(one) for one, until in room.writers.items() if until > now and one in others]
        if writers:
            parts.append(f"{', '.join(writers[:3])} writing …")
        view = self._client.views.get(room.chat["chatId"])
        own = [one["seq"] for one in view.messages if one["senderId"] == self._client.user_id] if view else []
        if own and not writers:
            readers = [self._name(one) for one in others if room.reads.get(one, 0) >= own[-1]]
            parts.append(f"✓✓ #{own[-1]} read by {', '.join(readers[:3])}" if readers else f"✓ #{own[-1]} sent")
        return parts

    async def _tick(self) -> None:
        """Let what ends by itself end on the screen too."""
        while True:
            await asyncio.sleep(1)
            self._show_state()

    def _say(self, text: str) -> None:
        if self._screen:
            self._screen.say(text)

    def _note(self, text: str) -> None:
        self._say(self._look.dim(f"       {text}"))

    def _complain(self, text: str) -> None:
        self._has_failed = True
        self._say(self._look.alarm(f"       {text}"))

    # Doing several things

    async def _quietly(self, act: Awaitable[Any]) -> None:
        with suppress(KaiwaError):
            await act

    def _start(self, act: Any) -> None:
        task = asyncio.get_running_loop().create_task(act)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        task.add_done_callback(lambda _: self._show_state())


def explained(error: Problem) -> str:
    """Say what the server does not like."""
    fields = "".join(f" {name}: {words}." for name, words in error.fields.items())
    waiting = f" Try again in {error.retry_after:.0f} s." if error.retry_after else ""
    return f"{error}{fields}{waiting}"


def split(words: str) -> list[str]:
    """Return words, those in quotes together.

    Raises:
        Mistake: A quote has no end.
    """
    try:
        return shlex.split(words)
    except ValueError as error:
        raise Mistake(f"I cannot read this: {error}.") from error


def unused(path: Path) -> Path:
    """Return a path where nothing is yet."""
    number = 1
    found = path
    while found.exists():
        number += 1
        found = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return found


def new_line(conversation: Conversation) -> Line:
    """Return an empty line that completes what this conversation knows."""
    return Line(conversation.completions)
