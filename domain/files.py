"""Files: brought in one request, or to S3 directly; kept for their owner and for whom they were sent to."""

import hashlib
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

import msgspec

from adapters import storage
from core import clock, parallel, telemetry
from core.errors import Conflict, InvalidRequest, NotFound, TooLarge, Unavailable, UnsupportedType
from core.identifiers import new_id
from core.operations import Caller
from core.pages import decode_cursor, encode_cursor, foreign_cursor
from core.settings import settings
from core.shapes import Answer
from domain import admission, content_types, delivery, file_names, limits, protocol
from domain.accounts import unknown_user
from domain.events import FileUpdated
from models import files
from models.accounts import User
from models.chats import Chat, Membership
from models.files import File

MOST_BYTES = 5 * 1024**3

MOST_FORM_BYTES = 64 * 1024**2
"""What is larger is sent in parts."""

PART_BYTES = 16 * 1024**2
"""All parts but the last are at least 5 MiB (S3's user guide, "Amazon S3 multipart upload limits"); 320 make 5 GiB."""

MOST_COPIED_BYTES = 1024**3
"""Up to here S3 copies, and so computes the SHA-256 of the whole, well within the time of a request."""

FOLDER = "files/"
THUMBNAILS = "thumbnails/"
THUMBNAIL_TYPE = "image/webp"
THUMBNAIL_NAME = "thumbnail.webp"

UPLOAD_URL_SECONDS = 60 * 60
DOWNLOAD_URL_SECONDS = 5 * 60


class Place(Answer, frozen=True, kw_only=True):
    """Where a part goes, by PUT."""

    number: int
    url: str
    size: int


class Target(Answer, frozen=True, kw_only=True):
    """Where a client sends bytes: a form with fields, the file being the last of them; or its parts."""

    method: str
    url: str | None = None
    fields: dict[str, str] | None = None
    parts: list[Place] | None = None


class Upload(Answer, frozen=True, kw_only=True):
    """A file whose bytes are awaited. What is listed is what is still to be sent."""

    file_id: str
    upload: Target
    expires_at: str


class Download(Answer, frozen=True, kw_only=True):
    """Where a file is fetched from, by GET and without any token, until then.

    Attributes:
        thumbnail_url: The same for a picture's thumbnail, a WebP of at most 320 pixels a side, once there is one.
    """

    url: str
    thumbnail_url: str | None = None
    expires_at: str
    file: protocol.File


class Files(Answer, frozen=True, kw_only=True):
    """A page of the caller's files, latest first."""

    files: list[protocol.File]
    next_cursor: str | None = None


class Announced(msgspec.Struct, frozen=True):
    """A file as its owner announces it.

    Attributes:
        name: Its name.
        content_type: What it is.
        size: Its bytes.
        sha256: In hexadecimal digits, if the owner knows.
    """

    name: str
    content_type: str | None
    size: int
    sha256: str | None


def store(caller: Caller, content: bytes, content_type: str | None, disposition: str | None) -> protocol.File:
    """Store a small file whose bytes came with the request.

    Raises:
        InvalidRequest: The header with its name cannot be read.
        UnsupportedType: It is not the picture that it is said to be.
        NotFound: The caller is no more.
        TooLarge: The caller would have too many bytes stored.
        RateLimited: The caller has uploaded too often today.
        Unavailable: S3 did not store it.
    """
    admission.check_exists(caller)
    name = file_names.read(disposition)
    kind = content_types.checked(content_types.read(content_type), content[: content_types.SNIFFED_BYTES])
    if not kind:
        raise UnsupportedType("unsupported_type", "These bytes are not the picture that they are said to be.")
    sha256 = hashlib.sha256(content).hexdigest()
    file = _insert(caller, Announced(name, kind, len(content), sha256))
    try:
        storage.put(key_of(file.file_id), content, kind, sha256)
    except storage.StorageError as error:
        _give_up(file)
        raise Unavailable from error
    return _kept(file, kind, sha256)


def announce(caller: Caller, announced: Announced) -> Upload:
    """Make a file whose bytes the client will send to S3.

    Raises:
        InvalidRequest: The name is none.
        UnsupportedType: The type is none.
        NotFound: The caller is no more.
        TooLarge: The caller would have too many bytes stored.
        RateLimited: The caller has uploaded too often today.
        Unavailable: S3 did not answer.
    """
    admission.check_exists(caller)
    name = file_names.harmless(announced.name, "name")
    kind = content_types.read(announced.content_type)
    # Of a larger one nobody proves it, so the file says none.
    is_proved = announced.size <= MOST_COPIED_BYTES
    sha256 = announced.sha256.lower() if announced.sha256 and is_proved else None
    file = _insert(caller, Announced(name, kind, announced.size, sha256))
    if file.size <= MOST_FORM_BYTES:
        return _by_form(file)
    try:
        return _begin_parts(file)
    except storage.StorageError as error:
        _give_up(file)
        raise Unavailable from error


