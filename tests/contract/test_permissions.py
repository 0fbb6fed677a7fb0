"""Each function may do what it does, and does what it may.

The first half holds in every test of handlers here: a call that resources/permissions.yml does not allow is refused as
IAM would refuse it. This is the second half: one conversation that needs every permission there is.
"""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from adapters import storage
from adapters.sockets import Outcome
from core.settings import settings
from domain import admission, call_states, moves
from domain.call_states import Leave
from domain.files import MOST_COPIED_BYTES, MOST_FORM_BYTES
from models.calls import Call as StoredCall
from models.files import File
from tests import template
from tests.calls import Call, Calls, Crash, Death, Proceed, needed
from tests.conftest import Clock
from tests.gateway import Gateway, Socket
from tests.integration.test_chats import crowd
from tests.integration.test_files import PNG, announce, image_of, put
from tests.people import PASSWORD, SOCKET, Person, visit
from tests.pictures import png

FOLLOWING = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
"""What Lambda does in a function's name to feed it from a stream (its guide, "Using Lambda with Amazon DynamoDB")."""

POLLING = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
"""What Lambda does in a function's name to feed it from a queue (Lambda's guide, "Using Lambda with Amazon SQS")."""


def test_every_permission_is_used(
    gateway: Gateway,
    calls: Calls,
    clock: Clock,
    confirm_mail: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "FRESH_SECONDS", 0)
    register_by_every_way(gateway, calls, confirm_mail)
    ann, bob = Person.register(gateway, "ann"), Person.register(gateway, "bob")
    change_everything(gateway, ann, Person.register(gateway, "hal"))

    ann.ask("getUser", userId="me")
    ann.ask("findUsers", username="b")
    sockets = [bob.open_socket() for _ in range(3)]
    sockets.pop().close()

    # A chat is announced to a socket that is gone, and so is a message.
    clock.advance(10)
    sockets.pop().lose()
    chat_id = ann.start_chat(bob)
    assert ann.start_chat(bob) == chat_id
    message = ann.say(chat_id, "hi", SOCKET, clientMessageId="m1")
    ann.say(chat_id, "hi", SOCKET, clientMessageId="m1")
    sockets.pop().lose()
    ann.say(chat_id, "and?", replyTo=message["messageId"])
    ann.ask("createChat", kind="group", memberIds=crowd(100))
    ann.ask("listChats")
    ann.ask("getChat", chatId=chat_id)
    ann.ask("getChatHistory", chatId=chat_id)
    ann.ask("getEvents", chatId=chat_id)
    ann.ask("markRead", chatId=chat_id, seq=1)
    ann.ask("markRead", chatId=chat_id, seq=1)
    ann.ask("getPresence", userIds=[bob.user_id])

    tell_who_is_gone(ann, bob, clock, message)
    call_each_other(gateway, ann, bob, calls, clock)
    bring_files(gateway, ann, bob, calls)
    look_at_files(gateway, ann, bob, clock, monkeypatch)
    with_the_queue(gateway, ann, bob, clock, monkeypatch)
    leave_by_every_way(gateway, ann, bob, monkeypatch)
    watch(gateway)

    assert used(calls) == template.permissions()
    check_each_is_missed(calls, monkeypatch)


def used(calls: Calls) -> dict[str, set[tuple[str, str]]]:
    """Return what each function needed, and what Lambda does in its name to feed it."""
    found = {name: calls.needed.get(name, set()) for name in template.functions()}
    for name, function in template.functions().items():
        for event in function.get("events", []):
            if "sqs" in event:
                queue, _ = event["sqs"]["arn"]["Fn::GetAtt"]
                found[name] |= {(f"sqs:{action}", queue) for action in POLLING}
            if "stream" in event:
                table, _ = event["stream"]["arn"]["Fn::GetAtt"]
                found[name] |= {(f"dynamodb:{action}", f"{table}/stream") for action in FOLLOWING}
    return found


def tell_who_is_gone(ann: Person, bob: Person, clock: Clock, message: dict[str, Any]) -> None:
    """What is told of a change, a coming and a going finds a socket that is gone."""

    def lose_one() -> None:
        bob.open_socket().lose()
        clock.advance(10)

    lose_one()
    ann.ask("editMessage", chatId=message["chatId"], messageId=message["messageId"], text="hello")
    ann.standing_socket.close()
    lose_one()
    last = ann.open_socket()
    lose_one()
    last.close()
    group = ann.ask("createChat", kind="group", memberIds=[bob.user_id]).data["chatId"]
    ann.ask("removeMember", chatId=group, userId=bob.user_id)


def watch(gateway: Gateway) -> None:
    # It reads who it is, and finds that it is nobody.
    assert gateway.invoke("Canary", {}) == {"succeeded": False}
    # Inspector does not look yet, and there is something to be done.
    gateway.inventory.published["msgspec"] = {"info": {"version": "99.0"}}
    assert gateway.invoke("AuditStack", {})["opened"] == 1


