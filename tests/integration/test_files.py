"""Files: brought, kept, sent, fetched, deleted."""

import hashlib
from typing import Any

import pytest

from adapters import storage
from core.settings import settings
from models.accounts import User
from tests.conftest import _client
from tests.gateway import Answer
from tests.people import BYTES, Person

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
MOST = 4 * 1024 * 1024


def bytes_of(download: Answer) -> bytes:
    """Return the bytes that a download leads to."""
    key = f"files/{download.data['file']['fileId']}"
    assert f"/{key}?" in download.data["url"]
    return _client("s3").get_object(Bucket=storage.bucket(), Key=key)["Body"].read()


def keys() -> list[str]:
    return [one["Key"] for one in _client("s3").list_objects_v2(Bucket=storage.bucket()).get("Contents", [])]


def put(key: str, content: bytes) -> None:
    """Do what a client does at S3 itself."""
    _client("s3").put_object(Bucket=storage.bucket(), Key=key, Body=content)


def announce(person: Person, size: int, content_type: str = BYTES, **fields: Any) -> str:
    """Announce an upload and return its id."""
    answer = person.ask("createUpload", name="a.bin", contentType=content_type, size=size, **fields)
    assert answer.status == 201, answer
    return answer.data["fileId"]


def image_of(file_id: str) -> dict[str, Any]:
    """Return a file's item as DynamoDB holds it."""
    return _client("dynamodb").get_item(TableName="kaiwa-test-files", Key={"fileId": {"S": file_id}})["Item"]


def stored_bytes(person: Person) -> int:
    return int(User.get(person.user_id).file_bytes or 0)


def send(person: Person, chat_id: str, *file_ids: str, **fields: Any) -> Answer:
    return person.ask("sendMessage", chatId=chat_id, fileIds=list(file_ids), **fields)


# In one request


@pytest.mark.parametrize("content", [b"", b"1", b"\x00\xff" * 50, bytes(MOST)], ids=["0", "1", "100", "4 MiB"])
def test_bytes_come_back_as_they_were(content: bytes, ann: Person) -> None:
    answer = ann.upload(content, "会話.bin")
    assert answer.status == 201, answer
    file = answer.data
    assert file == {
        "fileId": file["fileId"],
        "name": "会話.bin",
        "contentType": "application/octet-stream",
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "createdAt": file["createdAt"],
    }
    download = ann.download(file["fileId"])
    assert (download.status, download.data["file"]) == (200, file)
    assert bytes_of(download) == content
    assert keys() == [f"files/{file['fileId']}"]
    assert stored_bytes(ann) == len(content)


def test_a_browser_is_led_to_the_bytes(ann: Person) -> None:
    file_id = ann.upload().data["fileId"]
    answer = ann.ask("downloadFile", fileId=file_id)
    assert (answer.status, answer.data) == (302, None)
    assert answer.raw["headers"]["location"].startswith(f"{settings().files_url}/files/{file_id}?")


def test_sending_and_reading(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = ann.upload(PNG, "a.png", "image/png").data["fileId"]
    assert bob.download(file_id).code == "file_not_found"
    answer = send(ann, chat_id, file_id)
    assert (answer.status, answer.data["fileIds"]) == (201, [file_id])
    assert bob.download(file_id).status == 200
    assert eve.download(file_id).code == "file_not_found"
