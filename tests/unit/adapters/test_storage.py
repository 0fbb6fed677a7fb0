"""adapters.storage against a server that answers as S3 does."""

from collections.abc import Callable
from typing import Any

import pytest

from adapters import storage
from core import aws
from core.settings import settings
from tests.endpoint import HANG_UP, Endpoint, Told

XML = b'<?xml version="1.0" encoding="UTF-8"?>\n'
ERROR = XML + b"<Error><Code>InternalError</Code></Error>"
DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
PARTS = [storage.Part(1, 5, '"a"'), storage.Part(2, 6, '"b"')]

ASK: dict[str, Callable[[], Any]] = {
    "put": lambda: storage.put("files/x", b"abc", "text/plain", DIGEST),
    "find": lambda: storage.find("files/x"),
    "read": lambda: storage.read("files/x"),
    "copy": lambda: storage.copy("uploads/x", "files/x"),
    "delete": lambda: storage.delete("files/x"),
    "begin_parts": lambda: storage.begin_parts("files/x", "text/plain"),
    "list_parts": lambda: storage.list_parts("files/x", "u"),
    "join_parts": lambda: storage.join_parts("files/x", "u", PARTS),
    "abort_parts": lambda: storage.abort_parts("files/x", "u"),
}


@pytest.fixture
def s3(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    monkeypatch.setenv("FILES_URL", endpoint.url)
    settings.cache_clear()
    return endpoint


@pytest.mark.parametrize("name", ASK)
@pytest.mark.parametrize("told", [Told(503), HANG_UP])
def test_s3_is_asked_again_and_then_given_up(name: str, told: Told, s3: Endpoint) -> None:
    s3.answer(told)
    with pytest.raises(storage.StorageError):
        ASK[name]()
    assert len(s3.posts) == aws.TRIES


@pytest.mark.parametrize("name", ["copy", "join_parts"])
def test_an_error_within_a_success_is_an_error(name: str, s3: Endpoint) -> None:
    s3.answer(Told(200, ERROR))
    with pytest.raises(storage.StorageError):
        ASK[name]()


@pytest.mark.parametrize("name", ["copy", "join_parts", "begin_parts", "list_parts"])
def test_an_answer_that_is_no_xml_is_an_error(name: str, s3: Endpoint) -> None:
    s3.answer(Told(200, b"<html"))
    with pytest.raises(storage.StorageError):
        ASK[name]()


@pytest.mark.parametrize(
    ("name", "status", "expected"),
    [
        ("find", 403, None),
        ("find", 404, None),
        ("read", 403, None),
        ("read", 404, None),
        ("copy", 403, None),
        ("copy", 404, None),
        ("copy", 412, None),
        ("delete", 204, None),
        ("list_parts", 404, None),
        ("join_parts", 400, False),
        ("join_parts", 404, False),
        ("abort_parts", 204, None),
        ("abort_parts", 404, None),
    ],
)
def test_what_is_not_there_is_no_error(name: str, status: int, expected: object, s3: Endpoint) -> None:
    s3.answer(Told(status))
    assert ASK[name]() == expected


@pytest.mark.parametrize("name", sorted(ASK.keys() - {"copy", "find", "list_parts", "read"}))
def test_a_refusal_is_an_error(name: str, s3: Endpoint) -> None:
    s3.answer(Told(403, ERROR))
    with pytest.raises(storage.StorageError):
        ASK[name]()
    assert len(s3.posts) == 1


@pytest.mark.parametrize(("size", "wanted"), [(None, None), (32, "bytes=0-31")])
def test_an_object_is_read_whole_or_its_beginning(size: int | None, wanted: str | None, s3: Endpoint) -> None:
    s3.answer(Told(206 if size else 200, b"abc"))
    assert storage.read("files/x", size) == b"abc"
    assert s3.posts[0].headers.get("range") == wanted


def test_bytes_go_with_their_digest(s3: Endpoint) -> None:
    ASK["put"]()
    (arrived,) = s3.posts
    assert (arrived.method, arrived.path, arrived.body) == ("PUT", "/test/files/x", b"abc")
    assert arrived.headers["x-amz-checksum-sha256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
    assert arrived.headers["content-type"] == "text/plain"
    assert "x-amz-content-sha256" in arrived.headers["authorization"]


@pytest.mark.parametrize("status", [404, 412])
def test_what_is_another_object_by_now_is_not_deleted(status: int, s3: Endpoint) -> None:
    s3.answer(Told(status, ERROR))
    storage.delete("files/x", '"tag"')
    assert s3.posts[0].headers["if-match"] == '"tag"'
    with pytest.raises(storage.StorageError):
        storage.delete("files/x")
    assert "if-match" not in s3.posts[1].headers


def test_who_copies_at_the_same_moment_is_waited_for(s3: Endpoint) -> None:
    s3.answer(Told(409, ERROR))
    with pytest.raises(storage.StorageError):
        ASK["copy"]()


def test_a_copy_goes_to_a_place_that_is_free(s3: Endpoint) -> None:
    s3.answer(Told(200, XML + b"<CopyObjectResult/>"))
    ASK["copy"]()
    (arrived,) = s3.posts
    assert arrived.path == "/test/files/x"
    assert arrived.headers["x-amz-copy-source"] == "/test/uploads/x"
    assert arrived.headers["if-none-match"] == "*"
    assert arrived.headers["x-amz-checksum-algorithm"] == "SHA256"


def test_parts_are_listed_in_their_order(s3: Endpoint) -> None:
    listed = b"".join(
        b"<Part><PartNumber>%d</PartNumber><Size>%d</Size><ETag>&quot;%d&quot;</ETag></Part>" % (number, number, number)
        for number in (2, 10, 1)
    )
    namespace = b'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
    s3.answer(Told(200, XML + b"<ListPartsResult " + namespace + b">" + listed + b"</ListPartsResult>"))
    assert storage.list_parts("files/x", "u/+") == [
        storage.Part(number, number, f'"{number}"') for number in (1, 2, 10)
    ]
    assert s3.posts[0].path == "/test/files/x?max-parts=1000&uploadId=u%2F%2B"


def test_parts_are_joined_by_number_and_tag(s3: Endpoint) -> None:
    s3.answer(Told(200, XML + b"<CompleteMultipartUploadResult/>"))
    assert ASK["join_parts"]()
    body = s3.posts[0].body.decode()
    assert '<Part><PartNumber>1</PartNumber><ETag>"a"</ETag></Part><Part><PartNumber>2</PartNumber>' in body


@pytest.mark.parametrize(
    ("url", "bucket"),
    [
        ("https://kaiwa-prod-files-1.s3.eu-central-1.amazonaws.com", "kaiwa-prod-files-1"),
        ("http://127.0.0.1:4566/kaiwa-local-files-0", "kaiwa-local-files-0"),
    ],
)
def test_the_bucket_stands_in_its_address(url: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FILES_URL", url)
    settings.cache_clear()
    assert storage.bucket() == bucket
    monkeypatch.undo()
    settings.cache_clear()