def resume(caller: Caller, file_id: str) -> Upload:
    """Tell what is still to be sent of a file, and where.

    Raises:
        NotFound: The caller has no such file.
        Conflict: Everything is there.
        Unavailable: S3 did not answer.
    """
    file = _own(caller, file_id)
    if file.state != files.AWAITED:
        raise Conflict("conflict", "This file is complete.")
    if file.size <= MOST_FORM_BYTES:
        return _by_form(file)
    try:
        # The announcement may have been cut off before it was noted that they are awaited.
        if not file.upload_id:
            return _begin_parts(file)
        arrived = storage.list_parts(_upload_key(file), file.upload_id)
    except storage.StorageError as error:
        raise Unavailable from error
    return _by_parts(file, _whole(file, arrived or []))


def complete(caller: Caller, file_id: str) -> protocol.File:
    """Make a file of the bytes that S3 has, if they are those that were announced. To do so again changes nothing.

    What a form uploads could be replaced as long as the form is good. So the bytes are copied, once, to where nobody
    can write, and looked at there. As S3 copies, it computes their SHA-256.

    Raises:
        NotFound: The caller has no such file.
        Conflict: The bytes are not there, or are others than those that were announced.
        Unavailable: S3 did not answer.
    """
    file = _own(caller, file_id)
    if file.state == files.STORED:
        return seen(file)
    try:
        return _complete(file)
    except storage.StorageError as error:
        raise Unavailable from error


def download(caller: Caller, file_id: str) -> Download:
    """Return where a file is fetched from, to somebody who may.

    Raises:
        Unauthenticated: The caller's token is good no more.
        NotFound: There is no such file, or none for the caller: the two look alike on purpose.
    """
    file, user = File.find_with_user(file_id, caller.user_id)
    admission.check_user(caller, user)
    if not file or not _is_there(file) or not _readable(caller, [file]):
        raise unknown_file()
    expires_at = clock.timestamp(clock.milliseconds() + DOWNLOAD_URL_SECONDS * 1000)
    url = _url(key_of(file_id), content_types.served(file.content_type), file.name)
    thumbnail = _url(thumbnail_key_of(file_id), THUMBNAIL_TYPE, THUMBNAIL_NAME) if file.width else None
    return Download(url=url, thumbnail_url=thumbnail, expires_at=expires_at, file=seen(file))


def list_files(caller: Caller, limit: int, cursor: str | None, *, unfinished: bool) -> Files:
    """Return the caller's files, latest first.

    Args:
        caller: The caller.
        limit: How many at most.
        cursor: Where the page before ended.
        unfinished: Whether those are wanted whose bytes are awaited, rather than those that are there.

    Raises:
        InvalidRequest: The cursor is not one that we gave.
    """
    end = decode_cursor(cursor, tuple[str, str])
    if end and not all(end):
        raise foreign_cursor()
    state = files.AWAITED if unfinished else files.STORED
    found = File.page(caller.user_id, state, limit + 1, end)
    page = found[:limit]
    more = len(found) > limit
    return Files(
        files=[seen(file) for file in page],
        next_cursor=encode_cursor((page[-1].created_at, page[-1].file_id)) if more else None,
    )


def delete(caller: Caller, file_id: str) -> None:
    """Delete one's own file, wherever it was sent to, or give its upload up.

    Raises:
        NotFound: The caller has no such file.
        Unavailable: S3 did not answer. The file is nobody's from now on; to ask again removes the rest.
    """
    file = File.find_anyway(file_id)
    if not file or file.owner_id != caller.user_id:
        raise unknown_file()
    try:
        discard(file)
    except storage.StorageError as error:
        raise Unavailable from error


def discard(file: File) -> None:
    """Remove a file: it is nobody's at once, then its bytes go, and at last what tells of them.

    Raises:
        StorageError: S3 did not delete the bytes. DynamoDB ends the file by itself, which leads here again.
    """
    if file.is_shown:
        User.lose_picture(file.owner_id, file.file_id)
    file.mark_deleted()
    delete_bytes(file)
    file.remove()


def discard_all(user_id: str) -> None:
    """Remove all files of somebody who has left.

    Raises:
        StorageError: S3 did not delete some of the bytes.
    """
    for file in File.of(user_id):
        discard(file)


def expire(image: dict[str, Any]) -> None:
    """Remove the bytes of a file that DynamoDB has ended, and count them no more.

    Args:
        image: The item as it was.

    Raises:
        StorageError: S3 did not delete the bytes.
    """
    file = File.ended(image)
    delete_bytes(file)
    File.release(file.file_id, file.owner_id, int(file.size))


