"""Files, bit for bit, through the whole stack and S3 itself."""

import hashlib
import secrets
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from botocore.credentials import ReadOnlyCredentials
from PIL import Image

from core import signature
from local.stack import Stack
from tests.e2e.conftest import WEB_ORIGIN
from tests.e2e.functions import invoke, tell_of_scan
from tests.e2e.people import TIMEOUT, Frame, Person, created
from tests.gateway import recorded
from tests.people import attachment
from tests.pictures import png

MEBI = 1024**2

NAMES = {
    "会話の写真.png": "会話の写真.png",
    "👩‍👩‍👧 family 🌸.jpg": "👩‍👩‍👧 family 🌸.jpg",
    "x" * 251 + ".txt": "x" * 251 + ".txt",
    "the \"best\" of 'us'.pdf": "the \"best\" of 'us'.pdf",
    "two\r\nlines: X-Injected: 1.txt": "twolines: X-Injected: 1.txt",
    "../../etc/passwd": "passwd",
    "..\\boot.ini": "boot.ini",
    "100%;,=.bin": "100%;,=.bin",
}
"""Names, and what becomes of them."""


def upload(
    person: Person, content: bytes, name: str = "a.bin", content_type: str = "application/octet-stream"
) -> Frame:
    headers = {"Content-Type": content_type, "Content-Disposition": attachment(name)}
    return created(person.http.post("/files", content=content, headers={**person.authorization, **headers}))


def described(person: Person, file_id: str) -> Frame:
    headers = {**person.authorization, "Accept": "application/json"}
    answer = person.http.get(f"/files/{file_id}", headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def fetched(person: Person, file_id: str, **headers: str) -> httpx.Response:
    """Go the way a browser goes. The token stays here: to S3 the URL proves enough, and it takes one proof alone."""
    answer = person.http.get(f"/files/{file_id}", headers=person.authorization)
    assert answer.status_code == 302, answer.text
    return httpx.get(answer.headers["location"], headers=headers, timeout=TIMEOUT)


def announce(person: Person, content: bytes, **fields: Any) -> Frame:
    whole = {"name": "a.bin", "contentType": "application/octet-stream", "size": len(content), **fields}
    return created(person.post("/files/uploads", whole))


def send_form(target: Frame, content: bytes, **changed: str) -> httpx.Response:
    fields = {**target["fields"], **changed}
    # A field of the form goes before the file.
    return httpx.post(target["url"], data=fields, files={"file": ("x", content)}, timeout=TIMEOUT)


@pytest.mark.parametrize("size", [0, 1, 4 * MEBI])
def test_a_small_file_comes_back_bit_for_bit(size: int, ann: Person) -> None:
    content = secrets.token_bytes(size)
    file = upload(ann, content)
    assert (file["size"], file["sha256"]) == (size, hashlib.sha256(content).hexdigest())
    answer = fetched(ann, file["fileId"])
    assert (answer.status_code, answer.content) == (200, content)


def test_a_file_above_4_mib_is_too_large(ann: Person) -> None:
    answer = ann.http.post("/files", content=bytes(4 * MEBI + 1), headers=ann.authorization)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", NAMES)
def test_a_name_comes_back(name: str, ann: Person) -> None:
    file = upload(ann, b"x", name)
    assert file["name"] == NAMES[name]
    told = fetched(ann, file["fileId"]).headers["content-disposition"]
    assert told.startswith("attachment; ")
    assert told.endswith(attachment(NAMES[name]).rpartition("; ")[2])


def test_text_stays_as_it_is(ann: Person) -> None:
    content = "やあ\r\n".encode()
    file = upload(ann, content, "a.txt", "text/plain; charset=utf-8")
    answer = fetched(ann, file["fileId"])
    assert (answer.content, answer.headers["content-type"]) == (content, "text/plain; charset=utf-8")


@pytest.mark.parametrize("content", ["あ".encode("shift_jis"), b"\xf0\x9f\x98A"], ids=["Shift-JIS", "cut off"])
def test_a_text_that_is_no_utf_8_goes_to_s3_itself(content: bytes, ann: Person) -> None:
    headers = {"Content-Type": "text/plain", "Content-Disposition": attachment("a.txt")}
    answer = ann.http.post("/files", content=content, headers={**ann.authorization, **headers})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_type")
    announced = announce(ann, content, contentType="text/plain")
    assert send_form(announced["upload"], content).status_code == 204
    ann.post(f"/files/{announced['fileId']}/complete").raise_for_status()
    assert fetched(ann, announced["fileId"]).content == content


def test_no_page_is_ever_served(ann: Person) -> None:
    file = upload(ann, b"<script>alert(1)</script>", "a.html", "text/html")
    answer = fetched(ann, file["fileId"])
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_range_of_a_file(ann: Person) -> None:
    file = upload(ann, b"0123456789")
    answer = fetched(ann, file["fileId"], Range="bytes=2-4")
    assert (answer.status_code, answer.content, answer.headers["content-range"]) == (206, b"234", "bytes 2-4/10")


def test_a_file_is_for_those_it_was_sent_to(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob, eve)
    before = upload(ann, b"before")["fileId"]
    listening = bob.open_socket()
    created(ann.post(f"/chats/{chat_id}/messages", {"fileIds": [before]}))
    (push,) = listening.pushes()
    assert push["message"]["fileIds"] == [before]
    assert fetched(bob, before).content == b"before"
    ann.http.delete(f"/chats/{chat_id}/members/{eve.user_id}", headers=ann.authorization).raise_for_status()
    assert eve.get(f"/files/{before}").status_code == 404
    assert ann.http.get(f"/files/{before}").status_code == 401


def test_a_url_is_for_one_file_one_use_and_five_minutes(ann: Person, stack: Stack) -> None:
    own, other = (upload(ann, content)["fileId"] for content in (b"own", b"other"))
    url = described(ann, own)["url"]
    assert httpx.get(url).content == b"own"
    assert httpx.get(url.replace(own, other)).status_code == 403
    assert httpx.get(url.replace("X-Amz-Expires=300", "X-Amz-Expires=600")).status_code == 403
    assert httpx.get(url.replace("attachment", "inline")).status_code == 403
    assert httpx.put(url, content=b"x").status_code == 403
    assert httpx.get(url.partition("?")[0]).status_code == 403
    # The same, signed minutes ago, by somebody who may do anything.
    address = urlsplit(url)
    parts = {"method": "GET", "host": address.netloc, "path": address.path, "query": {}, "seconds": 300}
    root = ReadOnlyCredentials("test", "test", None)
    for age, status in ((240, 200), (301, 403)):
        with pytest.MonkeyPatch.context() as patch:
            moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - age))
            patch.setattr(signature, "_moment", lambda moment=moment: moment)
            query = signature.signed_query(root, region="us-east-1", **parts)
        assert httpx.get(f"{url.partition('?')[0]}?{query}").status_code == status


