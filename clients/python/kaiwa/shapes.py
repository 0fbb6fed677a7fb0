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

    A truncated event is a reference: it was too large to be pushed, or not every member may see all of it, and
    getEvents has it. There what happened to a message comes without it if one may not see it.
    """

    type: str
    chatId: str
    seq: int
    at: str
    message: NotRequired[Message]
    messageId: NotRequired[str]
    call: NotRequired["Call"]
    userId: NotRequired[str]
    emoji: NotRequired[str]
    byId: NotRequired[str]
    memberIds: NotRequired[list[str]]
    admins: NotRequired[list[str]]
    name: NotRequired[str]
    historyForNewMembers: NotRequired[bool]
    truncated: NotRequired[bool]


class Events(TypedDict):
    """Part of a chat's log, ascending. `lastSeq` is the highest number that is taken."""

    events: list[Event]
    hasMore: bool
    lastSeq: int


class File(TypedDict):
    """A file. `size` is in bytes, `sha256` in hexadecimal digits. One without a `scanState` is clean.

    A picture with a thumbnail has a `width` and a `height`, in pixels.
    """

    fileId: str
    name: str
    contentType: str
    size: int
    sha256: NotRequired[str]
    createdAt: str
    scanState: NotRequired[Literal["pending", "infected"]]
    width: NotRequired[int]
    height: NotRequired[int]


class Files(TypedDict):
    """A page of one's own files, latest first."""

    files: list[File]
    nextCursor: NotRequired[str]


class Download(TypedDict):
    """Where the bytes of a file, and of a picture's thumbnail, are, for the next minutes and without any token."""

    url: str
    thumbnailUrl: NotRequired[str]
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


class Participant(TypedDict):
    """Somebody in a call. `deviceId` is the device on which they take part, or did, until the call ends."""

    userId: str
    deviceId: NotRequired[str]
    state: Literal["ringing", "joined", "rejected", "busy", "missed", "left"]


class Call(TypedDict):
    """A call. The caller is the first of the participants."""

    callId: str
    kind: Literal["audio", "video"]
    chatId: NotRequired[str]
    state: Literal["ringing", "active", "ended"]
    callerId: str
    participants: list[Participant]
    createdAt: str
    ringExpiresAt: str
    answeredAt: NotRequired[str]
    endedAt: NotRequired[str]
    endReason: NotRequired[str]


class Peer(TypedDict):
    """Somebody to connect to. `polite` says whether oneself is the polite one of the two."""

    userId: str
    deviceId: str
    polite: bool


class IceServer(TypedDict):
    """A STUN or TURN server, as WebRTC takes it."""

    urls: list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


class IceServers(TypedDict):
    """The servers, and until when their credentials are good."""

    iceServers: list[IceServer]
    expiresAt: str


class Name(TypedDict):
    """What a ringing device shows of somebody."""

    userId: str
    username: str
    displayName: str


class StartedCall(TypedDict):
    """A call that was begun. There are peers where they called at the same moment."""

    callId: str
    call: Call
    caller: Name
    callees: list[Name]
    iceServers: list[IceServer]
    peers: list[Peer]


class JoinedCall(TypedDict):
    """A call that one takes part in, and whom to connect to."""

    call: Call
    iceServers: list[IceServer]
    peers: list[Peer]


class OpenedCall(TypedDict):
    """A call, and whom to connect to where one takes part."""

    call: Call
    peers: list[Peer]


class Calls(TypedDict):
    """A page of one's calls, latest first."""

    calls: list[Call]
    nextCursor: NotRequired[str]


class Signal(TypedDict):
    """What one peer tells another: WebRTC's session description, and candidates."""

    description: NotRequired[dict[str, Any]]
    candidate: NotRequired[dict[str, Any] | str | None]
    candidates: NotRequired[list[dict[str, Any] | str | None]]


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
