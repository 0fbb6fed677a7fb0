"""What clients see of people, chats and messages, in the protocol's words."""

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


class Message(Answer, frozen=True, kw_only=True):
    """A message. ``sender_id`` and the times are the server's.

    Attributes:
        reactions: The users who reacted, under their emoji.
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
    client_message_id: str | None = None


class Chat(Answer, frozen=True, kw_only=True):
    """A chat.

    Attributes:
        kind: ``direct`` (two people, once) or ``group``.
        last_seq: The highest place taken in its log. A number may be missing where a write failed.
    """

    chat_id: str
    kind: str
    name: str | None = None
    member_ids: list[str]
    admins: list[str]
    last_seq: int
    last_message: Message | None = None
    created_at: str


class ListedChat(Chat, frozen=True, kw_only=True):
    """A chat as its member sees it.

    Attributes:
        unread_count: Messages of others after ``read_seq``; never above ``chats.MOST_UNREAD``.
        read_seq: How far the member has read.
    """

    unread_count: int
    read_seq: int
