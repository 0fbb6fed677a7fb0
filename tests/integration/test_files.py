"""Files: brought, kept, sent, fetched, shown, deleted, and ended."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from adapters import storage
from core.pages import encode_cursor
from core.settings import settings
from domain import admission
from domain.files import MOST_COPIED_BYTES, MOST_FORM_BYTES, PART_BYTES
from models.accounts import User
from models.files import INFECTED, MOST_SENDS, PENDING, File
from tests.calls import STORAGE, Call, Calls, Meeting, Proceed, Refusal, in_sequence, refusal
from tests.conftest import Clock, _client
from tests.gateway import Answer, Gateway
from tests.integration.test_crashes import WHEN, cut_off_everywhere
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


def sent(person: Person, chat_id: str, *file_ids: str, **fields: Any) -> dict[str, Any]:
    answer = send(person, chat_id, *file_ids, **fields)
    assert answer.status == 201, answer
    return answer.data


def file_of(person: Person, content: bytes = b"hello", **given: Any) -> str:
    answer = person.upload(content, **given)
    assert answer.status == 201, answer
    return answer.data["fileId"]


def end_by_time(gateway: Gateway, file_id: str) -> None:
    """Do what DynamoDB does when an item's time is over."""
    image = image_of(file_id)
    assert "expiresAt" in image
    File(file_id).delete()
    assert gateway.end("files", image) == []


def meanwhile(word: str, act: Callable[[], Any]) -> Callable[[Call, Proceed], Any]:
    """Return what does something else before the first call of a kind is made."""
    waiting = [act]

    def intercept(call: Call, proceed: Proceed) -> Any:
        if str(call) == word and waiting:
            waiting.pop()()
        return proceed()

    return intercept


