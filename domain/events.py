"""The frames that the server pushes, one class each."""

from typing import Any

from core.shapes import Answer
from domain.protocol import Call, Chat, File, Message, Name


class Event(Answer, frozen=True, tag_field="type", kw_only=True):
    """Something that happened, told to sockets."""


class Logged(Event, frozen=True, kw_only=True):
    """Something that took a place in a chat's log.

    Attributes:
        seq: The place.
        at: When.
    """

    chat_id: str
    seq: int
    at: str


class MessageEvent(Logged, frozen=True, kw_only=True):
    """Something that happened to a message.

    Attributes:
        message: The message as it is after that. In ``getEvents``, as it is now; left out where the reader may not see
            it, because it is older than their membership and the group shows new members nothing older.
    """

    message_id: str
    message: Message | None = None


class MemberEvent(Logged, frozen=True, kw_only=True):
    """Members of a group came or went.

    Attributes:
        by_id: Who did it.
        member_ids: Those who came or went, and nobody else.
        admins: The group's admins after that.
    """

    by_id: str
    member_ids: list[str]
    admins: list[str]


class ChatCreated(Event, frozen=True, tag="chat.created"):
    """A chat exists, and the receiver is in it."""

    chat_id: str
    chat: Chat


class ChatUpdated(Logged, frozen=True, tag="chat.updated", kw_only=True):
    """A group's name, admins or settings are others now.

    Attributes:
        by_id: Who did it.
        history_for_new_members: Whether who joins from now on sees what was said before.
    """

    by_id: str
    name: str | None = None
    admins: list[str]
    history_for_new_members: bool = True


class MemberAdded(MemberEvent, frozen=True, tag="member.added"):
    """Members came."""


class MemberRemoved(MemberEvent, frozen=True, tag="member.removed"):
    """Members went. They hear of it too, as the last they hear of the chat."""


class MessageCreated(Logged, frozen=True, tag="message.created", kw_only=True):
    """A message took its place in a chat's log."""

    message: Message


class MessageEdited(MessageEvent, frozen=True, tag="message.edited"):
    """Its author put it in other words."""


class MessageDeleted(MessageEvent, frozen=True, tag="message.deleted"):
    """Its words are no more. It keeps its place."""


class ReactionAdded(MessageEvent, frozen=True, tag="reaction.added", kw_only=True):
    """Somebody reacted to a message."""

    user_id: str
    emoji: str


class ReactionRemoved(MessageEvent, frozen=True, tag="reaction.removed", kw_only=True):
    """Somebody took a reaction back."""

    user_id: str
    emoji: str


class ReadUpdated(Event, frozen=True, tag="read.updated", kw_only=True):
    """A member has read up to a place in the log."""

    chat_id: str
    user_id: str
    read_seq: int


class Typing(Event, frozen=True, tag="typing", kw_only=True):
    """A member is writing, or is not any more. It ends by itself after 10 s."""

    chat_id: str
    user_id: str
    typing: bool


class PresenceChanged(Event, frozen=True, tag="presence.changed", kw_only=True):
    """Somebody whom the receiver has a direct chat with came or went."""

    user_id: str
    online: bool
    last_seen_at: str


class CallEvent(Event, frozen=True, kw_only=True):
    """Something that happened in a call.

    Attributes:
        call: The call as it is after that.
    """

    call: Call


class ParticipantEvent(CallEvent, frozen=True, kw_only=True):
    """Something that a participant did, or that happened to them.

    Attributes:
        user_id: The participant.
    """

    user_id: str


class CallRinging(CallEvent, frozen=True, tag="call.ringing", kw_only=True):
    """Somebody calls the receiver."""

    caller: Name


class CallJoined(ParticipantEvent, frozen=True, tag="call.joined"):
    """A participant takes part on one of their devices from now on. Whoever took part before need not be polite."""


class CallRejected(ParticipantEvent, frozen=True, tag="call.rejected"):
    """A participant will not answer. Their own devices hear of it too, and stop ringing."""


class CallAnsweredElsewhere(ParticipantEvent, frozen=True, tag="call.answeredElsewhere"):
    """The receiver takes part on another device."""


class CallLeft(ParticipantEvent, frozen=True, tag="call.left"):
    """A participant does not take part any more, or did not answer in time; the call goes on without them."""


class CallEnded(CallEvent, frozen=True, tag="call.ended"):
    """The call is over."""


class CallSignal(Event, frozen=True, tag="call.signal", kw_only=True):
    """What one peer tells another, as it was given."""

    call_id: str
    from_user_id: str
    from_device_id: str
    signal: dict[str, Any]


class CallLogged(Logged, frozen=True, tag="call.logged", kw_only=True):
    """A call between members of a chat was missed, or has ended."""

    call: Call


class FileUpdated(Event, frozen=True, tag="file.updated", kw_only=True):
    """A file is not what it was: it has a thumbnail now, or was scanned. Who shows it asks for it again."""

    file_id: str


class FileInfected(Event, frozen=True, tag="file.infected", kw_only=True):
    """A file of the receiver's holds malware. Its bytes are gone, and nobody gets it any more."""

    file: File


AnyLogged = (
    CallLogged
    | ChatUpdated
    | MemberAdded
    | MemberRemoved
    | MessageCreated
    | MessageEdited
    | MessageDeleted
    | ReactionAdded
    | ReactionRemoved
)
"""What ``getEvents`` returns."""
