"""Files, and how much each user has stored.

A file's item exists before its bytes do and longer than they do. So whatever is cut off, there is always something that
knows what to remove: DynamoDB ends an item whose time is over, and the stream of what it ended leads to ``ExpireFile``.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition, size
from pynamodb.expressions.update import Action
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.transactions import TransactWrite

from core import clock
from core.identifiers import derived_id
from models.accounts import User
from models.limits import Count
from models.table import DAY_SECONDS, Table, decides, found, holds, read_together, table_name, transaction

AWAITED = "awaited"
STORED = "stored"
DELETED = "deleted"

PENDING = "pending"
CLEAN = "clean"
INFECTED = "infected"

MOST_SENDS = 100
"""As many chats can be read in one BatchGetItem (DynamoDB's API reference: 100 keys)."""

UPLOAD_SECONDS = 7 * DAY_SECONDS
"""How long a file waits for its bytes, and then to be sent or shown."""

REMEMBERED_SECONDS = 2 * DAY_SECONDS
"""How long it is known what was released: a stream keeps what happened for 24 hours, and may tell it twice."""


class FileByOwner(GlobalSecondaryIndex["File"]):  # type: ignore[no-untyped-call]
    """Files under whose they are, in the order in which they came."""

    class Meta:
        index_name = "byOwner"
        projection = AllProjection()

    owner_id = UnicodeAttribute(hash_key=True, attr_name="ownerId")
    created_at = UnicodeAttribute(range_key=True, attr_name="createdAt")


class File(Table):
    """One file.

    Attributes:
        state: ``AWAITED`` until its bytes are there and checked, then ``STORED``; ``DELETED`` while it is removed.
        scan_state: ``PENDING``, ``CLEAN`` or ``INFECTED``.
        sha256: In hexadecimal digits. While it is awaited, what the owner announced.
        upload_id: S3's name for the upload in parts, while that goes on.
        sent: Where it stands in chats: the chat's id and the message's place in its log, with ``#`` between them.
        is_shown: Whether it is its owner's picture, which everybody may see.
        width: Of a picture, in pixels as people see it, once it has a thumbnail; likewise ``height``.
        expires_at: When it ends by itself, in seconds since 1970, unless it is sent or shown before.
    """

    class Meta:
        table_name = table_name("files")

    by_owner = FileByOwner()
    file_id = UnicodeAttribute(hash_key=True, attr_name="fileId")
    owner_id = UnicodeAttribute(attr_name="ownerId")
    name = UnicodeAttribute()
    content_type = UnicodeAttribute(attr_name="contentType")
    size = NumberAttribute()
    sha256 = UnicodeAttribute(null=True)
    created_at = UnicodeAttribute(attr_name="createdAt")
    state = UnicodeAttribute()
    scan_state = UnicodeAttribute(attr_name="scanState")
    upload_id = UnicodeAttribute(attr_name="uploadId", null=True)
    sent = UnicodeSetAttribute(null=True)
    is_shown = BooleanAttribute(attr_name="isShown", null=True)
    width = NumberAttribute(null=True)
    height = NumberAttribute(null=True)
    expires_at = NumberAttribute(attr_name="expiresAt", null=True)

    @property
    def is_alive(self) -> bool:
        """Whether it is neither deleted nor over, though DynamoDB may end it up to two days later."""
        is_over = self.expires_at is not None and self.expires_at <= clock.seconds()
        return self.state != DELETED and not is_over

    @property
    def sends(self) -> list[tuple[str, int]]:
        """Where it stands: the chats, and the places in their logs."""
        places = (place.rpartition("#") for place in self.sent or ())
        return [(chat_id, int(seq)) for chat_id, _, seq in places]

    @classmethod
    def find(cls, file_id: str) -> "File | None":
        """Return the file unless it is deleted or its time is over."""
        file = cls.find_anyway(file_id)
        return file if file and file.is_alive else None

    @classmethod
    def find_with_user(cls, file_id: str, user_id: str) -> "tuple[File | None, User | None]":
        """Return the file in the same way, and the user unless they left, with one read."""
        file, user = read_together((cls, file_id), (User, user_id))
        return file if file and file.is_alive else None, user if user and user.is_here else None

    @classmethod
    def find_anyway(cls, file_id: str) -> "File | None":
        """Return the file as long as there is a trace of it."""
        return found(lambda: cls.get(file_id, consistent_read=True))

    @classmethod
    def find_all(cls, file_ids: Iterable[str]) -> list["File"]:
        """Return those of the files that are neither deleted nor over, in no order."""
        read = cls.batch_get(file_ids, consistent_read=True)
        return [file for file in read if file.is_alive]

    @classmethod
    def ended(cls, image: dict[str, Any]) -> "File":
        """Return a file that DynamoDB has ended.

        Args:
            image: The item as it was, in DynamoDB's own JSON.
        """
        return cls.from_raw_data(image)

    @classmethod
    def page(cls, owner_id: str, state: str, limit: int, after: tuple[str, str] | None) -> list["File"]:
        """Return files of a user, latest first.

        Args:
            owner_id: Whose.
            state: Those in this state.
            limit: How many at most.
            after: When the last file of the page before came, and its id.
        """
        start = after and {
            "ownerId": {"S": owner_id},
            "createdAt": {"S": after[0]},
            "fileId": {"S": after[1]},
        }
        here = (cls.state == state) & (cls.expires_at.does_not_exist() | (cls.expires_at > clock.seconds()))
        return list(
            cls.by_owner.query(
                owner_id, filter_condition=here, scan_index_forward=False, limit=limit, last_evaluated_key=start
            )
        )

    @classmethod
    def of(cls, owner_id: str) -> list["File"]:
        """Return every trace of a user's files."""
        return list(cls.by_owner.query(owner_id))

    def insert(self, most_bytes: int) -> bool:
        """Store a new file and count its bytes as its owner's, both or neither.

        Args:
            most_bytes: How many the owner may have; 0 for any number.

        Returns:
            False where that would be too many, or there is no such user any more.
        """
        room: Condition = User.user_id.exists() & User.erased_at.does_not_exist()
        if most_bytes:
            room &= User.file_bytes.does_not_exist() | (User.file_bytes <= most_bytes - self.size)

        def write() -> None:
            with transaction() as writes:
                writes.update(User(self.owner_id), [User.file_bytes.add(self.size)], condition=room)
                writes.save(self, condition=File.file_id.does_not_exist())

        return decides(write)

    def await_parts(self, upload_id: str) -> bool:
        """Note how S3 calls the upload in parts. Returns False where the file is gone, or another one is noted."""
        unknown = (File.state == AWAITED) & File.upload_id.does_not_exist()
        return holds(lambda: self.update([File.upload_id.set(upload_id)], unknown))

    def keep(self, content_type: str, sha256: str | None, *, is_clean: bool) -> bool:
        """Note that the bytes are there and are what they shall be. Returns False where the file is gone.

        Args:
            content_type: What the file is.
            sha256: Of the bytes, if anybody knows.
            is_clean: Whether that is known without a scan; else it is as the scan says, or will say.
        """
        actions: list[Action] = [
            File.state.set(STORED),
            File.content_type.set(content_type),
            File.upload_id.remove(),
            File.expires_at.set(clock.seconds() + UPLOAD_SECONDS),
        ]
        if is_clean:
            actions.append(File.scan_state.set(CLEAN))
        if sha256:
            actions.append(File.sha256.set(sha256))
        return holds(lambda: self.update(actions, File.state == AWAITED))

    @classmethod
    def measure(cls, file_id: str, width: int, height: int) -> "File | None":
        """Note how large a picture is, and so that it has a thumbnail. Returns None where it is nobody's any more."""
        file = cls(file_id)
        actions: list[Action] = [cls.width.set(width), cls.height.set(height)]
        return file if holds(lambda: file.update(actions, cls._is_kept())) else None

    @classmethod
    def clear(cls, file_id: str) -> "File | None":
        """Note that a scan found nothing. Returns None where the file is gone, or known to be infected."""
        file = cls(file_id)
        return file if holds(lambda: file.update([cls.scan_state.set(CLEAN)], cls._is_kept())) else None

    @classmethod
    def condemn(cls, file_id: str) -> "File | None":
        """Note that a file is infected, and have it end by itself. Returns None where it is gone."""
        file = cls(file_id)
        actions: list[Action] = [
            cls.scan_state.set(INFECTED),
            cls.width.remove(),
            cls.height.remove(),
            cls.expires_at.set(clock.seconds() + UPLOAD_SECONDS),
        ]
        return file if holds(lambda: file.update(actions, cls.file_id.exists() & (cls.state != DELETED))) else None

    @classmethod
    def _is_kept(cls) -> Condition:
        """Return the condition that the bytes are to stay: without an item it fails."""
        kept: Condition = cls.file_id.exists() & (cls.state != DELETED) & (cls.scan_state != INFECTED)
        return kept

    def mark_deleted(self) -> bool:
        """Make it nobody's from now on, and have it end by itself should what follows be cut off.

        Returns:
            False where there is no trace of it.
        """
        actions: list[Action] = [File.state.set(DELETED), File.expires_at.set(clock.seconds())]
        return holds(lambda: self.update(actions, File.file_id.exists()))

    def remove(self) -> None:
        """Remove the last trace of it, and count its bytes no more, both or neither."""
        owner = User(self.owner_id)

        def write() -> None:
            with transaction() as writes:
                writes.delete(self, condition=File.file_id.exists())
                writes.update(owner, [User.file_bytes.add(-self.size)], condition=User.file_bytes >= self.size)

        # Of somebody who is nobody any more, nothing is counted.
        if not decides(write) and not User.find(self.owner_id):
            self.delete()

    @classmethod
    def sends_in(cls, file_ids: Collection[str], chat_id: str, seq: int) -> Callable[[TransactWrite], None]:
        """Return what adds to a transaction that files stand at a place of a chat's log, and so stay.

        The transaction fails where one of them is gone or infected by then, or stands in too many places.
        """
        here = (cls.state == STORED) & (cls.scan_state != INFECTED)
        room = cls.sent.does_not_exist() | (size(cls.sent) < MOST_SENDS)  # type: ignore[no-untyped-call]
        alive = cls.expires_at.does_not_exist() | (cls.expires_at > clock.seconds())

        def add(writes: TransactWrite) -> None:
            for file_id in file_ids:
                actions = [cls.sent.add({f"{chat_id}#{seq}"}), cls.expires_at.remove()]
                writes.update(cls(file_id), actions, condition=here & room & alive)

        return add

    @classmethod
    def take_back(cls, file_id: str, chat_id: str, seq: int) -> None:
        """Note that a file does not stand at a place any more."""
        file = cls(file_id)
        holds(lambda: file.update([cls.sent.delete({f"{chat_id}#{seq}"})], cls.file_id.exists()))

    @classmethod
    def show(cls, file_id: str, owner_id: str) -> bool:
        """Let everybody see a file of its owner's. Returns False where it is gone, another's or not clean."""
        file = cls(file_id)
        theirs = (cls.owner_id == owner_id) & (cls.state == STORED) & (cls.scan_state == CLEAN)
        actions: list[Action] = [cls.is_shown.set(True), cls.expires_at.remove()]
        return holds(lambda: file.update(actions, theirs))

    @classmethod
    def hide(cls, file_id: str) -> None:
        """Let nobody see a file any more because it is a user's picture."""
        file = cls(file_id)
        holds(lambda: file.update([cls.is_shown.remove()], cls.file_id.exists()))

    @classmethod
    def release(cls, file_id: str, owner_id: str, size: int) -> None:
        """Count the bytes of a file no more that DynamoDB has ended; once, however often this is told."""
        mark = Count(derived_id("released", file_id), number=1, expires_at=clock.seconds() + REMEMBERED_SECONDS)

        def write() -> None:
            with transaction() as writes:
                writes.save(mark, condition=Count.key.does_not_exist())
                writes.update(User(owner_id), [User.file_bytes.add(-size)], condition=User.file_bytes >= size)

        decides(write)