@pytest.fixture
def limit(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def change(limits: str) -> None:
        monkeypatch.setenv("LIMITS", limits)
        settings.cache_clear()

    return change


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


def test_more_than_4_mib_are_too_large(ann: Person, calls: Calls) -> None:
    calls.clear()
    answer = ann.upload(bytes(MOST + 1))
    assert (answer.status, answer.code) == (413, "too_large")
    assert calls.words() == []


@pytest.mark.parametrize(
    "content",
    ["あ".encode("shift_jis"), b"\xf0\x9f\x98A", "\ufeffa".encode("utf-16")],
    ids=["another length", "the same length", "another charset"],
)
def test_a_text_that_was_changed_on_its_way_is_refused(content: bytes, ann: Person, calls: Calls) -> None:
    """API Gateway hands on what calls itself text as a string, and what is not UTF-8 in it as something else."""
    headers = {"content-type": "text/plain", "content-length": str(len(content))}
    body = content.decode(errors="replace")
    calls.clear()
    answer = ann.gateway.http("POST", "/files", claims=ann.claims, body=body, headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_type")
    assert "POST /files/uploads" in answer.problem["detail"]
    assert calls.words() == []


def test_a_text_comes_as_it_was(ann: Person) -> None:
    content = "やあ 👋\r\n".encode()
    headers = {"content-type": "text/plain", "content-length": str(len(content))}
    answer = ann.gateway.http("POST", "/files", claims=ann.claims, body=content.decode(), headers=headers)
    assert (answer.status, answer.data["sha256"]) == (201, hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize(
    ("content", "given", "kept"),
    [
        (PNG, "image/png", "image/png"),
        (PNG, "application/octet-stream", "image/png"),
        (b"text", "Text/Plain; charset=UTF-8", "text/plain; charset=UTF-8"),
        (b"<svg/>", "image/svg+xml", "image/svg+xml"),
    ],
)
def test_a_type_is_kept_or_found(content: bytes, given: str, kept: str, ann: Person) -> None:
    assert ann.upload(content, content_type=given).data["contentType"] == kept


@pytest.mark.parametrize("given", ["image/png", "IMAGE/PNG", "image/png; a=b", "png", "a/b\r\nx: y", "a/" + "b" * 126])
def test_a_picture_that_is_none_and_a_type_that_is_none_are_refused(given: str, ann: Person) -> None:
    answer = ann.upload(b"<html>", content_type=given)
    assert (answer.status, answer.code) == (415, "unsupported_type")
    assert stored_bytes(ann) == 0


def test_a_name_that_cannot_be_read_is_told_so(ann: Person) -> None:
    headers = {"content-disposition": "attachment; filename*=latin1''%e9"}
    answer = ann.gateway.http("POST", "/files", claims=ann.claims, body=b"x", headers=headers)
    assert (answer.code, answer.fields) == ("invalid_request", ["contentDisposition"])


def test_headers_are_no_parameters(ann: Person) -> None:
    answer = ann.gateway.http("POST", "/files", claims=ann.claims, body=b"x", query={"contentType": "image/png"})
    assert (answer.code, answer.fields) == ("invalid_request", ["contentType"])
    assert ann.ask("downloadFile", fileId="f", accept="x").fields == ["accept"]


def test_a_browser_is_led_to_the_bytes(ann: Person) -> None:
    file_id = file_of(ann)
    answer = ann.ask("downloadFile", fileId=file_id)
    assert (answer.status, answer.data) == (302, None)
    assert answer.raw["headers"]["location"].startswith(f"{settings().files_url}/files/{file_id}?")
    assert "X-Amz-Expires=300&" in answer.raw["headers"]["location"]


def test_what_an_upload_and_a_download_cost(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    calls.clear()
    file_id = file_of(ann)
    assert calls.words() == [
        "UpdateItem limits",
        "TransactWriteItems files users",
        "PutObject",
        "UpdateItem files",
    ]
    sent(ann, chat_id, file_id)
    together = "BatchGetItem files users"
    for person, cost in ((ann, [together]), (bob, [together, "BatchGetItem memberships"])):
        # A process that has just started knows nobody, and one that knows them asks for no more.
        admission.forget_all()
        for _ in ("cold", "warm"):
            calls.clear()
            assert person.download(file_id).status == 200
            assert calls.words() == cost


def test_a_storage_that_fails_is_told_and_leaves_nothing(ann: Person, gateway: Gateway, calls: Calls) -> None:
    def fail(call: Call, proceed: Proceed) -> Any:
        if call.operation == "PutObject":
            raise storage.StorageError
        return proceed()

    with calls.intercepted(fail):
        answer = ann.upload()
    assert (answer.status, answer.code) == (503, "unavailable")
    assert (keys(), File.of(ann.user_id), stored_bytes(ann)) == ([], [], 0)


@pytest.mark.parametrize("size", [5, MOST_FORM_BYTES + 1])
def test_a_storage_that_is_away_leaves_what_ends_by_itself(
    size: int, ann: Person, gateway: Gateway, calls: Calls
) -> None:
    def fail(call: Call, proceed: Proceed) -> Any:
        if call.operation in STORAGE:
            raise storage.StorageError
        return proceed()

    fields = {"name": "a", "contentType": BYTES, "size": size}
    with calls.intercepted(fail):
        answer = ann.upload() if size == len(b"hello") else ann.ask("createUpload", **fields)
    assert (answer.status, answer.code) == (503, "unavailable")
    (file,) = File.of(ann.user_id)
    end_by_time(gateway, file.file_id)
    assert (File.of(ann.user_id), stored_bytes(ann)) == ([], 0)


# To S3 itself


COMPLETION = ["GetItem files", "CopyObject", "HeadObject", "GetObject", "UpdateItem files", "DeleteObject"]


def test_a_form_brings_a_file(ann: Person, calls: Calls) -> None:
    answer = ann.ask("createUpload", name="会.zip", contentType="application/zip", size=5)
    target, file_id = answer.data["upload"], answer.data["fileId"]
    assert target["method"] == "POST"
    assert target["url"] == settings().files_url
    assert target["fields"]["key"] == f"uploads/{file_id}"
    assert target["fields"]["content-type"] == "application/zip"
    assert ann.ask("completeUpload", fileId=file_id).code == "conflict"
    put(f"uploads/{file_id}", b"12345")
    assert ann.download(file_id).code == "file_not_found"
    calls.clear()
    completed = ann.ask("completeUpload", fileId=file_id)
    assert (completed.status, completed.data["sha256"]) == (200, hashlib.sha256(b"12345").hexdigest())
    assert calls.words() == COMPLETION
    assert ann.ask("completeUpload", fileId=file_id).data == completed.data
    assert bytes_of(ann.download(file_id)) == b"12345"
    assert keys() == [f"files/{file_id}"]


@pytest.mark.parametrize(
    ("content", "content_type", "announced"),
    [
        (b"1234", BYTES, b"12345"),
        (b"123456", BYTES, b"12345"),
        (b"54321", BYTES, b"12345"),
        (b"12345", "image/png", b"12345"),
    ],
    ids=["fewer", "more", "others", "no picture"],
)
def test_other_bytes_than_announced_are_no_file(
    content: bytes, content_type: str, announced: bytes, ann: Person
) -> None:
    sha256 = hashlib.sha256(announced).hexdigest().upper()
    file_id = announce(ann, len(announced), content_type, sha256=sha256)
    put(f"uploads/{file_id}", content)
    answer = ann.ask("completeUpload", fileId=file_id)
    assert (answer.status, answer.code) == (409, "conflict")
    assert ann.download(file_id).code == "file_not_found"
    assert keys() == [f"uploads/{file_id}"]


def test_parts_are_asked_for_until_all_are_there(ann: Person) -> None:
    size = MOST_FORM_BYTES + 1
    answer = ann.ask("createUpload", name="a", contentType=BYTES, size=size)
    file_id, parts = answer.data["fileId"], answer.data["upload"]["parts"]
    assert [part["number"] for part in parts] == [1, 2, 3, 4, 5]
    assert [part["size"] for part in parts] == [PART_BYTES] * 4 + [1]
    upload_id = File.get(file_id).upload_id
    assert all(f"partNumber={part['number']}&uploadId={upload_id}" in part["url"] for part in parts)
    assert all("X-Amz-SignedHeaders=content-length%3Bhost&" in part["url"] for part in parts)

    def put_part(number: int, content: bytes) -> None:
        where = {"Bucket": storage.bucket(), "Key": f"uploads/{file_id}", "UploadId": upload_id}
        _client("s3").upload_part(**where, PartNumber=number, Body=content)

    def left() -> list[int]:
        return [part["number"] for part in ann.ask("resumeUpload", fileId=file_id).data["upload"]["parts"]]

    for number in (1, 3, 4):
        put_part(number, bytes(PART_BYTES))
    put_part(2, b"cut off")
    assert left() == [2, 5]
    assert ann.ask("completeUpload", fileId=file_id).code == "conflict"
    put_part(2, bytes(PART_BYTES))
    put_part(5, b"x")
    assert left() == []
    completed = ann.ask("completeUpload", fileId=file_id)
    assert (completed.status, completed.data["size"]) == (200, size)
    assert completed.data["sha256"] == hashlib.sha256(bytes(size - 1) + b"x").hexdigest()
    assert ann.ask("resumeUpload", fileId=file_id).code == "conflict"


def test_what_is_too_large_to_be_copied_says_nothing_of_its_digest(
    ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    for most in ("MOST_FORM_BYTES", "MOST_COPIED_BYTES"):
        monkeypatch.setattr(f"domain.files.{most}", 4)
    file_id = announce(ann, 5, sha256="0" * 64)
    part = {"Key": f"files/{file_id}", "UploadId": File.get(file_id).upload_id, "PartNumber": 1}
    _client("s3").upload_part(Bucket=storage.bucket(), **part, Body=b"12345")
    completed = ann.ask("completeUpload", fileId=file_id)
    assert (completed.status, completed.data["size"]) == (200, 5)
    assert "sha256" not in completed.data
    assert keys() == [f"files/{file_id}"]


@pytest.mark.parametrize("size", [MOST_FORM_BYTES + 1, MOST_COPIED_BYTES + 1])
def test_parts_that_were_not_noted_are_begun_anew(size: int, ann: Person, calls: Calls) -> None:
    """No form ever leads to where files stay."""
    with calls.intercepted(Refusal("UpdateItem files", refusal("InternalServerError"))):
        assert ann.ask("createUpload", name="a", contentType=BYTES, size=size).status == 503
    (file,) = File.of(ann.user_id)
    begun = set()
    for _ in range(2):
        upload = ann.ask("resumeUpload", fileId=file.file_id).data["upload"]
        assert (upload["method"], "fields" in upload) == ("PUT", False)
        assert sum(part["size"] for part in upload["parts"]) == size
        begun.add(File.get(file.file_id).upload_id)
        assert all(f"uploadId={upload_id}" in part["url"] for part in upload["parts"] for upload_id in begun)


def test_parts_are_begun_once(ann: Person, calls: Calls) -> None:
    with calls.intercepted(Refusal("UpdateItem files", refusal("InternalServerError"))):
        ann.ask("createUpload", name="a", contentType=BYTES, size=MOST_FORM_BYTES + 1)
    (file,) = File.of(ann.user_id)
    others: list[Answer] = []
    other = lambda: others.append(ann.ask("resumeUpload", fileId=file.file_id))  # noqa: E731
    with calls.intercepted(meanwhile("UpdateItem files", other)):
        answer = ann.ask("resumeUpload", fileId=file.file_id)
    upload_id = File.get(file.file_id).upload_id
    for told in (answer, others[0]):
        assert all(f"uploadId={upload_id}" in part["url"] for part in told.data["upload"]["parts"])


def test_another_ones_upload_is_no_file(ann: Person, eve: Person) -> None:
    file_id = announce(ann, 5)
    for operation in ("resumeUpload", "completeUpload", "deleteFile", "downloadFile"):
        assert eve.ask(operation, fileId=file_id).code == "file_not_found"
        assert eve.ask(operation, fileId="invented").code == "file_not_found"


def test_an_upload_is_given_up(ann: Person) -> None:
    file_id = announce(ann, MOST_FORM_BYTES + 1)
    assert stored_bytes(ann) == MOST_FORM_BYTES + 1
    assert ann.ask("deleteFile", fileId=file_id).status == 204
    assert "Uploads" not in _client("s3").list_multipart_uploads(Bucket=storage.bucket())
    assert (File.of(ann.user_id), stored_bytes(ann)) == ([], 0)


# Who may read


def test_a_file_is_for_its_owner_until_it_is_sent(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann)
    nowhere = bob.download("invented")
    foreign = bob.download(file_id)
    assert (foreign.status, foreign.code, foreign.problem["detail"]) == (404, nowhere.code, nowhere.problem["detail"])
    socket = bob.open_socket()
    message = sent(ann, chat_id, file_id)
    (push,) = socket.take()
    assert (push["type"], push["message"]) == ("message.created", message)
    assert (message["fileIds"], "text" in message) == ([file_id], False)
    assert bytes_of(bob.download(file_id)) == b"hello"
    assert eve.download(file_id).code == "file_not_found"
    (seen,) = bob.ask("getChatHistory", chatId=chat_id).data["messages"]
    (event,) = bob.ask("getEvents", chatId=chat_id).data["events"]
    assert seen == event["message"] == message


def test_who_left_reads_no_more(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob, eve)
    file_id = file_of(ann)
    sent(ann, chat_id, file_id)
    assert eve.download(file_id).status == 200
    assert eve.ask("removeMember", chatId=chat_id, userId=eve.user_id).status == 204
    assert eve.download(file_id).code == "file_not_found"
    assert bob.download(file_id).status == 200


@pytest.mark.parametrize("history", [True, False])
def test_who_comes_later_reads_what_they_see(history: bool, ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.ask("createChat", kind="group", memberIds=[bob.user_id]).data["chatId"]
    ann.ask("updateChat", chatId=chat_id, historyForNewMembers=history)
    file_id = file_of(ann)
    sent(ann, chat_id, file_id)
    ann.ask("addMembers", chatId=chat_id, memberIds=[eve.user_id])
    assert eve.download(file_id).status == (200 if history else 404)
    sent(ann, chat_id, file_id)
    assert eve.download(file_id).status == 200


def test_a_file_is_sent_on_by_who_can_read_it(ann: Person, bob: Person, eve: Person) -> None:
    file_id = file_of(ann)
    assert send(bob, bob.start_chat(eve), file_id).code == "file_not_found"
    sent(ann, ann.start_chat(bob), file_id)
    sent(bob, bob.start_chat(eve), file_id)
    assert eve.download(file_id).status == 200


def test_one_file_that_is_not_ones_own_stops_the_message(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = bob.start_chat(ann)
    own, foreign = file_of(bob), file_of(ann)
    calls.clear()
    assert send(bob, chat_id, own, foreign, text="look").code == "file_not_found"
    assert calls.words() == ["BatchGetItem files"]
    assert bob.texts(chat_id) == []
    assert send(bob, chat_id, own, own).fields == ["fileIds"]
    assert send(bob, chat_id, announce(bob, 5)).code == "file_not_found"
    assert bob.ask("sendMessage", chatId=chat_id).fields == ["text"]


def test_what_a_message_with_files_costs(ann: Person, bob: Person, eve: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    own = [file_of(ann) for _ in range(10)]
    calls.clear()
    together = ("BatchGetItem connections", "TransactWriteItems files messages")
    with calls.intercepted(Meeting(*together)):
        sent(ann, chat_id, *own)
    assert sorted(calls.words()) == [
        "BatchGetItem connections",
        "BatchGetItem files",
        "TransactWriteItems files messages",
        "UpdateItem chats",
    ]
    assert in_sequence(calls.made) == 3
    other = bob.start_chat(eve)
    calls.clear()
    with calls.intercepted(Meeting(*together)):
        sent(bob, other, *own)
    assert in_sequence(calls.made) == 4
    assert len(calls.made) == 5
    calls.clear()
    ann.say(chat_id, "no file")
    assert {table for call in calls.made for table in call.tables} == {"chats", "connections", "messages"}


def test_a_message_sent_again_is_the_same(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann)
    first = sent(ann, chat_id, file_id, clientMessageId="m1")
    again = send(ann, chat_id, file_id, clientMessageId="m1")
    assert (again.status, again.data) == (200, first)
    assert len(File.get(file_id).sent) == 1
    ann.ask("deleteFile", fileId=file_id)
    again = send(ann, chat_id, file_id, clientMessageId="m1")
    assert (again.status, again.data) == (200, first)
    assert send(ann, chat_id, file_id, clientMessageId="m2").code == "file_not_found"
    assert bob.download(file_id).code == "file_not_found"


def test_a_message_that_is_deleted_shows_its_file_to_nobody(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann)
    once, twice = sent(ann, chat_id, file_id), sent(ann, chat_id, file_id)
    deleted = ann.ask("deleteMessage", chatId=chat_id, messageId=once["messageId"])
    assert deleted.data["fileIds"] == []
    assert bob.download(file_id).status == 200
    ann.ask("deleteMessage", chatId=chat_id, messageId=twice["messageId"])
    assert bob.download(file_id).code == "file_not_found"
    assert ann.download(file_id).status == 200


def test_a_deletion_that_is_refused_takes_no_file_back(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(bob)
    message = sent(bob, chat_id, file_id)
    ann.ask("blockUser", userId=bob.user_id)
    calls.clear()
    answer = bob.ask("deleteMessage", chatId=chat_id, messageId=message["messageId"])
    assert (answer.status, answer.code) == (404, "chat_not_found")
    assert "UpdateItem files" not in calls.words()
    assert ann.download(file_id).status == 200
    (stored,) = ann.ask("getChatHistory", chatId=chat_id).data["messages"]
    assert stored == message
    ann.ask("unblockUser", userId=bob.user_id)
    assert bob.ask("deleteMessage", chatId=chat_id, messageId=message["messageId"]).status == 200
    assert ann.download(file_id).code == "file_not_found"


def test_words_are_put_to_a_file_later(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    message = sent(ann, chat_id, file_of(ann))
    edited = ann.ask("editMessage", chatId=chat_id, messageId=message["messageId"], text="look").data
    assert (edited["text"], edited["fileIds"]) == ("look", message["fileIds"])


def test_a_file_is_sent_so_often_and_no_more(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann)
    File(file_id).update([File.sent.add({f"{number}#1" for number in range(MOST_SENDS - 1)})])
    sent(ann, chat_id, file_id)
    assert send(ann, chat_id, file_id).code == "conflict"
    assert bob.download(file_id).status == 200


FULL = {f"{number}#1" for number in range(MOST_SENDS)}

MEANWHILE: dict[str, Callable[[File], Any]] = {
    "deleted": lambda file: file.mark_deleted(),
    "infected": lambda file: file.update([File.scan_state.set(INFECTED)]),
    "ended": lambda file: file.update([File.expires_at.set(1)]),
    "gone": lambda file: file.delete(),
    "full": lambda file: file.update([File.sent.add(FULL)]),
}


@pytest.mark.parametrize("happened", MEANWHILE)
def test_what_happens_to_a_file_while_it_is_sent_stops_the_message(
    happened: str, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    own, other = file_of(ann), file_of(ann)

    def meanwhile(call: Call, proceed: Proceed) -> Any:
        if call.operation == "TransactWriteItems":
            with calls.aside():
                MEANWHILE[happened](File(other))
        return proceed()

    with calls.intercepted(meanwhile):
        assert send(ann, chat_id, own, other, clientMessageId="m1").code == "file_not_found"
    assert bob.texts(chat_id) == []
    assert "sent" not in image_of(own)


@pytest.mark.parametrize("state", [PENDING, INFECTED])
def test_what_is_not_clean_is_shown_to_nobody_else(state: str, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann, PNG, content_type="image/png")
    File(file_id).update([File.scan_state.set(state)])
    if state == PENDING:
        sent(ann, chat_id, file_id)
        assert ann.download(file_id).data["file"]["scanState"] == state
    else:
        assert send(ann, chat_id, file_id).code == "file_not_found"
        assert ann.download(file_id).code == "file_not_found"
    assert bob.download(file_id).code == "file_not_found"
    answer = ann.ask("updateUser", avatarFileId=file_id)
    assert answer.code == ("conflict" if state == PENDING else "file_not_found")


# Pictures


def test_a_picture_is_for_everybody(ann: Person, eve: Person, calls: Calls) -> None:
    file_id = file_of(ann, PNG, content_type="image/png")
    changed = ann.ask("updateUser", avatarFileId=file_id)
    assert (changed.status, changed.data["avatarFileId"]) == (200, file_id)
    assert eve.ask("getUser", userId=ann.user_id).data["avatarFileId"] == file_id
    calls.clear()
    assert eve.download(file_id).status == 200
    assert calls.words() == ["BatchGetItem files users"]
    assert "expiresAt" not in image_of(file_id)


def test_another_picture_takes_its_place(ann: Person, eve: Person) -> None:
    first, second = (file_of(ann, PNG, content_type="image/png") for _ in range(2))
    for file_id in (first, second):
        assert ann.ask("updateUser", avatarFileId=file_id).status == 200
    assert (eve.download(first).status, eve.download(second).status) == (404, 200)
    assert "avatarFileId" not in ann.ask("updateUser", avatarFileId=None).data
    assert eve.download(second).status == 404


def test_only_ones_own_pictures_are_shown(ann: Person, bob: Person) -> None:
    for file_id in (file_of(bob, PNG, content_type="image/png"), announce(ann, 5, "image/png"), "invented"):
        assert ann.ask("updateUser", avatarFileId=file_id).code == "file_not_found"
    answer = ann.ask("updateUser", displayName="Ann", avatarFileId=file_of(ann))
    assert (answer.code, answer.fields) == ("invalid_request", ["avatarFileId"])
    assert ann.ask("getUser", userId="me").data["displayName"] == "ann"


def test_a_picture_that_is_deleted_is_nobodys(ann: Person) -> None:
    file_id = file_of(ann, PNG, content_type="image/png")
    ann.ask("updateUser", avatarFileId=file_id)
    assert ann.ask("deleteFile", fileId=file_id).status == 204
    assert "avatarFileId" not in ann.ask("getUser", userId="me").data


# Listed, deleted, limited


def test_files_are_listed_in_pages_latest_first(ann: Person, bob: Person, clock: Clock) -> None:
    file_of(bob)
    wanted = []
    for number in range(5):
        wanted.insert(0, file_of(ann, bytes(number)))
        announce(ann, 5)
        clock.advance(1)
    first = ann.ask("listFiles", limit=2).data
    second = ann.ask("listFiles", limit=2, cursor=first["nextCursor"]).data
    third = ann.ask("listFiles", limit=2, cursor=second["nextCursor"]).data
    assert [file["fileId"] for page in (first, second, third) for file in page["files"]] == wanted
    assert "nextCursor" not in third
    unfinished = ann.ask("listFiles", unfinished="true").data["files"]
    assert len(unfinished) == 5
    assert not {file["fileId"] for file in unfinished} & set(wanted)
    for cursor in ("!", encode_cursor(["", ""]), encode_cursor([5])):
        assert ann.ask("listFiles", cursor=cursor).fields == ["cursor"]


def test_a_deleted_file_is_gone_and_its_message_stays(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    file_id = file_of(ann)
    message = sent(ann, chat_id, file_id)
    assert bob.ask("deleteFile", fileId=file_id).code == "file_not_found"
    assert ann.ask("deleteFile", fileId=file_id).status == 204
    assert ann.ask("deleteFile", fileId=file_id).code == "file_not_found"
    assert bob.download(file_id).code == "file_not_found"
    assert ann.ask("listFiles").data == {"files": []}
    assert bob.ask("getChatHistory", chatId=chat_id).data["messages"] == [message]
    assert (keys(), File.of(ann.user_id), stored_bytes(ann)) == ([], [], 0)


def test_a_user_has_room_for_so_many_bytes(ann: Person, bob: Person, limit: Callable[[str], None]) -> None:
    limit('{"bytesPerUser": 10}')
    first = file_of(ann, b"12345")
    announce(ann, 5)
    for answer in (ann.upload(b"1"), ann.ask("createUpload", name="a", contentType=BYTES, size=1)):
        assert (answer.status, answer.code) == (413, "too_large")
    file_of(bob, b"1234567890")
    ann.ask("deleteFile", fileId=first)
    file_of(ann, b"12345")
    assert stored_bytes(ann) == 10


def test_a_user_uploads_so_often_a_day(ann: Person, bob: Person, clock: Clock, limit: Callable[[str], None]) -> None:
    limit('{"uploadsPerUser": 2}')
    file_of(ann)
    announce(ann, 5)
    answer = ann.upload()
    assert (answer.status, answer.code) == (429, "rate_limited")
    assert 0 < answer.problem["retryAfter"] <= 24 * 60 * 60
    file_of(bob)
    clock.advance(24 * 60 * 60)
    file_of(ann)


def test_who_is_no_more_is_told_so(ann: Person, gateway: Gateway) -> None:
    ann.ask("deleteUser")
    for answer in (ann.upload(), ann.ask("createUpload", name="a", contentType=BYTES, size=1)):
        assert (answer.status, answer.code) == (404, "user_not_found")
    assert File.of(ann.user_id) == []


def test_who_left_a_moment_ago_uploads_nothing(ann: Person) -> None:
    """A warm function may not know yet; the transaction does."""
    file_of(ann)
    User.mark_erased(ann.user_id)
    for answer in (ann.upload(), ann.ask("createUpload", name="a", contentType=BYTES, size=1)):
        assert (answer.status, answer.code) == (404, "user_not_found")
    assert len(File.of(ann.user_id)) == 1


@pytest.mark.parametrize("word", COMPLETION)
def test_two_completions_at_once_make_one_file(word: str, ann: Person, calls: Calls) -> None:
    """A line was lost, so the client asks again while its first request is still under way."""
    file_id = announce(ann, 5)
    put(f"uploads/{file_id}", b"12345")
    other: list[Answer] = []
    with calls.intercepted(meanwhile(word, lambda: other.append(ann.ask("completeUpload", fileId=file_id)))):
        answer = ann.ask("completeUpload", fileId=file_id)
    assert (answer.status, other[0].status) == (200, 200)
    assert answer.data == other[0].data
    assert bytes_of(ann.download(file_id)) == b"12345"
    assert keys() == [f"files/{file_id}"]


@pytest.mark.parametrize("word", COMPLETION)
def test_bytes_are_not_exchanged_once_they_were_looked_at(word: str, ann: Person, calls: Calls) -> None:
    """A form may be used again, at any moment: what a file says of itself is true of the bytes that it keeps."""
    file_id = announce(ann, 5)
    put(f"uploads/{file_id}", b"12345")
    other: list[Answer] = []

    def exchange() -> None:
        put(f"uploads/{file_id}", b"54321")
        other.append(ann.ask("completeUpload", fileId=file_id))

    with calls.intercepted(meanwhile(word, exchange)):
        answer = ann.ask("completeUpload", fileId=file_id)
    assert (answer.status, other[0].status) == (200, 200)
    assert answer.data == other[0].data
    assert hashlib.sha256(bytes_of(ann.download(file_id))).hexdigest() == answer.data["sha256"]


def test_wrong_bytes_give_way_to_right_ones_for_good(ann: Person, calls: Calls) -> None:
    file_id = announce(ann, 5, sha256=hashlib.sha256(b"12345").hexdigest())
    put(f"uploads/{file_id}", b"54321")
    others: list[Answer] = []

    def mend() -> None:
        others.append(ann.ask("completeUpload", fileId=file_id))
        put(f"uploads/{file_id}", b"12345")
        others.append(ann.ask("completeUpload", fileId=file_id))

    with calls.intercepted(meanwhile("DeleteObject", mend)):
        assert ann.ask("completeUpload", fileId=file_id).code == "conflict"
    assert [answer.status for answer in others] == [409, 200]
    assert bytes_of(ann.download(file_id)) == b"12345"


def test_who_signed_out_is_refused(ann: Person, clock: Clock) -> None:
    assert ann.ask("signOut").status == 204
    clock.advance(60)
    for answer in (ann.upload(), ann.ask("createUpload", name="a", contentType=BYTES, size=1), ann.download("f")):
        assert (answer.status, answer.code) == (401, "unauthenticated")


@pytest.mark.parametrize("leave", [User.sign_out, User.mark_erased])
def test_who_left_a_moment_ago_fetches_nothing(leave: Callable[[str], Any], ann: Person) -> None:
    """A download reads who asks each time, so a warm function does not go by what it remembers."""
    file_id = file_of(ann)
    assert ann.download(file_id).status == 200
    leave(ann.user_id)
    assert ann.download(file_id).code == "unauthenticated"


def test_who_leaves_takes_their_files_along(ann: Person, bob: Person, gateway: Gateway) -> None:
    chat_id = ann.start_chat(bob)
    file_id, kept = file_of(ann, PNG, content_type="image/png"), file_of(bob)
    sent(ann, chat_id, file_id)
    ann.ask("updateUser", avatarFileId=file_id)
    announce(ann, 5)
    announce(ann, MOST_FORM_BYTES + 1)
    ann.ask("deleteUser")
    assert gateway.work_off("EraseUser") == []
    assert keys() == [f"files/{kept}"]
    assert "Uploads" not in _client("s3").list_multipart_uploads(Bucket=storage.bucket())
    assert File.of(ann.user_id) == []
    user = _client("dynamodb").get_item(TableName="kaiwa-test-users", Key={"userId": {"S": ann.user_id}})["Item"]
    assert user.keys() == {"userId", "erasedAt", "signedOutAt"}
    assert bob.download(file_id).code == "file_not_found"


# Ended by time


def test_what_is_never_sent_ends(ann: Person, bob: Person, clock: Clock, gateway: Gateway) -> None:
    chat_id = ann.start_chat(bob)
    alone, with_others, shown = file_of(ann), file_of(ann), file_of(ann, PNG, content_type="image/png")
    unfinished = announce(ann, MOST_FORM_BYTES + 1)
    sent(ann, chat_id, with_others)
    ann.ask("updateUser", avatarFileId=shown)
    clock.advance(7 * 24 * 60 * 60 + 1)
    assert ann.download(alone).code == send(ann, chat_id, alone).code == "file_not_found"
    assert ann.ask("resumeUpload", fileId=unfinished).code == "file_not_found"
    assert {file["fileId"] for file in ann.ask("listFiles").data["files"]} == {with_others, shown}
    assert (bob.download(with_others).status, bob.download(shown).status) == (200, 200)
    for file_id in (alone, unfinished):
        end_by_time(gateway, file_id)
    assert keys() == sorted([f"files/{with_others}", f"files/{shown}"])
    assert stored_bytes(ann) == 5 + len(PNG)


def test_an_end_that_is_told_twice_counts_once(ann: Person, gateway: Gateway) -> None:
    file_of(ann)
    file_id = file_of(ann)
    image = image_of(file_id)
    end_by_time(gateway, file_id)
    assert gateway.end("files", image) == []
    assert stored_bytes(ann) == 5


def test_an_end_by_anybody_else_leads_to_nothing(ann: Person, gateway: Gateway, calls: Calls) -> None:
    file_id = file_of(ann)
    calls.clear()
    assert gateway.end("files", image_of(file_id), by={}) == []
    assert calls.words() == []


def test_an_end_that_fails_comes_again(ann: Person, gateway: Gateway, calls: Calls) -> None:
    image = image_of(file_of(ann))

    def fail(_call: Call, _proceed: Proceed) -> Any:
        raise storage.StorageError

    with calls.intercepted(fail):
        assert gateway.end("files", image) == [{"itemIdentifier": "111"}]


# Cut off


def nothing_is_left(gateway: Gateway, person: Person) -> None:
    """Let DynamoDB and S3 end what ends by itself, and see that it was all."""
    for file in File.of(person.user_id):
        if file.expires_at:
            end_by_time(gateway, file.file_id)
    s3 = _client("s3")
    for upload in s3.list_multipart_uploads(Bucket=storage.bucket()).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=storage.bucket(), Key=upload["Key"], UploadId=upload["UploadId"])
    assert [key for key in keys() if not key.startswith("uploads/")] == []
    assert stored_bytes(person) == 0


@WHEN
def test_an_upload_that_was_cut_off_leaves_nothing(after: bool, ann: Person, gateway: Gateway, calls: Calls) -> None:
    assert cut_off_everywhere(calls, after, ann.upload, lambda _: nothing_is_left(gateway, ann)) == 4


@WHEN
@pytest.mark.parametrize(("size", "cost"), [(5, 2), (MOST_FORM_BYTES + 1, 4)])
def test_an_announcement_that_was_cut_off_leaves_nothing(
    size: int, cost: int, after: bool, ann: Person, gateway: Gateway, calls: Calls
) -> None:
    fields = {"name": "a", "contentType": BYTES, "size": size}
    check: Callable[[int], None] = lambda _: nothing_is_left(gateway, ann)  # noqa: E731
    assert cut_off_everywhere(calls, after, lambda: ann.ask("createUpload", **fields), check) == cost


@WHEN
def test_a_completion_that_was_cut_off_is_completed(after: bool, ann: Person, calls: Calls) -> None:
    waiting: list[str] = []

    def begin() -> None:
        waiting.append(announce(ann, 5))
        put(f"uploads/{waiting[-1]}", b"12345")

    def check(_at: int) -> None:
        assert ann.ask("completeUpload", fileId=waiting[-1]).status == 200
        assert bytes_of(ann.download(waiting[-1])) == b"12345"
        begin()

    begin()
    assert cut_off_everywhere(calls, after, lambda: ann.ask("completeUpload", fileId=waiting[-1]), check) == 6


@WHEN
def test_a_deletion_that_was_cut_off_is_finished(after: bool, ann: Person, gateway: Gateway, calls: Calls) -> None:
    files = [file_of(ann, PNG, content_type="image/png")]
    ann.ask("updateUser", avatarFileId=files[0])

    def check(at: int) -> None:
        assert ann.ask("deleteFile", fileId=files[-1]).status in {204, 404}
        nothing_is_left(gateway, ann)
        assert "avatarFileId" not in ann.ask("getUser", userId="me").data
        files.append(file_of(ann, PNG, content_type="image/png"))
        ann.ask("updateUser", avatarFileId=files[-1])

    assert cut_off_everywhere(calls, after, lambda: ann.ask("deleteFile", fileId=files[-1]), check) == 7


@WHEN
def test_a_message_with_a_file_that_was_cut_off_is_whole_or_not_there(
    after: bool, ann: Person, bob: Person, calls: Calls
) -> None:
    chat_id = ann.start_chat(bob)
    tries: list[str] = [file_of(ann)]

    def ask() -> Any:
        return send(ann, chat_id, tries[-1], clientMessageId=tries[-1])

    def check(_at: int) -> None:
        seen = [message["fileIds"] for message in bob.ask("getChatHistory", chatId=chat_id).data["messages"]]
        assert ([tries[-1]] in seen) == (bob.download(tries[-1]).status == 200)
        assert ask().status in {200, 201}
        seen = [message["fileIds"] for message in bob.ask("getChatHistory", chatId=chat_id).data["messages"]]
        assert seen == [[one] for one in tries]
        assert bob.download(tries[-1]).status == 200
        assert len(File.get(tries[-1]).sent) == 1
        tries.append(file_of(ann))

    assert cut_off_everywhere(calls, after, ask, check) == 4
