"""Files that are scanned before others see them, where the stage's setting says so."""

from io import StringIO
from typing import Any

import pytest

from adapters import storage
from core.bus import ListenerError
from core.settings import settings
from domain import scans
from models.accounts import User
from models.files import File
from tests.calls import Call, Calls, Proceed
from tests.conftest import Clock, _client
from tests.gateway import Gateway
from tests.integration.test_crashes import WHEN, cut_off_everywhere
from tests.integration.test_files import (
    announce,
    end_by_time,
    file_of,
    image_of,
    keys,
    nothing_is_left,
    put,
    send,
    sent,
    stored_bytes,
)
from tests.integration.test_thumbnails import PICTURE, arrived
from tests.people import Person

CLEAN = "NO_THREATS_FOUND"
INFECTED = "THREATS_FOUND"

DELETED = ["DeleteObject"] * 3
LISTED = "BatchGetItem connections"


@pytest.fixture
def scanning(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALWARE_SCAN", "true")
    settings.cache_clear()


@pytest.mark.usefixtures("scanning")
def test_others_see_a_file_once_it_is_known_to_be_clean(gateway: Gateway, ann: Person, bob: Person) -> None:
    """The message goes at once, as people expect; what came with it follows."""
    sockets = {person: person.open_socket() for person in (ann, bob)}
    uploaded = ann.upload().data
    file_id = uploaded["fileId"]
    assert uploaded["scanState"] == "pending"
    assert ann.download(file_id).data["file"] == uploaded
    message = sent(ann, ann.start_chat(bob), file_id)
    assert message["fileIds"] == [file_id]
    assert bob.download(file_id).code == "file_not_found"
    assert send(bob, bob.start_chat(ann), file_id).code == "file_not_found"
    for socket in sockets.values():
        socket.take()
    assert gateway.scan(file_id, CLEAN) == ["JudgeFile"]
    for person, socket in sockets.items():
        assert socket.take() == [{"type": "file.updated", "fileId": file_id}]
        assert "scanState" not in person.download(file_id).data["file"]
    assert send(bob, bob.start_chat(ann), file_id).status == 201


@pytest.mark.usefixtures("scanning")
def test_an_infected_file_is_gone_and_its_owner_hears_why(
    gateway: Gateway, ann: Person, bob: Person, eve: Person
) -> None:
    file_id = arrived(gateway, ann)
    chat_id = ann.start_chat(bob)
    message = sent(ann, chat_id, file_id)
    sockets = {person: person.open_socket() for person in (ann, bob, eve)}
    for socket in sockets.values():
        socket.take()
    gateway.scan(file_id, INFECTED)
    told, updated = sockets[ann].take()
    assert updated == {"type": "file.updated", "fileId": file_id}
    assert told["type"] == "file.infected"
    assert (told["file"]["fileId"], told["file"]["scanState"]) == (file_id, "infected")
    assert sockets[bob].take() == [updated]
    assert sockets[eve].take() == []
    assert keys() == []
    for person in (ann, bob):
        assert person.download(file_id).code == "file_not_found"
    assert send(ann, chat_id, file_id).code == "file_not_found"
    assert bob.ask("getChatHistory", chatId=chat_id).data["messages"] == [message]
    (listed,) = ann.ask("listFiles").data["files"]
    assert listed == told["file"]
    assert "width" not in listed


@pytest.mark.usefixtures("scanning")
@pytest.mark.parametrize("by_hand", [True, False])
def test_an_infected_file_takes_room_until_it_is_deleted_or_ends(
    by_hand: bool, gateway: Gateway, ann: Person, bob: Person, clock: Clock
) -> None:
    file_id = file_of(ann)
    sent(ann, ann.start_chat(bob), file_id)
    gateway.scan(file_id, INFECTED)
    assert stored_bytes(ann) == 5
    if by_hand:
        assert ann.ask("deleteFile", fileId=file_id).status == 204
    else:
        clock.advance(7 * 24 * 60 * 60 + 1)
        assert ann.ask("listFiles").data == {"files": []}
        end_by_time(gateway, file_id)
    assert stored_bytes(ann) == 0


@pytest.mark.usefixtures("scanning")
def test_infected_is_the_last_word(gateway: Gateway, ann: Person) -> None:
    file_id = file_of(ann)
    tag = storage_tag(file_id)
    for result in (CLEAN, INFECTED, CLEAN):
        gateway.scan(file_id, result, tag)
    assert image_of(file_id)["scanState"] == {"S": "infected"}


@pytest.mark.usefixtures("scanning")
def test_a_result_for_other_bytes_says_nothing(gateway: Gateway, ann: Person, calls: Calls) -> None:
    """What was copied first may have been clean, and what was copied over it is another thing."""
    file_id = file_of(ann)
    tag = storage_tag(file_id)
    put(f"files/{file_id}", b"evil!")
    calls.clear()
    gateway.scan(file_id, CLEAN, tag)
    assert calls.words() == ["HeadObject"]
    assert image_of(file_id)["scanState"] == {"S": "pending"}


@pytest.mark.usefixtures("scanning")
@pytest.mark.parametrize(("result", "state"), [(CLEAN, None), (INFECTED, "infected")])
def test_a_result_may_be_there_before_its_file_is_known_to_be(
    result: str, state: str | None, gateway: Gateway, ann: Person, calls: Calls
) -> None:
    file_id = announce(ann, 5)
    put(f"uploads/{file_id}", b"12345")

    def meanwhile(call: Call, proceed: Proceed) -> Any:
        answer = proceed()
        if call.operation == "HeadObject" and call.parameters["Key"] == f"files/{file_id}":
            with calls.aside():
                judge(file_id, result)
        return answer

    with calls.intercepted(meanwhile):
        completed = ann.ask("completeUpload", fileId=file_id)
    assert (completed.status, completed.data.get("scanState")) == (200, state)
    assert ann.download(file_id).status == (404 if state else 200)


@pytest.mark.usefixtures("scanning")
@pytest.mark.parametrize(
    ("result", "metric"),
    [
        ("UNSUPPORTED", "files_unsupported"),
        ("ACCESS_DENIED", "scans_failed"),
        ("FAILED", "scans_failed"),
        ("SOMETHING_NEW", "scans_failed"),
    ],
)
def test_what_could_not_be_scanned_stays_its_owners_alone(
    result: str,
    metric: str,
    gateway: Gateway,
    ann: Person,
    bob: Person,
    log: StringIO,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file_id = file_of(ann)
    sent(ann, ann.start_chat(bob), file_id)
    capsys.readouterr()
    gateway.scan(file_id, result)
    assert metric in capsys.readouterr().out
    assert (f'"fileId":"{file_id}","result":"{result}"' in log.getvalue()) == (metric == "scans_failed")
    assert (ann.download(file_id).status, bob.download(file_id).status) == (200, 404)


@pytest.mark.usefixtures("scanning")
def test_a_picture_is_shown_to_everybody_once_it_is_clean(gateway: Gateway, ann: Person, eve: Person) -> None:
    file_id = arrived(gateway, ann)
    answer = ann.ask("updateUser", avatarFileId=file_id)
    assert (answer.status, answer.code) == (409, "conflict")
    gateway.scan(file_id, CLEAN)
    assert ann.ask("updateUser", avatarFileId=file_id).status == 200
    assert eve.download(file_id).status == 200
    # Somebody had it scanned again, and more is known by now.
    gateway.scan(file_id, INFECTED)
    assert eve.download(file_id).code == "file_not_found"
    assert "avatarFileId" not in eve.ask("getUser", userId=ann.user_id).data


@pytest.mark.usefixtures("scanning")
def test_a_thumbnail_that_comes_late_does_not_outlive_an_infected_picture(
    gateway: Gateway, ann: Person, calls: Calls
) -> None:
    file_id = file_of(ann, PICTURE, content_type="image/png")

    def meanwhile(call: Call, proceed: Proceed) -> Any:
        if call.operation == "PutObject":
            with calls.aside():
                File.condemn(file_id)
                _client("s3").delete_object(Bucket=storage.bucket(), Key=f"files/{file_id}")
        return proceed()

    with calls.intercepted(meanwhile):
        gateway.arrive(file_id, len(PICTURE))
    assert keys() == []


@pytest.mark.usefixtures("scanning")
def test_a_result_for_a_file_that_is_gone_makes_none(gateway: Gateway, ann: Person, calls: Calls) -> None:
    file_id = file_of(ann)
    ann.ask("deleteFile", fileId=file_id)
    for result, cost in ((CLEAN, ["HeadObject"]), (INFECTED, ["UpdateItem files"])):
        calls.clear()
        gateway.scan(file_id, result)
        assert calls.words() == cost
    assert "Item" not in _client("dynamodb").get_item(TableName="kaiwa-test-files", Key={"fileId": {"S": file_id}})


@pytest.mark.usefixtures("scanning")
def test_what_a_result_costs(gateway: Gateway, ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    for result, cost in (
        (CLEAN, ["HeadObject", "UpdateItem files", "BatchGetItem chats", LISTED]),
        (INFECTED, ["UpdateItem files", *DELETED, LISTED, "BatchGetItem chats", LISTED]),
    ):
        file_id = file_of(ann)
        sent(ann, chat_id, file_id)
        calls.clear()
        gateway.scan(file_id, result)
        assert calls.words() == cost


@pytest.mark.usefixtures("scanning")
def test_a_result_that_fails_comes_again(gateway: Gateway, ann: Person, calls: Calls) -> None:
    file_id = file_of(ann)

    def fail(call: Call, proceed: Proceed) -> Any:
        if call.operation == "DeleteObject":
            raise storage.StorageError
        return proceed()

    with calls.intercepted(fail), pytest.raises(ListenerError):
        gateway.scan(file_id, INFECTED)
    # What could not be deleted yet is nobody's already.
    assert ann.download(file_id).code == "file_not_found"
    gateway.scan(file_id, INFECTED)
    assert keys() == []


@WHEN
@pytest.mark.usefixtures("scanning")
def test_a_condemnation_that_was_cut_off_is_finished(after: bool, gateway: Gateway, ann: Person, calls: Calls) -> None:
    files = [arrived(gateway, ann)]
    socket = ann.open_socket()

    def check(_at: int) -> None:
        socket.take()
        gateway.scan(files[-1], INFECTED)
        assert [one["type"] for one in socket.take()] == ["file.infected", "file.updated"]
        assert keys() == []
        assert ann.download(files[-1]).code == "file_not_found"
        ann.ask("deleteFile", fileId=files[-1])
        nothing_is_left(gateway, ann)
        files.append(arrived(gateway, ann))

    # Note it, delete three objects, and twice who is connected and a push.
    assert cut_off_everywhere(calls, after, lambda: gateway.scan(files[-1], INFECTED), check) == 8


def test_without_a_scanner_a_file_is_clean_at_once(ann: Person, bob: Person) -> None:
    uploaded = ann.upload().data
    assert "scanState" not in uploaded
    sent(ann, ann.start_chat(bob), uploaded["fileId"])
    assert bob.download(uploaded["fileId"]).status == 200
    assert User.get(ann.user_id).file_bytes == 5


def storage_tag(file_id: str) -> str:
    return _client("s3").head_object(Bucket=storage.bucket(), Key=f"files/{file_id}")["ETag"].strip('"')


def judge(file_id: str, result: str) -> None:
    """Judge while another function runs."""
    scans.judge(file_id, storage_tag(file_id), result)
