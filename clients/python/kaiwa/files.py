"""Files: to S3 and back. What is on its way waits for a line that was lost, and no part is sent twice."""

import asyncio
import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

from kaiwa.backoff import reconnect_delay
from kaiwa.errors import ConnectionLost, Forbidden, Problem, problem
from kaiwa.rest import MOVE_TIMEOUT, Rest, in_pieces
from kaiwa.shapes import Download, File, Part, Upload

MOST_SMALL_BYTES = 4 * 1024 * 1024
"""What is larger goes to S3 itself: API Gateway takes no more in one request."""

TEXT = re.compile(r"text|.*[/+](json|xml|javascript)")
"""API Gateway hands these media types on as text and changes what is no UTF-8: they go to S3 itself however small."""

PARTS_AT_ONCE = 3

MOST_REFUSALS = 5
"""Refusals one after another, none of which was for ever, before a person has to decide."""

Progress = Callable[[int], None]


class Sending:
    """One file on its way."""

    def __init__(
        self, rest: Rest, http: httpx.AsyncClient, content: bytes | Path, *, name: str, kind: str, progress: Progress
    ) -> None:
        """Prepare to send; nothing leaves yet.

        Args:
            rest: What asks for operations.
            http: What carries bytes to S3.
            content: The bytes, or the file that has them.
            name: What the file shall be called.
            kind: Its media type.
            progress: Called with how many bytes have arrived.
        """
        self._rest = rest
        self._http = http
        self._content = content
        self._name = name
        self._kind = kind
        self._progress = progress
        self._size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self._fits_gateway = self._size <= MOST_SMALL_BYTES and not TEXT.match(kind)
        self._arrived = 0
        self._part_bytes = 0
        self._file_id: str | None = None
        self._is_sent = False

    async def run(self) -> File:
        """Send it, however often the line is lost meanwhile.

        Raises:
            Problem: The server, or S3, does not take it.
        """
        attempt = refusals = 0
        while True:
            arrived = self._arrived
            try:
                return await (self._send_whole() if self._fits_gateway else self._send_to_store())
            except (ConnectionLost, Problem) as error:
                if self._arrived > arrived:
                    attempt = refusals = 0
                refusals += not isinstance(error, ConnectionLost)
                if refusals == MOST_REFUSALS or not (error.is_temporary or isinstance(error, StoreRefused)):
                    raise
                await asyncio.sleep((error.retry_after or 0) + reconnect_delay(attempt))
                attempt += 1

    async def _send_whole(self) -> File:
        content = await self._read(0, self._size)
        file: File = await self._rest.call("uploadFile", content=content, name=self._name, contentType=self._kind)
        self._progress(self._size)
        return file

    async def _send_to_store(self) -> File:
        if not self._is_sent:
            upload = await self._target()
            self._file_id = upload["fileId"]
            target = upload["upload"]
            if "parts" in target:
                await self._send_parts(target["method"], target["parts"])
            else:
                await self._send_form(target["method"], target["url"], target["fields"])
            self._is_sent = True
        file: File = await self._rest.call("completeUpload", fileId=self._file_id)
        return file

    async def _target(self) -> Upload:
        if self._file_id:
            upload: Upload = await self._rest.call("resumeUpload", fileId=self._file_id)
        else:
            upload = await self._rest.call("createUpload", name=self._name, contentType=self._kind, size=self._size)
        return upload

    async def _send_form(self, method: str, url: str, fields: dict[str, str]) -> None:
        content = await self._read(0, self._size)
        form = {"data": fields, "files": {"file": (self._name, BytesIO(content))}}
        await self._move(method, url, timeout=MOVE_TIMEOUT, **form)
        self._note(self._size)

    async def _send_parts(self, method: str, parts: list[Part]) -> None:
        """Send the parts that are still missing, a few side by side."""
        self._arrived = self._size - sum(part["size"] for part in parts)
        # The first answer lists them all; the last alone may be smaller than the others.
        self._part_bytes = self._part_bytes or parts[0]["size"]
        queue = list(reversed(parts))

        async def send_next() -> None:
            while queue:
                part = queue.pop()
                content = await self._read((part["number"] - 1) * self._part_bytes, part["size"])
                length, body = in_pieces(content)
                await self._move(method, part["url"], headers=length, **body)
                self._note(part["size"])

        # Where one fails the group ends the others: nothing may still be moving when it is tried again.
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(PARTS_AT_ONCE):
                    group.create_task(send_next())
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _move(self, method: str, url: str, **request: Any) -> None:
        try:
            response = await self._http.request(method, url, **request)
        except httpx.RequestError as error:
            raise ConnectionLost("The file could not be sent.") from error
        if response.status_code == httpx.codes.FORBIDDEN:
            raise StoreRefused(response.status_code, {"code": "upload_refused"})
        if response.is_error:
            raise problem(response.status_code, {"code": "upload_refused"})

    async def _read(self, start: int, size: int) -> bytes:
        if isinstance(self._content, bytes):
            return self._content[start : start + size]
        return await asyncio.to_thread(_read_part, self._content, start, size)

    def _note(self, size: int) -> None:
        self._arrived += size
        self._progress(self._arrived)


class StoreRefused(Forbidden):
    """S3 says no: the URL may have grown too old while the line was down, and the server gives another."""


async def fetch(http: httpx.AsyncClient, download: Download, path: Path) -> None:
    """Fetch a file to where it shall be. It is there whole, or not at all.

    Raises:
        ConnectionLost: S3 did not give it.
    """
    draft = path.with_name(f"{path.name}.part")
    try:
        with draft.open("wb") as opened:
            async with http.stream("GET", download["url"]) as response:
                response.raise_for_status()
                async for content in response.aiter_bytes():
                    opened.write(content)
        draft.replace(path)
    except httpx.HTTPError as error:
        raise ConnectionLost("The file could not be fetched.") from error
    finally:
        draft.unlink(missing_ok=True)


def _read_part(path: Path, start: int, size: int) -> bytes:
    with path.open("rb") as opened:
        opened.seek(start)
        return opened.read(size)
