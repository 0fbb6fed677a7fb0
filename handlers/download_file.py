"""DownloadFile: where the bytes of a file are fetched from."""

from core.fields import Id
from core.operations import Caller, Operations, Reply
from core.shapes import Request
from domain import files

handler = Operations()

JSON = "application/json"


class DownloadFile(Request, frozen=True):
    """A file, and how the answer is wanted.

    Attributes:
        accept: ``application/json`` for an address and what is there; anything else to be led there.
    """

    file_id: Id
    accept: str = ""


@handler.on("downloadFile", "GET /files/{fileId}", socket=False, guarded=False, headers={"accept": "accept"})
def download_file(request: DownloadFile, caller: Caller) -> Reply[files.Download | None]:
    """Lead to the bytes, or tell where they are and what they are to whoever asks for JSON."""
    # Who asks is read together with the file, where the guard would read once more.
    download = files.download(caller, request.file_id)
    return Reply(200, download) if JSON in request.accept else Reply(302, None, location=download.url)
