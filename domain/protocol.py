"""What clients see of people, chats and messages, in the protocol's words."""

import msgspec

from core.shapes import Answer


class User(Answer, frozen=True, kw_only=True):
    """A person.

    Attributes:
        email: Shown to nobody but the user.
        last_seen_at: When a socket of theirs was last opened or closed; None if never.
    """

    user_id: str
    username: str
    display_name: str
    avatar_file_id: str | None = None
    created_at: str
    online: bool
    last_seen_at: str | None = None
    email: str | None = None


class File(Answer, frozen=True, kw_only=True):
    """A file.

    Attributes:
        size: In bytes.
        sha256: In hexadecimal digits, as S3 computed it; left out of a file above 1 GiB, of which it computes none.
        scan_state: ``pending`` or ``infected``; left out of one that is clean.
        width: Of a picture with a thumbnail, in pixels as people see it; likewise ``height``.
    """

    file_id: str
    name: str
    content_type: str
    size: int
    sha256: str | None = None
    created_at: str
    scan_state: str | None = None
    width: int | None = None
    height: int | None = None


class Message(Answer, frozen=True, kw_only=True):
    """A message. ``sender_id`` and the times are the server's.

    Attributes:
        reactions: The users who reacted, under their emoji.
        changed_seq: The place in the log of what changed the message last. Of two states of it the one with the higher
            number is the newer.
    """

    chat_id: str
    seq: int
    message_id: str
    sender_id: str
    text: str | None = None
    file_ids: list[str]
    reply_to: str | None = None
    sent_at: str
    edited_at: str | None = None
    deleted_at: str | None = None
    reactions: dict[str, list[str]]
    changed_seq: int | None = None
    client_message_id: str | None = None


class Chat(Answer, frozen=True, kw_only=True):
    """A chat.

    Attributes:
        kind: ``direct`` (two people, once) or ``group``.
        last_seq: The highest place taken in its log. A number may be missing where a write failed.
        history_for_new_members: Whether who joins sees what was said before.
    """

    chat_id: str
    kind: str
    name: str | None = None
    member_ids: list[str]
    admins: list[str]
    last_seq: int
    last_message: Message | None = None
    created_at: str
    history_for_new_members: bool = True


class OpenedChat(Chat, frozen=True, kw_only=True):
    """A chat that one of its members looks at.

    Attributes:
        read_seqs: How far each member has marked the log as read, in a chat of at most ``chats.MOST_READERS``. Who says
            something has also read up to there.
    """

    read_seqs: dict[str, int] = msgspec.field(default_factory=dict)


class ListedChat(Chat, frozen=True, kw_only=True):
    """A chat as its member sees it.

    Attributes:
        unread_count: Messages of others after ``read_seq``; never above ``chats.MOST_UNREAD``.
        read_seq: How far the member has read: their mark, or their own last message if that is further.
    """

    unread_count: int
    read_seq: int


class Participant(Answer, frozen=True, kw_only=True):
    """Somebody in a call.

    Attributes:
        device_id: The device on which they take part, or did, until the call ends.
        state: ``ringing``, ``joined``, ``rejected``, ``busy``, ``missed`` or ``left``.
    """

    user_id: str
    device_id: str | None = None
    state: str


class Call(Answer, frozen=True, kw_only=True):
    """A call.

    Attributes:
        kind: ``audio`` or ``video``.
        chat_id: The chat whose members were called, if it was one.
        state: ``ringing``, ``active`` or ``ended``.
        participants: The caller first.
        ring_expires_at: When it stops ringing, wherever nobody answered.
        end_reason: ``hangup``, ``rejected``, ``busy``, ``missed``, ``cancelled``, ``connection_lost`` or ``failed``.
    """

    call_id: str
    kind: str
    chat_id: str | None = None
    state: str
    caller_id: str
    participants: list[Participant]
    created_at: str
    ring_expires_at: str
    answered_at: str | None = None
    ended_at: str | None = None
    end_reason: str | None = None


class Name(Answer, frozen=True, kw_only=True):
    """What a ringing device shows of somebody."""

    user_id: str
    username: str
    display_name: str