@pytest.mark.parametrize("over", [1, -1], ids=["more", "fewer"])
def test_a_parts_url_takes_exactly_what_was_announced(over: int, ann: Person) -> None:
    """Bytes that nobody announced count for nobody: S3 takes none of them."""
    announced = announce(ann, bytes(64 * MEBI + 2))
    last = announced["upload"]["parts"][-1]
    assert last["size"] == 2
    assert httpx.put(last["url"], content=bytes(last["size"] + over)).status_code == 403
    left = ann.post(f"/files/{announced['fileId']}/parts").json()["upload"]["parts"]
    assert last["number"] in [part["number"] for part in left]
    assert httpx.put(last["url"], content=bytes(last["size"])).status_code == 200
    left = ann.post(f"/files/{announced['fileId']}/parts").json()["upload"]["parts"]
    assert last["number"] not in [part["number"] for part in left]


def test_pages_of_the_web_origin_may_send_parts_and_others_not(ann: Person) -> None:
    part = announce(ann, bytes(65 * MEBI))["upload"]["parts"][0]["url"]
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    allowed = httpx.options(part, headers={**asked, "Origin": WEB_ORIGIN})
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, WEB_ORIGIN)
    assert httpx.options(part, headers={**asked, "Origin": "http://evil.example"}).status_code == 403


@pytest.mark.parametrize("way", ["whole", "form"])
def test_a_picture_gets_a_thumbnail(way: str, ann: Person, bob: Person, eve: Person) -> None:
    content = png(600, 300)
    chat_id = ann.start_chat(bob)
    own, listening = ann.open_socket(), bob.open_socket()
    if way == "whole":
        file_id = upload(ann, content, "red.png", "image/png")["fileId"]
    else:
        announced = announce(ann, content, contentType="image/png")
        file_id = announced["fileId"]
        assert send_form(announced["upload"], content).status_code == 204
        ann.post(f"/files/{file_id}/complete").raise_for_status()
    created(ann.post(f"/chats/{chat_id}/messages", {"fileIds": [file_id]}))
    assert own.awaits("file.updated") == {"type": "file.updated", "fileId": file_id}
    for person in (ann, bob):
        told = described(person, file_id)
        assert (told["file"]["width"], told["file"]["height"]) == (600, 300)
        answer = httpx.get(told["thumbnailUrl"])
        assert answer.headers["content-type"] == "image/webp"
        with Image.open(BytesIO(answer.content)) as thumbnail:
            assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 160))
    assert listening.awaits("message.created")["message"]["fileIds"] == [file_id]
    assert eve.get(f"/files/{file_id}").status_code == 404
    # The same key, but not by a URL that we signed.
    assert httpx.get(told["thumbnailUrl"].partition("?")[0]).status_code == 403
    ann.http.delete(f"/files/{file_id}", headers=ann.authorization).raise_for_status()
    assert httpx.get(told["thumbnailUrl"]).status_code == 404


