"""Thumbnails: made of pictures that have come, for whom the picture is, and for no longer than the picture."""

from io import BytesIO, StringIO
from typing import Any

import pytest
from PIL import Image

from adapters import storage
from core.bus import ListenerError
from models.files import PENDING, File
from tests.calls import Call, Calls, Proceed
from tests.conftest import Clock, _client
from tests.gateway import Gateway
from tests.integration.test_crashes import WHEN, cut_off_everywhere
from tests.integration.test_files import announce, end_by_time, file_of, image_of, keys, nothing_is_left, put, sent
from tests.people import Person
from tests.pictures import png

PICTURE = png(600, 300)


def picture_of(person: Person, content: bytes = PICTURE) -> str:
    return file_of(person, content, content_type="image/png")


def arrived(gateway: Gateway, person: Person, content: bytes = PICTURE) -> str:
    """Upload a picture and let its thumbnail be made."""
    file_id = picture_of(person, content)
    assert gateway.arrive(file_id, len(content)) == ["MakeThumbnail"]
    return file_id


def test_a_picture_gets_a_thumbnail_and_who_may_see_it_is_told(
    gateway: Gateway, ann: Person, bob: Person, eve: Person
) -> None:
    sockets = {person: person.open_socket() for person in (ann, bob, eve)}
    file_id = picture_of(ann)
    sent(ann, ann.start_chat(bob), file_id)
    assert "thumbnailUrl" not in ann.download(file_id).data
    for socket in sockets.values():
        socket.take()
    gateway.arrive(file_id, len(PICTURE))
    for person in (ann, bob):
        assert sockets[person].take() == [{"type": "file.updated", "fileId": file_id}]
        download = person.download(file_id).data
        assert (download["file"]["width"], download["file"]["height"]) == (600, 300)
        assert f"/thumbnails/{file_id}?" in download["thumbnailUrl"]
        assert "response-content-type=image%2Fwebp" in download["thumbnailUrl"]
        assert "attachment" in download["thumbnailUrl"]
        assert "X-Amz-Expires=300&" in download["thumbnailUrl"]
    assert sockets[eve].take() == []
    assert eve.download(file_id).code == "file_not_found"
    (listed,) = ann.ask("listFiles").data["files"]
    assert listed == download["file"]
    stored = _client("s3").get_object(Bucket=storage.bucket(), Key=f"thumbnails/{file_id}")
    assert stored["ContentType"] == "image/webp"
    with Image.open(BytesIO(stored["Body"].read())) as thumbnail:
        assert (thumbnail.format, thumbnail.size) == ("WEBP", (320, 160))


def test_what_a_thumbnail_costs(gateway: Gateway, ann: Person, bob: Person, calls: Calls) -> None:
    file_id = picture_of(ann)
    calls.clear()
    gateway.arrive(file_id, len(PICTURE))
    made = ["GetObject", "GetObject", "PutObject", "UpdateItem files"]
    assert calls.words() == [*made, "BatchGetItem connections"]
    sent(ann, ann.start_chat(bob), file_id)
    calls.clear()
    gateway.arrive(file_id, len(PICTURE))
    assert calls.words() == [*made, "BatchGetItem chats", "BatchGetItem connections"]
    together = "BatchGetItem files users"
    for person, cost in ((ann, [together]), (bob, [together, "BatchGetItem memberships"])):
        calls.clear()
        person.download(file_id)
        assert calls.words() == cost


def test_what_is_no_picture_is_left_alone(gateway: Gateway, ann: Person, calls: Calls) -> None:
    file_id = file_of(ann, b"hello")
    socket = ann.open_socket()
    calls.clear()
    gateway.arrive(file_id, 5)
    assert calls.words() == ["GetObject"]
    assert (keys(), socket.take()) == ([f"files/{file_id}"], [])


@pytest.mark.parametrize("broken", [PICTURE[:100], PICTURE[:-1000], PICTURE[:24] + b"\xff" * 8 + PICTURE[32:]])
def test_a_broken_picture_has_no_thumbnail_and_harms_nobody(broken: bytes, gateway: Gateway, ann: Person) -> None:
    file_id = picture_of(ann, broken)
    gateway.arrive(file_id, len(broken))
    assert keys() == [f"files/{file_id}"]
    download = ann.download(file_id)
    assert (download.status, "width" in download.data["file"], "thumbnailUrl" in download.data) == (200, False, False)


def test_a_thumbnail_may_be_there_before_its_file_is_known_to_be(gateway: Gateway, ann: Person, calls: Calls) -> None:
    """S3 tells at once, and another function is told before the one that uploads has noted it."""
    file_id = announce(ann, len(PICTURE))
    put(f"uploads/{file_id}", PICTURE)
    put(f"files/{file_id}", PICTURE)
    socket = ann.open_socket()
    gateway.arrive(file_id, len(PICTURE))
    assert socket.take() == []
    completed = ann.ask("completeUpload", fileId=file_id)
    assert completed.data["contentType"] == "image/png"
    assert (completed.data["width"], completed.data["height"]) == (600, 300)
    assert "thumbnailUrl" in ann.download(file_id).data


