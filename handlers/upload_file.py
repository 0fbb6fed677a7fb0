"""UploadFile: a small file, all of it in one request."""

from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import files, protocol

handler = Operations()


class UploadFile(Request, frozen=True):
    """The body is the file; its type and its name are headers.

    Attributes:
        content: The file's bytes.
        content_type: What the file is; ``application/octet-stream`` where it is not said.
        content_disposition: The file's name: ``attachment; filename*=UTF-8''…`` (RFC 6266).
    """

    content: bytes
    content_type: str | None = None
    content_disposition: str | None = None


HEADERS = {"content-type": "contentType", "content-disposition": "contentDisposition"}


@handler.on("uploadFile", "POST /files", socket=False, guarded=False, headers=HEADERS, content="content")
def upload_file(request: UploadFile, caller: Caller) -> Reply[protocol.File]:
    """Store a file of at most 4 MiB."""
    # Who is no more is told so, which the guard would not.
    return Reply(201, files.store(caller, request.content, request.content_type, request.content_disposition))