def check_sendable(caller: Caller, file_ids: Collection[str]) -> None:
    """Check that somebody may send files: each is theirs, or one that they can read.

    Raises:
        InvalidRequest: One is named twice.
        NotFound: There is no such file, or none for the caller.
        Conflict: One stands in too many places already.
    """
    if len(set(file_ids)) < len(file_ids):
        raise InvalidRequest.field("fileIds", "Expected each file once.")
    found = File.find_all(file_ids)
    if len(found) < len(file_ids) or not all(map(_is_there, found)) or not _readable(caller, found):
        raise unknown_file()
    if any(len(file.sent or ()) >= files.MOST_SENDS for file in found):
        raise Conflict("conflict", f"A file can be sent {files.MOST_SENDS} times. Upload it again.")


def show(caller: Caller, file_id: str) -> None:
    """Let everybody who has logged in see a picture of the caller's.

    Raises:
        InvalidRequest: It is no picture.
        NotFound: The caller has no such file.
        Conflict: It is not known to be clean yet.
    """
    file = _own(caller, file_id)
    if content_types.essence(file.content_type) not in content_types.PICTURES:
        raise InvalidRequest.field("avatarFileId", "Expected a picture: PNG, JPEG, GIF, WebP or AVIF.")
    if file.state == files.STORED and file.scan_state == files.PENDING:
        raise Conflict("conflict", "This file is still being scanned.")
    if not File.show(file_id, caller.user_id):
        raise unknown_file()


def hide(file_id: str) -> None:
    """Let a picture be seen by those alone whom it was sent to."""
    File.hide(file_id)


def seen(file: File) -> protocol.File:
    """Return a file as clients see it."""
    return protocol.File(
        file_id=file.file_id,
        name=file.name,
        content_type=file.content_type,
        size=int(file.size),
        sha256=file.sha256,
        created_at=file.created_at,
        scan_state=None if file.scan_state == files.CLEAN else file.scan_state,
        width=int(file.width) if file.width else None,
        height=int(file.height) if file.height else None,
    )


def tell_of(file: File) -> None:
    """Tell everybody who may have a file before their eyes that it is not what it was.

    They are told no more than its id: what they may know of it they hear when they ask.
    """
    chats = Chat.find_all({chat_id for chat_id, _ in file.sends}) if file.sent else []
    everybody = {file.owner_id}.union(*(chat.member_ids or () for chat in chats))
    delivery.announce(FileUpdated(file_id=file.file_id), delivery.audience(everybody), None)


def delete_bytes(file: File) -> None:
    """Delete what S3 has of a file, finished or not, and its thumbnail.

    Raises:
        StorageError: S3 did not say that all of it is gone.
    """
    if file.upload_id:
        storage.abort_parts(_upload_key(file), file.upload_id)
    parallel.each(storage.delete, sorted({key_of(file.file_id), _upload_key(file), thumbnail_key_of(file.file_id)}))


def key_of(file_id: str) -> str:
    """Return the key of a file's bytes. It tells nothing of them, nor of whose they are."""
    return FOLDER + file_id


def thumbnail_key_of(file_id: str) -> str:
    """Return the key of a picture's thumbnail."""
    return THUMBNAILS + file_id


def id_of(key: str) -> str:
    """Return the file whose bytes are under a key."""
    return key.removeprefix(FOLDER)


def unknown_file() -> NotFound:
    """Say that there is no such file, or none for the caller."""
    return NotFound("file_not_found", "There is no such file.")


def _insert(caller: Caller, announced: Announced) -> File:
    limits.count(limits.UPLOADS_PER_USER.of(caller.user_id))
    file = File(
        new_id(),
        owner_id=caller.user_id,
        name=announced.name,
        content_type=announced.content_type,
        size=announced.size,
        sha256=announced.sha256,
        created_at=clock.now(),
        state=files.AWAITED,
        scan_state=files.PENDING,
        expires_at=clock.seconds() + files.UPLOAD_SECONDS,
    )
    if not file.insert(limits.bytes_per_user()):
        if not User.find(caller.user_id):
            raise unknown_user()
        raise TooLarge("too_large", "You have no room for this file. Delete others first.")
    return file


def _give_up(file: File) -> None:
    """Take back a file whose bytes found no place, so that they do not count. What fails here ends by itself."""
    with suppress(storage.StorageError):
        discard(file)


def _kept(file: File, kind: str, sha256: str | None) -> protocol.File:
    """Note that the bytes are in their place. Where the file went meanwhile, they go too."""
    if file.keep(kind, sha256, is_clean=not settings().malware_scan):
        telemetry.count("files_uploaded")
        telemetry.count("bytes_uploaded", int(file.size))
        return seen(file)
    now = File.find(file.file_id)
    if now and now.state == files.STORED:
        return seen(now)
    with suppress(storage.StorageError):
        storage.delete(key_of(file.file_id))
    raise unknown_file()