def test_a_picture_of_everybodys_has_a_thumbnail_for_everybody(gateway: Gateway, ann: Person, eve: Person) -> None:
    file_id = arrived(gateway, ann)
    ann.ask("updateUser", avatarFileId=file_id)
    assert "thumbnailUrl" in eve.download(file_id).data
    ann.ask("updateUser", avatarFileId=None)
    assert eve.download(file_id).code == "file_not_found"


def test_a_thumbnail_is_for_whom_the_picture_is(gateway: Gateway, ann: Person, bob: Person) -> None:
    file_id = arrived(gateway, ann)
    chat_id = ann.start_chat(bob)
    message = sent(ann, chat_id, file_id)
    assert "thumbnailUrl" in bob.download(file_id).data
    File(file_id).update([File.scan_state.set(PENDING)])
    assert bob.download(file_id).code == "file_not_found"
    assert "thumbnailUrl" in ann.download(file_id).data
    ann.ask("deleteMessage", chatId=chat_id, messageId=message["messageId"])
    assert bob.download(file_id).code == "file_not_found"


def test_a_thumbnail_goes_with_its_picture(gateway: Gateway, ann: Person, bob: Person, clock: Clock) -> None:
    for person in (ann, bob):
        deleted, ended = arrived(gateway, person), arrived(gateway, person)
        assert len(keys()) == 4
        person.ask("deleteFile", fileId=deleted)
        end_by_time(gateway, ended)
        assert keys() == []
    arrived(gateway, ann)
    ann.ask("deleteUser")
    assert gateway.work_off("EraseUser") == []
    assert keys() == []


def test_thumbnails_take_none_of_the_owners_room(gateway: Gateway, ann: Person) -> None:
    arrived(gateway, ann)
    user = _client("dynamodb").get_item(TableName="kaiwa-test-users", Key={"userId": {"S": ann.user_id}})["Item"]
    assert user["fileBytes"] == {"N": str(len(PICTURE))}


def test_a_picture_that_is_deleted_meanwhile_leaves_no_thumbnail(gateway: Gateway, ann: Person, calls: Calls) -> None:
    file_id = picture_of(ann)

    def meanwhile(call: Call, proceed: Proceed) -> Any:
        if call.operation == "PutObject":
            with calls.aside():
                File(file_id).mark_deleted()
        return proceed()

    with calls.intercepted(meanwhile):
        gateway.arrive(file_id, len(PICTURE))
    assert keys() == [f"files/{file_id}"]
    assert ann.ask("deleteFile", fileId=file_id).status == 204
    assert keys() == []


@pytest.mark.parametrize(
    ("folder", "size", "hears"),
    [
        ("files", 1, ["MakeThumbnail"]),
        ("files", 32 * 1024**2, ["MakeThumbnail"]),
        ("files", 32 * 1024**2 + 1, []),
        ("files", 0, []),
        ("uploads", 1, []),
        ("thumbnails", 1, []),
    ],
)
def test_only_what_may_be_a_picture_wakes_the_function(
    folder: str, size: int, hears: list[str], gateway: Gateway
) -> None:
    assert gateway.arrive("f", size, folder) == hears


def test_what_fails_comes_again_and_the_log_tells_no_more_than_its_kind(
    gateway: Gateway, ann: Person, calls: Calls, log: StringIO
) -> None:
    file_id = picture_of(ann)

    def fail(call: Call, proceed: Proceed) -> Any:
        if call.operation == "PutObject":
            raise storage.StorageError("what the inside says")
        return proceed()

    with calls.intercepted(fail), pytest.raises(ListenerError) as raised:
        gateway.arrive(file_id, len(PICTURE))
    assert str(raised.value) == "StorageError"
    assert "the inside" not in log.getvalue()
    assert "StorageError" in log.getvalue()
    gateway.arrive(file_id, len(PICTURE))
    assert "thumbnailUrl" in ann.download(file_id).data


@WHEN
def test_a_thumbnail_that_was_cut_off_is_made_again(after: bool, gateway: Gateway, ann: Person, calls: Calls) -> None:
    files = [picture_of(ann)]

    def check(_at: int) -> None:
        gateway.arrive(files[-1], len(PICTURE))
        assert "thumbnailUrl" in ann.download(files[-1]).data
        ann.ask("deleteFile", fileId=files[-1])
        assert keys() == []
        files.append(picture_of(ann))

    ask = lambda: gateway.arrive(files[-1], len(PICTURE))  # noqa: E731
    assert cut_off_everywhere(calls, after, ask, check) == 5


@WHEN
def test_a_thumbnail_cut_off_while_its_picture_is_deleted_leaves_nothing(
    after: bool, gateway: Gateway, ann: Person, calls: Calls
) -> None:
    """Lambda tells the function again, which then finds nothing to make a thumbnail of."""
    files = [picture_of(ann)]

    def check(_at: int) -> None:
        ann.ask("deleteFile", fileId=files[-1])
        put(f"thumbnails/{files[-1]}", b"left behind")
        gateway.arrive(files[-1], len(PICTURE))
        nothing_is_left(gateway, ann)
        files.append(picture_of(ann))

    ask = lambda: gateway.arrive(files[-1], len(PICTURE))  # noqa: E731
    cut_off_everywhere(calls, after, ask, check)
    assert "width" not in image_of(picture_of(ann))
