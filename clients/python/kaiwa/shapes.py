"""What the server says, as it comes: JSON objects in the protocol's own words. There may be more fields than here."""

from typing import Any, Literal, NotRequired, TypedDict


class Account(TypedDict):
    """A new account."""

    userId: str
    username: str
    email: str
    confirmed: bool


class Tokens(TypedDict):
    """What a log-in gives. `expiresIn` is in seconds."""

    userId: str
    accessToken: str
    idToken: str
    refreshToken: str
    expiresIn: int
    tokenType: str


class Challenge(TypedDict):
    """A log-in that is half done. `session` goes along with what was mailed; `expiresIn` is in seconds."""

    challenge: str
    session: str
    expiresIn: int


class User(TypedDict):
    """A person. Only the user sees their own mail address."""

    userId: str
    username: str
    displayName: str
    avatarFileId: NotRequired[str]
    createdAt: str
    online: bool
    lastSeenAt: NotRequired[str]
    email: NotRequired[str]


class Users(TypedDict):
    """A page of people."""

    users: list[User]
    nextCursor: NotRequired[str]


class Block(TypedDict):
    """Somebody whom one has blocked."""

    userId: str
    blockedAt: str


class Blocks(TypedDict):
    """A page of those whom one has blocked."""

    blocks: list[Block]
    nextCursor: NotRequired[str]


class Presence(TypedDict):
    """Whether somebody is there."""

    userId: str
    online: bool
    lastSeenAt: NotRequired[str]


class Message(TypedDict):
    """A message. A deleted one has no text. Of two states of it the one with the higher `changedSeq` is the newer."""

    chatId: str
    seq: int
    messageId: str
    senderId: str
    text: NotRequired[str]
    fileIds: list[str]
    replyTo: NotRequired[str]
    sentAt: str
    editedAt: NotRequired[str]
    deletedAt: NotRequired[str]
    reactions: dict[str, list[str]]
    changedSeq: NotRequired[int]
    clientMessageId: NotRequired[str]


class Chat(TypedDict):
    """A chat. `unreadCount` and `readSeq` stand in the list of one's chats, `readSeqs` in a chat that is looked at."""

    chatId: str
    kind: Literal["direct", "group"]
    name: NotRequired[str]
    memberIds: list[str]
    admins: list[str]
    lastSeq: int
    lastMessage: NotRequired[Message]
    createdAt: str
    historyForNewMembers: NotRequired[bool]
    unreadCount: NotRequired[int]
    readSeq: NotRequired[int]
    readSeqs: NotRequired[dict[str, int]]


class Chats(TypedDict):
    """A page of one's chats, latest first."""

    chats: list[Chat]
    nextCursor: NotRequired[str]


class History(TypedDict):
    """Part of a chat's messages, ascending."""

    messages: list[Message]
    hasMore: bool


class Event(TypedDict):
    """Something durable that happened in a chat and has a place in its log. `type` says what other fields there are.

    A truncated event is a reference: it was too large to be pushed, and getEvents has it.
    """

    type: str
    chatId: str
    seq: int
    at: str
    message: NotRequired[Message]
    messageId: NotRequired[str]
    userId: NotRequired[str]
    emoji: NotRequired[str]
    byId: NotRequired[str]
    memberIds: NotRequired[list[str]]
    admins: NotRequired[list[str]]
    name: NotRequired[str]
    historyForNewMembers: NotRequired[bool]
    call: NotRequired[dict[str, Any]]
    truncated: NotRequired[bool]


class Events(TypedDict):
    """Part of a chat's log, ascending. `lastSeq` is the highest number that is taken."""

    events: list[Event]
    hasMore: bool
    lastSeq: int


class File(TypedDict):
    """A file. `size` is in bytes, `sha256` in hexadecimal digits. One without a `scanState` is clean."""

    fileId: str
    name: str
    contentType: str
    size: int
    sha256: NotRequired[str]
    createdAt: str
    scanState: NotRequired[Literal["pending", "infected"]]


class Files(TypedDict):
    """A page of one's own files, latest first."""

    files: list[File]
    nextCursor: NotRequired[str]


class Download(TypedDict):
    """Where the bytes of a file are, for the next minutes and without any token."""

    url: str
    expiresAt: str
    file: File


class Part(TypedDict):
    """Where a part of a file goes."""

    number: int
    url: str
    size: int


class Target(TypedDict):
    """Where the bytes of a file go: by a form, or in parts."""

    method: str
    url: NotRequired[str]
    fields: NotRequired[dict[str, str]]
    parts: NotRequired[list[Part]]


class Upload(TypedDict):
    """A file whose bytes are awaited."""

    fileId: str
    upload: Target
    expiresAt: str


class IceServer(TypedDict):
    """A STUN server, or a TURN server and what lets one in."""

    urls: list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


class IceServers(TypedDict):
    """What helps two peers to find each other. Credentials end at `expiresAt`."""

    iceServers: list[IceServer]
    expiresAt: str


class Greeting(TypedDict):
    """What the server tells about a new socket."""

    userId: str
    deviceId: str
    connectionExpiresAt: str
    keepAliveSeconds: int
    serverTime: str


class Ticket(TypedDict):
    """What opens one socket."""

    ticket: str
    url: str
    expiresIn: int


Frame = dict[str, Any]
"""A pushed frame of any type."""