def _complete(file: File) -> protocol.File:
    source, key = _upload_key(file), key_of(file.file_id)
    if file.upload_id:
        _join(file, source)
    if source != key:
        storage.copy(source, key)
    stored = storage.find(key)
    if not stored:
        raise _other_bytes()
    kind = _kind(file, stored)
    if not kind:
        storage.delete(key, stored.tag)
        raise _other_bytes()
    kept = _kept(file, kind, stored.sha256)
    if source != key:
        # What is left here the bucket's lifecycle removes.
        with suppress(storage.StorageError):
            storage.delete(source)
    return kept


def _join(file: File, key: str) -> None:
    """Have S3 make one object of the parts, unless that was done before."""
    arrived = storage.list_parts(key, file.upload_id)
    if arrived is None:
        return
    if len(_whole(file, arrived)) < len(_sizes(file)) or len(arrived) > len(_sizes(file)):
        raise _other_bytes()
    storage.join_parts(key, file.upload_id, arrived)


def _kind(file: File, stored: storage.Stored) -> str | None:
    """Return the type of the bytes that are in a file's place, or None if they are not those that were announced."""
    if stored.size != file.size or file.sha256 not in {None, stored.sha256}:
        return None
    first = storage.read(key_of(file.file_id), content_types.SNIFFED_BYTES) if file.size else None
    return content_types.checked(file.content_type, first or b"")


def _by_form(file: File) -> Upload:
    url, fields = storage.form(_upload_key(file), file.content_type, int(file.size), UPLOAD_URL_SECONDS)
    return _upload(file, Target(method="POST", url=url, fields=fields))


def _begin_parts(file: File) -> Upload:
    """Begin to await parts, unless somebody else was faster. What is begun in vain the bucket's lifecycle removes."""
    upload_id = storage.begin_parts(_upload_key(file), file.content_type)
    awaited = file if file.await_parts(upload_id) else File.find(file.file_id)
    if not awaited or not awaited.upload_id:
        raise unknown_file()
    return _by_parts(awaited, [])


def _by_parts(file: File, arrived: Iterable[int]) -> Upload:
    """Return where the parts go that have not arrived."""
    key, skipped = _upload_key(file), set(arrived)
    parts = [
        Place(number=number, url=storage.url_of_part(key, file.upload_id, number, size, UPLOAD_URL_SECONDS), size=size)
        for number, size in enumerate(_sizes(file), 1)
        if number not in skipped
    ]
    return _upload(file, Target(method="PUT", parts=parts))


def _upload(file: File, target: Target) -> Upload:
    expires_at = clock.timestamp(clock.milliseconds() + UPLOAD_URL_SECONDS * 1000)
    return Upload(file_id=file.file_id, upload=target, expires_at=expires_at)


def _sizes(file: File) -> list[int]:
    """Return the sizes of a file's parts."""
    whole, rest = divmod(int(file.size), PART_BYTES)
    return [PART_BYTES] * whole + [rest] * bool(rest)


def _whole(file: File, arrived: Iterable[storage.Part]) -> list[int]:
    """Return the numbers of the parts that are there with all their bytes."""
    sizes = dict(enumerate(_sizes(file), 1))
    return [part.number for part in arrived if sizes.get(part.number) == part.size]


def _own(caller: Caller, file_id: str) -> File:
    file = File.find(file_id)
    if not file or file.owner_id != caller.user_id:
        raise unknown_file()
    return file


def _is_there(file: File) -> bool:
    return bool(file.state == files.STORED and file.scan_state != files.INFECTED)


def _readable(caller: Caller, wanted: Collection[File]) -> bool:
    """Say whether somebody may read all of these files: with one read where not all of them are theirs."""
    others = [file for file in wanted if file.owner_id != caller.user_id]
    if any(file.scan_state != files.CLEAN for file in others):
        return False
    sent = [file for file in others if not file.is_shown]
    chat_ids = {chat_id for file in sent for chat_id, _ in file.sends}
    joined = {side.chat_id: side.joined_seq for side in Membership.sides_of(caller.user_id, chat_ids)} if sent else {}
    return all(any(chat_id in joined and seq > joined[chat_id] for chat_id, seq in file.sends) for file in sent)


def _url(key: str, content_type: str, name: str) -> str:
    return storage.url_of(key, content_type, file_names.attachment(name), DOWNLOAD_URL_SECONDS)


def _upload_key(file: File) -> str:
    """Return the key under which bytes arrive: the lifecycle removes what is left there, so nothing else is."""
    return f"uploads/{file.file_id}" if file.size <= MOST_COPIED_BYTES else key_of(file.file_id)


def _other_bytes() -> Conflict:
    return Conflict("conflict", "The bytes in S3 are not those that were announced, or not all of them.")
