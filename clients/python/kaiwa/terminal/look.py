"""How things look in a terminal. Pure."""

import re
import unicodedata
import zlib
from collections.abc import Callable
from datetime import datetime

from kaiwa.shapes import Event, Message

NAME_COLOURS = (36, 35, 33, 32, 34, 96, 95, 93, 92, 94)

UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
"""What could move a terminal's cursor, change its title or turn text around: nobody may do that to somebody else."""

SEQUENCE = re.compile("\x1b\\[[0-9;]*m")
"""Our own colours."""

CALLS = {
    "missed": "a call was missed",
    "cancelled": "a call was given up",
    "rejected": "a call was declined",
    "busy": "a call found somebody busy",
    "failed": "a call failed",
    "connection_lost": "a call lost its connection",
}
"""What became of calls, by the reason why they ended."""

Namer = Callable[[str], str]


def clean(text: str) -> str:
    """Return what somebody wrote without what a terminal would obey."""
    return UNSAFE.sub("�", text.expandtabs(4))


def one_line(text: str) -> str:
    """Return text in one line."""
    return " ".join(clean(text).split())


def width(text: str) -> int:
    """Return how many columns text takes: ideographs and emoji take two, marks upon other characters none."""
    columns = 0
    for character in SEQUENCE.sub("", text):
        if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
            continue
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return columns


def clip(text: str, columns: int) -> str:
    """Return as much of the beginning of a plain text as fits."""
    if width(text) <= columns:
        return text
    while text and width(text) > columns - 1:
        text = text[:-1]
    return f"{text}…"


def moment(time: str) -> datetime:
    """Return a time of the server's in the zone of this machine."""
    return datetime.fromisoformat(time).astimezone()


class Look:
    """Colours, or none of them."""

    def __init__(self, *, colours: bool) -> None:
        self._colours = colours

    def dim(self, text: str) -> str:
        """Say something quietly."""
        return self._in("2", text)

    def bold(self, text: str) -> str:
        """Say something loudly."""
        return self._in("1", text)

    def alarm(self, text: str) -> str:
        """Say that something went wrong."""
        return self._in("31", text)

    def good(self, text: str) -> str:
        """Say that something is as it should be."""
        return self._in("32", text)

    def person(self, name: str) -> str:
        """Show a name, always in the same colour."""
        colour = NAME_COLOURS[zlib.crc32(name.encode()) % len(NAME_COLOURS)]
        return self._in(f"1;{colour}", clean(name))

    def message(self, message: Message, name_of: Namer, answered: Message | None = None) -> str:
        """Show a message, and above it what it answers."""
        time = moment(message["sentAt"]).strftime("%H:%M")
        name = name_of(message["senderId"])
        indent = " " * (len("00:00  ") + width(name) + 2)
        lines = [one_line_of(answered, name_of, indent, self)] if answered else []
        text = self._words(message).replace("\n", f"\n{indent}")
        place = self.dim(f"#{message['seq']}")
        lines.append(f"{self.dim(time)}  {self.person(name)}  {text}  {place}")
        reactions = "  ".join(f"{clean(emoji)} {len(people)}" for emoji, people in message["reactions"].items())
        if reactions:
            lines.append(f"{indent}{self.dim(reactions)}")
        return "\n".join(lines)

    def event(self, event: Event, name_of: Namer) -> str | None:
        """Say in a line what happened, other than that somebody said something; None for what needs no words."""
        people = ", ".join(map(name_of, event.get("memberIds", [])))
        seq = f"#{event['message']['seq']}" if "message" in event else ""
        who = name_of(event.get("byId") or event.get("userId") or event.get("message", {}).get("senderId", ""))
        emoji = clean(event.get("emoji", ""))
        match event["type"]:
            case "message.edited":
                words = f"{who} changed {seq}: {clean(event['message'].get('text', ''))}"
            case "message.deleted":
                words = f"{who} took {seq} back"
            case "reaction.added":
                words = f"{who} {emoji} {seq}"
            case "reaction.removed":
                words = f"{who} no longer {emoji} {seq}"
            case "member.added":
                words = f"{who} brought {people}"
            case "member.removed":
                words = (
                    f"{people} left" if event.get("byId") in event.get("memberIds", []) else f"{who} put {people} out"
                )
            case "chat.updated":
                words = f"{who} changed the group: it is called “{one_line(event.get('name') or '')}”"
            case "call.logged":
                words = call_words(event)
            case _:
                return None
        return self.dim(f"       {words}")

    def _words(self, message: Message) -> str:
        if "deletedAt" in message:
            return self.dim("taken back")
        words = [clean(message.get("text", ""))] if message.get("text") else []
        files = len(message["fileIds"])
        if files:
            words.append(self.dim(f"[{'a file' if files == 1 else f'{files} files'}: /save {message['seq']}]"))
        if "editedAt" in message:
            words.append(self.dim("(changed)"))
        return " ".join(words)

    def _in(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours and text else text


def one_line_of(message: Message, name_of: Namer, indent: str, look: Look) -> str:
    """Show what is answered, briefly."""
    words = clip(one_line(message.get("text", "…")), 50)
    return look.dim(f"{indent[:-2]}↱ {name_of(message['senderId'])}: {words}")


def call_words(event: Event) -> str:
    """Say what became of a call."""
    reason = event["call"].get("endReason", "") if "call" in event else ""
    return CALLS.get(reason, "a call ended")