def test_what_a_scan_finds_infected_is_gone(ann: Person, bob: Person, stack: Stack) -> None:
    """GuardDuty, which is not on a laptop, tells the function. So it is told here, and does it in its own name."""
    chat_id, listening = ann.start_chat(bob), ann.open_socket()
    file_id = upload(ann, b"hello")["fileId"]
    created(ann.post(f"/chats/{chat_id}/messages", {"fileIds": [file_id]}))
    url = described(bob, file_id)["url"]
    tell_of_scan(stack, file_id, "THREATS_FOUND")
    told = listening.awaits("file.infected")["file"]
    assert (told["fileId"], told["scanState"]) == (file_id, "infected")
    assert httpx.get(url).status_code == 404
    for person in (ann, bob):
        assert person.get(f"/files/{file_id}").status_code == 404
    ann.http.delete(f"/files/{file_id}", headers=ann.authorization).raise_for_status()


def test_what_ends_by_itself_takes_its_bytes_along(ann: Person, stack: Stack) -> None:
    """DynamoDB tells the function, which the local one does not; so it is told here, and does it in its own name."""
    file_id = upload(ann, b"hello")["fileId"]
    dynamodb, s3 = stack.client("dynamodb"), stack.client("s3")
    key = {"fileId": {"S": file_id}}
    image = dynamodb.delete_item(TableName="kaiwa-local-files", Key=key, ReturnValues="ALL_OLD")["Attributes"]
    event = recorded("stream")
    event["Records"][0]["dynamodb"]["OldImage"] = image
    assert invoke(stack, "ExpireFile", event) == {"batchItemFailures": []}
    (bucket,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if "-files-" in one["Name"])
    assert file_id not in str(s3.list_objects_v2(Bucket=bucket, Prefix="files/").get("Contents"))
    user = dynamodb.get_item(TableName="kaiwa-local-users", Key={"userId": {"S": ann.user_id}})["Item"]
    assert user["fileBytes"] == {"N": "0"}


def test_a_form_uploads_exactly_what_was_announced(ann: Person) -> None:
    content = secrets.token_bytes(4 * MEBI + 1)
    upload = announce(ann, content, sha256=hashlib.sha256(content).hexdigest(), contentType="audio/ogg")
    target = upload["upload"]
    assert target["method"] == "POST"
    assert send_form(target, content + b"x").status_code == 400
    assert send_form(target, content[1:]).status_code == 400
    assert send_form(target, content, **{"content-type": "text/html"}).status_code == 403
    assert send_form(target, content, key="files/other").status_code == 403
    assert ann.post(f"/files/{upload['fileId']}/complete").status_code == 409
    assert send_form(target, content).status_code == 204
    for _ in range(2):
        answer = ann.post(f"/files/{upload['fileId']}/complete")
        assert (answer.status_code, answer.json().get("sha256")) == (200, hashlib.sha256(content).hexdigest())
    # What the form uploads later changes nothing.
    assert send_form(target, bytes(len(content))).status_code == 204
    assert fetched(ann, upload["fileId"]).content == content


def test_100_mib_in_parts_interrupted_and_resumed(ann: Person) -> None:
    content = secrets.token_bytes(MEBI) * 100
    sha256 = hashlib.sha256(content).hexdigest()
    upload = announce(ann, content, sha256=sha256)
    parts = upload["upload"]["parts"]
    assert sum(part["size"] for part in parts) == len(content)

    def put(part: Frame) -> None:
        start = sum(one["size"] for one in parts if one["number"] < part["number"])
        httpx.put(part["url"], content=content[start : start + part["size"]], timeout=TIMEOUT).raise_for_status()

    for part in parts[:3]:
        put(part)
    path = f"/files/{upload['fileId']}"
    assert ann.post(f"{path}/complete").status_code == 409
    left = ann.post(f"{path}/parts").raise_for_status().json()["upload"]["parts"]
    assert [part["number"] for part in left] == [part["number"] for part in parts[3:]]
    for part in left:
        put(part)
    file = ann.post(f"{path}/complete").raise_for_status().json()
    assert (file["size"], file["sha256"]) == (len(content), sha256)
    assert fetched(ann, upload["fileId"]).content == content
    assert ann.post(f"{path}/complete").json() == file
    ann.http.delete(path, headers=ann.authorization).raise_for_status()
    assert ann.get(path).status_code == 404