def check_each_is_missed(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the permissions away one by one, and see the conversation fail without each of them."""
    everything = {(name, permission) for name, allowed in template.permissions().items() for permission in allowed}
    unmissed = {(name, one) for name, one in everything if not refused_without(calls, name, one, monkeypatch)}
    # What Lambda does in a function's name to feed it happens in no call of ours; the end-to-end tests need it.
    assert {permission[0].partition(":")[2] for _, permission in unmissed} <= {*POLLING, *FOLLOWING}
    calls.denied.clear()


def refused_without(calls: Calls, function: str, permission: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Take one permission away, and say whether a call of the conversation is then refused."""
    allowed = template.permissions()
    less = {**allowed, function: allowed[function] - {permission}}
    with monkeypatch.context() as without:
        without.setattr(template, "permissions", lambda: less)
        for call in list(calls.checked):
            if call.function == function and permission in needed(call):
                with pytest.raises(ClientError, match="may not"):
                    calls.check(call)
                return True
    return False


def register_by_every_way(gateway: Gateway, calls: Calls, confirm_mail: Callable[[bool], None]) -> None:
    """Two are cut off before they could be used, one is refused, and one is mended by the log-in."""
    dan = {"username": "dan", "email": "dan@example.com", "password": PASSWORD}
    with calls.intercepted(Death(3, after=True)), pytest.raises(Crash):
        visit(gateway, "registerUser", **dan)
    assert visit(gateway, "registerUser", **{**dan, "password": "Wrong-Horse-9"}).status == 409
    assert visit(gateway, "logIn", email=dan["email"], password=PASSWORD).status == 200
    with calls.intercepted(Death(4, after=True)), pytest.raises(Crash):
        visit(gateway, "registerUser", username="fay", email="fay@example.com", password=PASSWORD)
    set_password(gateway, "fay@example.com")
    confirm_mail(True)
    visit(gateway, "registerUser", username="gus", email="gus@example.com", password=PASSWORD)
    visit(gateway, "resendConfirmation", email="gus@example.com")
    confirm_mail(False)


def call_each_other(gateway: Gateway, ann: Person, bob: Person, calls: Calls, clock: Clock) -> None:
    """Call, answer, tell each other things, and hang up; reject; ring out; and find sockets that are gone."""

    def call(caller: Person, *callees: Person, **fields: Any) -> str:
        whom = {"calleeIds": [one.user_id for one in callees]} if callees else {}
        return caller.ask("startCall", kind="audio", **whom, **fields).data["callId"]

    def gone(*people: Person) -> None:
        for one in people:
            one.open_socket().lose()
        clock.advance(10)

    gone(ann, bob)
    desk = ann.open_socket("desk")
    call_id = call(ann, bob)
    gone(ann)
    sent = {"callId": call_id, "toUserId": bob.user_id, "signal": {"candidate": None}}
    desk.ask("sendSignal", **sent)
    phone = bob.open_socket("phone")
    gateway.work_off("WatchCall")
    assert phone.ask("acceptCall", callId=call_id).status == 200
    gone(ann)
    assert phone.ask("endCall", callId=call_id).status == 200
    ann.ask("getCall", callId=call_id)
    ann.ask("listCalls")
    ann.ask("getIceServers")
    # The other one calls already; and the call is of a chat.
    gone(bob)
    sent["callId"] = call(ann, bob)
    desk.ask("sendSignal", **sent)
    gone(bob)
    call_id = call(bob, ann, deviceId="phone")
    gone(ann)
    bob.ask("rejectCall", callId=call_id)
    bob.ask("endCall", callId=call_id)
    call_id = call(ann, chatId=ann.start_chat(bob))
    desk.ask("sendSignal", **{**sent, "callId": call_id})
    gone(ann)
    bob.ask("rejectCall", callId=call_id)
    # Nobody answers, and nobody hangs up; somebody is told something when it is over.
    call_id = call(ann, bob)
    desk.ask("sendSignal", **{**sent, "callId": call_id})
    gone(bob)
    clock.advance(45)
    assert gateway.work_off("WatchCall") == []
    # In their call, one loses the socket and is back.
    call_id = call(ann, bob)
    phone.ask("acceptCall", callId=call_id)
    phone.close()
    desk.ask("sendSignal", **{**sent, "callId": call_id})
    phone = bob.open_socket("phone")
    assert gateway.work_off("WatchCall") == []
    # They lose it again, and who tells them something finds that.
    phone.lose()
    clock.advance(10)
    desk.ask("sendSignal", **{**sent, "callId": call_id})
    assert gateway.work_off("DeliverEvents") == []
    ann.ask("endCall", callId=call_id)
    tell_what_is_kept(desk, ann, bob, calls, clock)
    for socket in (desk, bob.open_socket("phone")):
        socket.close()


def tell_what_is_kept(desk: Socket, ann: Person, bob: Person, calls: Calls, clock: Clock) -> None:
    """Have what a peer is told deleted: by who hangs up, and by who keeps it when the call has ended already."""

    def call() -> str:
        return ann.ask("startCall", kind="audio", calleeIds=[bob.user_id]).data["callId"]

    sent = {"toUserId": bob.user_id, "signal": {"candidate": None}}
    call_id = call()
    ended: list[bool] = []

    def end_meanwhile(made: Call, proceed: Proceed) -> object:
        if str(made) == "UpdateItem signals":
            with calls.aside():
                stored = StoredCall.get(call_id)
                after, _ = call_states.apply(moves.read(stored), Leave(ann.user_id), clock.milliseconds())
                ended.append(stored.change(moves.written(after)))
        return proceed()

    with calls.intercepted(end_meanwhile):
        desk.ask("sendSignal", **{**sent, "callId": call_id})
    assert ended == [True]
    call_id = call()
    desk.ask("sendSignal", **{**sent, "callId": call_id})
    ann.ask("endCall", callId=call_id)


def call_by_the_queue(gateway: Gateway, ann: Person, bob: Person, clock: Clock) -> None:
    """Call while every frame goes by the queue: answer and hang up, reject, and ring out."""
    sockets = [ann.open_socket(), bob.open_socket()]
    for ending in ("endCall", "rejectCall", None):
        call_id = ann.ask("startCall", kind="audio", calleeIds=[bob.user_id]).data["callId"]
        if ending == "endCall":
            bob.ask("acceptCall", callId=call_id)
        if ending:
            bob.ask(ending, callId=call_id)
    clock.advance(45)
    assert gateway.work_off("WatchCall") == []
    for socket in sockets:
        socket.close()


def bring_files(gateway: Gateway, ann: Person, bob: Person, calls: Calls) -> None:
    """Bring files by every way, send, show and delete them, and let some end by themselves."""
    picture = ann.upload(PNG, "a.png", "image/png").data["fileId"]
    ann.ask("updateUser", avatarFileId=picture)
    chat_id = ann.start_chat(bob)
    plain = ann.upload().data["fileId"]
    message = ann.ask("sendMessage", chatId=chat_id, fileIds=[picture, plain]).data
    assert bob.download(plain).status == 200
    bob.ask("sendMessage", chatId=chat_id, fileIds=[plain])
    ann.ask("deleteMessage", chatId=chat_id, messageId=message["messageId"])
    ann.ask("listFiles")
    ann.ask("deleteFile", fileId=picture)
    announce(ann, 0)
    small, large, huge = announce(ann, 5), announce(ann, 2 * MOST_FORM_BYTES), announce(ann, 2 * MOST_COPIED_BYTES)
    put(f"uploads/{small}", b"12345")
    assert ann.ask("completeUpload", fileId=small).status == 200
    for file_id in (large, huge):
        ann.ask("resumeUpload", fileId=file_id)
        gateway.end("files", image_of(file_id))
        ann.ask("deleteFile", fileId=file_id)

    def delete_meanwhile(call: Call, proceed: Proceed) -> object:
        if call.operation == "PutObject":
            with calls.aside():
                File.get(call.parameters["Key"].removeprefix("files/")).mark_deleted()
        return proceed()

    with calls.intercepted(delete_meanwhile):
        assert ann.upload().status == 404

    def fail(call: Call, proceed: Proceed) -> object:
        if call.operation == "PutObject":
            raise storage.StorageError
        return proceed()

    with calls.intercepted(fail):
        assert ann.upload().status == 503


def look_at_files(gateway: Gateway, ann: Person, bob: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make thumbnails and judge what was scanned, while somebody told of it is gone, or only the queue reaches them."""
    content = png(40, 20)
    chat_id = ann.start_chat(bob)
    for direct in ("100", "0"):
        file_id = ann.upload(content, "a.png", "image/png").data["fileId"]
        ann.ask("sendMessage", chatId=chat_id, fileIds=[file_id])
        ann.ask("updateUser", avatarFileId=file_id)
        for act in (
            lambda: gateway.arrive(file_id, len(content)),  # noqa: B023
            lambda: gateway.scan(file_id, "NO_THREATS_FOUND"),  # noqa: B023
            lambda: gateway.scan(file_id, "THREATS_FOUND"),  # noqa: B023
        ):
            bob.open_socket().lose()
            clock.advance(10)
            monkeypatch.setenv("DIRECT_SOCKETS", direct)
            settings.cache_clear()
            act()
            monkeypatch.setenv("DIRECT_SOCKETS", "100")
            settings.cache_clear()
        ann.download(file_id)
    deleted = ann.upload(content, "a.png", "image/png").data["fileId"]
    gateway.arrive(deleted, len(content))
    ann.download(deleted)
    ann.ask("deleteFile", fileId=deleted)
    gateway.arrive(deleted, len(content))


def set_password(gateway: Gateway, email: str) -> None:
    """Set a password anew, which also makes an account whole whose registration was cut off."""
    visit(gateway, "forgotPassword", email=email)
    code = gateway.code_to(email)
    assert visit(gateway, "resetPassword", email=email, code=code, password=PASSWORD).status == 204


def change_everything(gateway: Gateway, ann: Person, hal: Person) -> None:
    ann.ask("updateUser", displayName="Ann")
    ann.ask("getIceServers")
    hal.ask("blockUser", userId=ann.user_id)
    hal.ask("unblockUser", userId=ann.user_id)
    chat_id = hal.start_chat(ann)
    ann.ask("blockUser", userId=hal.user_id)
    assert hal.ask("sendMessage", chatId=chat_id, text="hi").status == 404
    ann.ask("listBlocks")
    ann.ask("unblockUser", userId=hal.user_id)
    begun = visit(gateway, "logIn", email=ann.email, method="emailCode").data
    answer = {"email": ann.email, "session": begun["session"]}
    assert visit(gateway, "logIn", **answer, code="wrong").status == 401
    assert visit(gateway, "logIn", **answer, code=gateway.code_to(ann.email)).status == 200


def leave_by_every_way(gateway: Gateway, ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    bob.open_socket()
    assert bob.ask("signOut").status == 204
    ann.open_socket()
    set_password(gateway, ann.email)
    kim = Person.register(gateway, "kim")
    for name, direct in (("ivy", "100"), ("joe", "0")):
        person = Person.register(gateway, name)
        person.start_chat(kim)
        person.start_chat(kim, bob)
        kim.open_socket()
        socket = person.open_socket()
        person.ask("blockUser", userId=kim.user_id)
        assert person.ask("startCall", kind="audio", calleeIds=[kim.user_id]).status == 201
        for size in (2 * MOST_FORM_BYTES, 2 * MOST_COPIED_BYTES):
            announce(person, size)
        # The first attempt to close it fails, so that the queue's function has to.
        gateway.outcomes[socket.connection_id] = Outcome.FAILED
        assert person.ask("deleteUser").status == 202
        del gateway.outcomes[socket.connection_id]
        monkeypatch.setenv("DIRECT_SOCKETS", direct)
        settings.cache_clear()
        assert gateway.work_off("EraseUser") == []
        assert gateway.work_off("WatchCall") == []


def with_the_queue(gateway: Gateway, ann: Person, bob: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what goes to many sockets: by the queue, and back into it where somebody cannot be reached."""
    monkeypatch.setenv("DIRECT_SOCKETS", "0")
    monkeypatch.setenv("OFFLINE_EVENTS", "true")
    settings.cache_clear()
    zoe = Person.register(gateway, "zoe")
    ann.say(ann.start_chat(zoe), "are you there?")
    zoes = ann.ask("startCall", kind="audio", calleeIds=[zoe.user_id]).data["callId"]
    ann.ask("endCall", callId=zoes)
    call_by_the_queue(gateway, ann, bob, clock)
    there = bob.open_socket()
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "hi")
    ann.ask("markRead", chatId=chat_id, seq=99)
    ann.start_chat(bob, Person.register(gateway, "eve"))
    last = ann.open_socket()
    last.close()
    gateway.outcomes[there.connection_id] = Outcome.FAILED
    gateway.work_off("DeliverEvents")
    del gateway.outcomes[there.connection_id]
    there.lose()
    clock.advance(10)
    assert gateway.work_off("DeliverEvents") == []


def test_no_call_needs_no_permission(gateway: Gateway, ann: Person, calls: Calls) -> None:
    assert [call for call in calls.made if not needed(call)] == []


FORBIDDEN: list[Callable[[], Call]] = [
    lambda: Call("Default", "GetItem", {"TableName": "kaiwa-test-users"}, 0),
    lambda: Call("SendMessage", "DeleteItem", {"TableName": "kaiwa-test-messages"}, 0),
    lambda: Call("GetUserInfo", "Query", {"TableName": "kaiwa-test-users"}, 0),
    lambda: Call("Chat", "Scan", {"TableName": "kaiwa-test-chats"}, 0),
    lambda: Call("Authorize", "AdminGetUser", {}, 0),
]


@pytest.mark.parametrize("make", FORBIDDEN)
def test_what_is_not_allowed_is_refused(make: Callable[[], Call]) -> None:
    """The check itself can fail."""
    call = make()
    assert not needed(call) <= template.permissions()[call.function]
