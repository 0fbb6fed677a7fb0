"""S3: the bytes of files, and what lets clients bring and fetch them without us."""

import base64
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import msgspec
from botocore.exceptions import HTTPClientError

from core import aws, signature
from core.http import Answer
from core.settings import settings

OK = frozenset({200, 204, 206})
MISSING = frozenset({403, 404})
"""Who may not list a bucket is told 403 of a key that is not there (S3's API reference, "HeadObject")."""

PATIENCE_SECONDS = 20.0
"""S3 copies and joins what is large in its own time; API Gateway waits for no more than 29 s."""

MOST_LISTED = 1000
"""Parts that one ListParts tells (S3's API reference)."""


class StorageError(Exception):
    """S3 refused, or did not answer."""


class Stored(msgspec.Struct, frozen=True):
    """What S3 knows of an object.

    Attributes:
        size: In bytes.
        tag: S3's own mark of these very bytes.
        sha256: In hexadecimal digits; None where S3 has not computed that of the whole.
    """

    size: int
    tag: str
    sha256: str | None


class Part(msgspec.Struct, frozen=True):
    """A part of an upload that has arrived.

    Attributes:
        number: From 1.
        size: In bytes.
        tag: S3's own mark of these very bytes.
    """

    number: int
    size: int
    tag: str


def put(key: str, body: bytes, content_type: str, sha256: str) -> None:
    """Store an object. S3 itself compares it with its digest.

    Raises:
        StorageError: It is not stored, or nobody knows.
    """
    headers = {"content-type": content_type, "x-amz-checksum-sha256": _digest(sha256)}
    _expect(request("PutObject", "PUT", key, body=body, headers=headers))


def find(key: str) -> Stored | None:
    """Return what S3 knows of an object, or None where there is none.

    Raises:
        StorageError: S3 did not say.
    """
    answer = request("HeadObject", "HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"})
    if answer.status in MISSING:
        return None
    told = _expect(answer).headers
    checksum = told.get("x-amz-checksum-sha256")
    whole = told.get("x-amz-checksum-type", "FULL_OBJECT") == "FULL_OBJECT"
    sha256 = base64.b64decode(checksum).hex() if checksum and whole else None
    return Stored(int(told["content-length"]), told["etag"], sha256)


def read(key: str, size: int | None = None) -> bytes | None:
    """Return an object, or None where there is none.

    Args:
        key: Its key.
        size: So many of its first bytes are wanted, if not all; it must not be empty then.

    Raises:
        StorageError: S3 did not give it.
    """
    answer = request("GetObject", "GET", key, headers={"range": f"bytes=0-{size - 1}"} if size else None)
    return None if answer.status in MISSING else _expect(answer).body


def copy(source: str, key: str) -> None:
    """Copy an object of at most 5 GiB, if there is one and its new place is free; S3 computes the SHA-256 of the whole.

    Args:
        source: Its key.
        key: The key of the copy.

    Raises:
        StorageError: It is not known to be copied. Another copy to that place may be under way.
    """
    headers = {
        "x-amz-copy-source": f"/{bucket()}/{source}",
        "x-amz-checksum-algorithm": "SHA256",
        "if-none-match": "*",
    }
    answer = request("CopyObject", "PUT", key, headers=headers)
    if answer.status in MISSING | {412}:
        return
    # S3 begins its answer before it has copied, so that 200 may be followed by an error.
    if "CopyObjectResult" not in _tag(_document(_expect(answer))):
        raise StorageError("S3 did not copy.")


def delete(key: str, tag: str | None = None) -> None:
    """Delete an object, if there is one.

    Args:
        key: Its key.
        tag: What it must still be, if that matters; another object stays. Who says it must be allowed to read objects.

    Raises:
        StorageError: S3 did not say that it is gone.
    """
    answer = request("DeleteObject", "DELETE", key, headers={"if-match": tag} if tag else None)
    if not tag or answer.status not in {404, 412}:
        _expect(answer)


def begin_parts(key: str, content_type: str) -> str:
    """Begin an upload in parts. Returns its id.

    Raises:
        StorageError: S3 did not begin one.
    """
    answer = request(
        "CreateMultipartUpload", "POST", key, query={"uploads": ""}, headers={"content-type": content_type}
    )
    upload_id = _text(_document(_expect(answer)), "UploadId")
    if not upload_id:
        raise StorageError("Expected the id of an upload.")
    return upload_id


def list_parts(key: str, upload_id: str) -> list[Part] | None:
    """Return the parts that have arrived, in their order; None where there is no such upload any more.

    Raises:
        StorageError: S3 did not say.
    """
    query = {"uploadId": upload_id, "max-parts": str(MOST_LISTED)}
    answer = request("ListParts", "GET", key, query=query)
    if answer.status in MISSING:
        return None
    parts = [
        Part(int(_text(one, "PartNumber")), int(_text(one, "Size")), _text(one, "ETag"))
        for one in _document(_expect(answer))
        if _tag(one) == "Part"
    ]
    return sorted(parts, key=lambda part: part.number)


