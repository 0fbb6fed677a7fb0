"""File: what goes to S3 directly, what is there, and what shall be there no more."""

from typing import Annotated

from msgspec import Meta

from core.fields import Cursor, Id, Limit
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import files, protocol

handler = Operations()


class CreateUpload(Request, frozen=True):
    """A file, and the SHA-256 of its bytes in hexadecimal digits, if the client knows it; it counts up to 1 GiB."""

    name: Annotated[str, Meta(min_length=1, max_length=1024)]
    content_type: Annotated[str, Meta(max_length=255)]
    size: Annotated[int, Meta(ge=0, le=files.MOST_BYTES)]
    sha256: Annotated[str, Meta(pattern=r"^[0-9A-Fa-f]{64}$(?!\n)")] | None = None


class OwnFile(Request, frozen=True):
    """One of the caller's files."""

    file_id: Id


class ListFiles(Request, frozen=True):
    """A page of the caller's files.

    Attributes:
        unfinished: Whether those are wanted whose bytes are awaited.
    """

    limit: Limit = 50
    cursor: Cursor | None = None
    unfinished: bool = False


@handler.on("createUpload", "POST /files/uploads", socket=False, guarded=False)
def create_upload(request: CreateUpload, caller: Caller) -> Reply[files.Upload]:
    """Make a file whose bytes the client sends to S3."""
    # Who is no more is told so, which the guard would not.
    announced = files.Announced(request.name, request.content_type, request.size, request.sha256)
    return Reply(201, files.announce(caller, announced))


@handler.on("resumeUpload", "POST /files/{fileId}/parts", socket=False)
def resume_upload(request: OwnFile, caller: Caller) -> Reply[files.Upload]:
    """Tell what is still to be sent, and where."""
    return Reply(200, files.resume(caller, request.file_id))


@handler.on("completeUpload", "POST /files/{fileId}/complete", socket=False)
def complete_upload(request: OwnFile, caller: Caller) -> Reply[protocol.File]:
    """Make a file of what was sent."""
    return Reply(200, files.complete(caller, request.file_id))


@handler.on("listFiles", "GET /files", socket=False)
def list_files(request: ListFiles, caller: Caller) -> Reply[files.Files]:
    """Return the caller's files, latest first."""
    return Reply(200, files.list_files(caller, request.limit, request.cursor, unfinished=request.unfinished))


@handler.on("deleteFile", "DELETE /files/{fileId}", socket=False)
def delete_file(request: OwnFile, caller: Caller) -> Reply[None]:
    """Delete a file, or give its upload up."""
    files.delete(caller, request.file_id)
    return Reply(204, None)