def join_parts(key: str, upload_id: str, parts: Sequence[Part]) -> bool:
    """Make an object of all the parts of an upload.

    Returns:
        False where there is no such upload any more, for example because this was done before, or S3 does not have
        these parts.

    Raises:
        StorageError: It is not known to be done.
    """
    root = ET.Element("CompleteMultipartUpload", xmlns="http://s3.amazonaws.com/doc/2006-03-01/")
    for part in parts:
        described = ET.SubElement(root, "Part")
        ET.SubElement(described, "PartNumber").text = str(part.number)
        ET.SubElement(described, "ETag").text = part.tag
    body = ET.tostring(root)
    answer = request("CompleteMultipartUpload", "POST", key, query={"uploadId": upload_id}, body=body)
    if answer.status in {400, 404}:
        return False
    if "CompleteMultipartUploadResult" not in _tag(_document(_expect(answer))):
        raise StorageError("S3 did not join the parts.")
    return True


def abort_parts(key: str, upload_id: str) -> None:
    """Forget an upload in parts and what has arrived of it, if there is one.

    Raises:
        StorageError: S3 did not say that it is gone.
    """
    answer = request("AbortMultipartUpload", "DELETE", key, query={"uploadId": upload_id})
    if answer.status != 404:  # noqa: PLR2004
        _expect(answer)


def form(key: str, content_type: str, size: int, seconds: int) -> tuple[str, dict[str, str]]:
    """Return where to send a form, and its fields, that uploads exactly one object of this size and type.

    Args:
        key: The object's key.
        content_type: Its type.
        size: Its bytes.
        seconds: For how long the form is good.
    """
    fields = {"key": key, "content-type": content_type, "success_action_status": "204"}
    signed = signature.signed_form(
        aws.credentials(),
        region=settings().region,
        bucket=bucket(),
        fields=fields,
        least=size,
        most=size,
        seconds=seconds,
    )
    return settings().files_url, signed


def url_of_part(key: str, upload_id: str, number: int, size: int, seconds: int) -> str:
    """Return the URL to which one part of an upload is sent by PUT. S3 refuses any other length than that signed in it.

    Args:
        key: The key of the object that it becomes a part of.
        upload_id: The upload.
        number: The part's number, from 1.
        size: Its bytes.
        seconds: For how long it is good.
    """
    query = {"partNumber": str(number), "uploadId": upload_id}
    return _signed_url("PUT", key, query, seconds, {"content-length": str(size)})


def url_of(key: str, content_type: str, disposition: str, seconds: int) -> str:
    """Return the URL from which an object is fetched by GET, whole or in ranges.

    Args:
        key: The object's key.
        content_type: As what it is served.
        disposition: The ``Content-Disposition`` that it is served with.
        seconds: For how long it is good.
    """
    query = {
        "response-content-type": content_type,
        "response-content-disposition": disposition,
        "response-cache-control": f"private, max-age={seconds}",
    }
    return _signed_url("GET", key, query, seconds)


def bucket() -> str:
    """Return the bucket's name: the first part of its host on AWS, the last of its path elsewhere."""
    address = urlsplit(settings().files_url)
    return address.path.strip("/") or address.netloc.partition(".")[0]


def request(
    operation: str,
    method: str,
    key: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> Answer:
    """Ask S3 something, until it neither asks for patience nor keeps silent, or all tries are made.

    Raises:
        StorageError: There was no answer.
    """
    address = urlsplit(f"{settings().files_url}/{key}")
    text = signature.encoded(query or {})
    url = f"{address.scheme}://{address.netloc}{address.path}" + (f"?{text}" if text else "")
    for attempt in range(1, aws.TRIES + 1):
        signed = signature.signed(
            aws.credentials(),
            region=settings().region,
            service=signature.S3,
            method=method,
            host=address.netloc,
            path=address.path,
            query=query,
            body=body,
            headers=headers or {},
        )
        try:
            answer = aws.exchange(method, "s3", operation, url, body, signed, PATIENCE_SECONDS)
        except HTTPClientError as error:
            if attempt == aws.TRIES:
                raise StorageError("S3 did not answer.") from error
        else:
            if not aws.is_passing(answer.status) or attempt == aws.TRIES:
                break
        aws.wait(attempt)
    return answer


def _signed_url(
    method: str, key: str, query: Mapping[str, str], seconds: int, headers: Mapping[str, str] | None = None
) -> str:
    address = urlsplit(f"{settings().files_url}/{key}")
    signed = signature.signed_query(
        aws.credentials(),
        region=settings().region,
        method=method,
        host=address.netloc,
        path=address.path,
        query=query,
        seconds=seconds,
        headers=headers,
    )
    return f"{settings().files_url}/{key}?{signed}"


def _expect(answer: Answer) -> Answer:
    if answer.status not in OK:
        raise StorageError(f"S3 answered {answer.status}.")
    return answer


def _document(answer: Answer) -> ET.Element:
    """Read S3's own XML, which comes over TLS from S3 and from nobody else."""
    try:
        return ET.fromstring(answer.body.strip())  # noqa: S314
    except ET.ParseError as error:
        raise StorageError("Expected XML.") from error


def _tag(element: ET.Element) -> str:
    return re.sub(r"^\{.*\}", "", element.tag)


def _text(element: ET.Element, name: str) -> str:
    return next((one.text or "" for one in element if _tag(one) == name), "")


def _digest(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
