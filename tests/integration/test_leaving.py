"""Blocks, profiles, and people who leave."""

import json
from typing import Any

import pytest

from adapters import storage
from adapters.sockets import Outcome
from domain import admission
from models.accounts import User, Username
from models.blocks import Block
from models.chats import Chat, create_small
from models.connections import Connections
from tests import template
from tests.calls import Call, Calls, Crash, Death
from tests.conftest import _client
from tests.gateway import Gateway
from tests.integration.test_files import PNG
from tests.people import PASSWORD, Person, visit

# Profiles


def test_a_profile_is_changed_and_seen(ann: Person, bob: Person) -> None:
    answer = ann.ask("updateUser", displayName="Ann 花")
    assert (answer.status, answer.data["displayName"], answer.data["email"]) == (200, "Ann 花", ann.email)
    assert bob.ask("getUser", userId=ann.user_id).data["displayName"] == "Ann 花"


def test_a_picture_is_a_file_that_exists(ann: Person) -> None:
    answer = ann.ask("updateUser", displayName="Ann", avatarFileId="f")
    assert (answer.status, answer.code) == (404, "file_not_found")
    assert ann.ask("getUser", userId="me").data["displayName"] == "ann"


# Blocks


def test_a_blocked_user_finds_no_chat_to_write_in(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    bob.say(chat_id, "before")
    assert ann.ask("blockUser", userId=bob.user_id).status == 204
    nowhere = bob.ask("sendMessage", chatId="invented", text="hi")
    answer = bob.ask("sendMessage", chatId=chat_id, text="hi")
    assert (answer.status, answer.code, answer.problem["detail"]) == (404, "chat_not_found", nowhere.problem["detail"])
    assert bob.ask("createChat", kind="direct", memberIds=[ann.user_id]).code == "user_not_found"
    ann.say(chat_id, "still mine")
    assert bob.texts(chat_id) == ["before", "still mine"]
    ann.ask("unblockUser", userId=bob.user_id)
    bob.say(chat_id, "after")


def test_who_blocks_can_be_blocked_too(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.ask("blockUser", userId=bob.user_id)
    bob.ask("blockUser", userId=ann.user_id)
    ann.ask("unblockUser", userId=bob.user_id)
    assert ann.ask("sendMessage", chatId=chat_id, text="hi").status == 404
    bob.say(chat_id, "hi")


def test_a_chat_made_after_the_block_holds_it(ann: Person, bob: Person) -> None:
    ann.ask("blockUser", userId=bob.user_id)
    assert bob.ask("createChat", kind="direct", memberIds=[ann.user_id]).code == "user_not_found"
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "hi")
    assert bob.ask("sendMessage", chatId=chat_id, text="hi").status == 404


def test_groups_know_no_blocks(ann: Person, bob: Person, eve: Person) -> None:
    group = ann.start_chat(bob, eve)
    ann.ask("blockUser", userId=bob.user_id)
    bob.say(group, "hi all")
    assert bob.start_chat(ann, eve)


def test_a_block_costs_a_send_nothing(ann: Person, bob: Person, calls: Calls) -> None:
    chat_id = ann.start_chat(bob)
    ann.ask("blockUser", userId=bob.user_id)
    calls.clear()
    ann.say(chat_id, "hi")
    assert "blocks" not in {table for call in calls.made for table in call.tables}
    calls.clear()
    bob.ask("sendMessage", chatId=chat_id, text="hi")
    assert calls.words() == ["UpdateItem chats"]


def test_blocking_is_repeated_without_harm(ann: Person, bob: Person) -> None:
    for _ in range(2):
        assert ann.ask("blockUser", userId=bob.user_id).status == 204
    listed = ann.ask("listBlocks").data["blocks"]
    assert [one["userId"] for one in listed] == [bob.user_id]
    for _ in range(2):
        assert ann.ask("unblockUser", userId=bob.user_id).status == 204
    assert ann.ask("listBlocks").data == {"blocks": []}


@pytest.mark.parametrize(
    ("whom", "status", "code"), [("nobody", 404, "user_not_found"), ("ann", 400, "invalid_request")]
)
def test_nobody_blocks_nobody_nor_themselves(whom: str, status: int, code: str, ann: Person) -> None:
    answer = ann.ask("blockUser", userId=ann.user_id if whom == "ann" else whom)
    assert (answer.status, answer.code) == (status, code)


def test_blocks_come_in_pages(ann: Person) -> None:
    for number in range(5):
        User.create(f"id-{number}", f"n{number}")
        ann.ask("blockUser", userId=f"id-{number}")
    first = ann.ask("listBlocks", limit=3).data
    rest = ann.ask("listBlocks", limit=3, cursor=first["nextCursor"]).data
    assert [one["userId"] for one in first["blocks"] + rest["blocks"]] == [f"id-{number}" for number in range(5)]
    assert "nextCursor" not in rest


# Leaving


def tables() -> dict[str, str]:
    """Return all that every table holds, as text."""
    names = {properties["TableName"] for properties in template.resources("AWS::DynamoDB::Table").values()}
    return {name: json.dumps(_client("dynamodb").scan(TableName=name)["Items"], default=repr) for name in names}


def live(ann: Person, bob: Person, eve: Person, gateway: Gateway) -> tuple[str, str]:
    """Leave traces everywhere. Returns a direct chat and a group."""
    ann.ask("updateUser", displayName="Annabella")
    direct, group = ann.start_chat(bob), ann.start_chat(bob, eve)
    ann.say(direct, "mine")
    ann.say(group, "ours")
    ann.ask("blockUser", userId=eve.user_id)
    bob.ask("blockUser", userId=ann.user_id)
    bob.ask("unblockUser", userId=ann.user_id)
    eve.ask("blockUser", userId=ann.user_id)
    picture = ann.upload(PNG, "Annabella.png", "image/png").data["fileId"]
    assert ann.ask("updateUser", avatarFileId=picture).status == 200
    assert (
        ann.ask("sendMessage", chatId=direct, fileIds=[ann.upload(name="Annabella.txt").data["fileId"]]).status == 201
    )
    ann.ask("createUpload", name="Annabella.zip", contentType="application/zip", size=5)
    call = ann.ask("startCall", kind="audio", calleeIds=[bob.user_id], deviceId="Annabella").data["call"]
    assert bob.ask("acceptCall", callId=call["callId"], deviceId="phone").status == 200
    assert ann.ask("endCall", callId=call["callId"]).status == 200
    ann.open_socket()
    ann.ticket()
    visit(gateway, "forgotPassword", email=ann.email)
    visit(gateway, "logIn", email=ann.email, method="emailCode")
    visit(gateway, "logIn", email=ann.email, password="wrong")
    return direct, group


WITH_OPAQUE_IDS = {"users", "messages", "events", "calls", "tickets", "challenges"}
"""The first keeps an empty mark, the next three what others have been told, and the last two end by themselves in
minutes."""


def assert_erased(gateway: Gateway, ann: Person, bob: Person, direct: str, group: str) -> None:
    for name, text in tables().items():
        for personal in (ann.email, "Annabella", '"ann"', "{'S': 'ann'}"):
            assert personal not in text, name
        if name.rpartition("-")[2] not in WITH_OPAQUE_IDS:
            assert ann.user_id not in text, name
    assert bob.ask("getUser", userId=ann.user_id).code == "user_not_found"
    assert bob.ask("findUsers", username="ann").data["users"] == []
    assert [one["senderId"] for one in bob.ask("getChatHistory", chatId=direct).data["messages"]] == [ann.user_id] * 2
    assert _client("s3").list_objects_v2(Bucket=storage.bucket())["KeyCount"] == 0
    assert bob.texts(group) == ["ours"]
    assert visit(gateway, "logIn", email=ann.email, password=PASSWORD).code == "wrong_credentials"
    assert visit(gateway, "registerUser", username="ann", email=ann.email, password=PASSWORD).status == 201


def test_who_leaves_is_erased(gateway: Gateway, ann: Person, bob: Person, eve: Person) -> None:
    direct, group = live(ann, bob, eve, gateway)
    assert ann.ask("deleteUser").status == 202
    assert gateway.work_off("EraseUser") == []
    assert_erased(gateway, ann, bob, direct, group)


def test_who_leaves_is_nobody_at_once(gateway: Gateway, ann: Person, bob: Person) -> None:
    session = ann.session
    socket, ticket = ann.open_socket(), ann.ticket()
    ann.ask("deleteUser")
    assert not socket.is_open
    assert gateway.connect(ticket) == (403, None)
    assert ann.ask("getUser", userId="me").status == 401
    assert visit(gateway, "refreshSession", refreshToken=session["refreshToken"]).status == 401
    assert visit(gateway, "logIn", email=ann.email, password=PASSWORD).status == 401
    assert bob.ask("getUser", userId=ann.user_id).status == 404
    assert bob.ask("createChat", kind="direct", memberIds=[ann.user_id]).status == 404
    assert bob.ask("findUsers", username="ann").data["users"] == []


def test_what_who_left_could_do_for_a_moment_more_is_erased_too(
    gateway: Gateway, ann: Person, bob: Person, eve: Person
) -> None:
    """A warm process admits their token for a while after all else was erased."""
    direct, group = live(ann, bob, eve, gateway)
    warm = dict(admission._read)
    ann.ask("deleteUser")
    gateway.queued, later = [one for one in gateway.queued if one.delay_seconds <= 5], gateway.queued
    assert gateway.work_off("EraseUser") == []
    gateway.queued = [one for one in later if one.delay_seconds >= admission.FRESH_SECONDS + 29]
    assert gateway.queued
    admission._read.update(warm)
    assert ann.ask("createChat", kind="direct", memberIds=[eve.user_id]).status == 201
    assert ann.ask("createChat", kind="group", memberIds=[eve.user_id], name="Late").status == 201
    assert ann.ask("blockUser", userId=eve.user_id).status == 204
    admission.forget(ann.user_id)
    assert gateway.work_off("EraseUser") == []
    assert [one["chatId"] for one in eve.ask("listChats").data["chats"] if ann.user_id in one["memberIds"]] == []
    assert_erased(gateway, ann, bob, direct, group)


def test_a_socket_that_is_told_to_be_closed_too_late_leaves_no_trace(gateway: Gateway, ann: Person) -> None:
    socket = ann.open_socket()
    ann.ask("deleteUser")
    assert gateway.work_off("EraseUser") == []
    gateway.disconnect(socket)
    assert list(Connections.scan()) == []


@pytest.mark.parametrize("at", range(1, 49, 2))
def test_an_erasure_that_was_cut_off_is_finished(
    at: int, gateway: Gateway, ann: Person, bob: Person, eve: Person, calls: Calls
) -> None:
    direct, group = live(ann, bob, eve, gateway)
    assert ann.ask("deleteUser").status == 202
    queued = list(gateway.queued)
    death = Death(at, after=False)
    try:
        with calls.intercepted(death):
            gateway.work_off("EraseUser")
    except Crash:
        gateway.queued = queued
        gateway.work_off("EraseUser")
    assert_erased(gateway, ann, bob, direct, group)


def test_an_erasure_twice_changes_nothing(gateway: Gateway, ann: Person, bob: Person, eve: Person) -> None:
    direct, group = live(ann, bob, eve, gateway)
    ann.ask("deleteUser")
    gateway.queued *= 2
    assert gateway.work_off("EraseUser") == []
    before = tables()
    gateway.send("https://sqs/x-erasures", ann.user_id)
    assert gateway.work_off("EraseUser") == []
    assert tables() == before
    assert_erased(gateway, ann, bob, direct, group)


def test_a_socket_that_cannot_be_closed_keeps_an_erasure_going(gateway: Gateway, ann: Person) -> None:
    socket = ann.open_socket()
    gateway.outcomes[socket.connection_id] = Outcome.FAILED
    assert ann.ask("deleteUser").status == 202
    assert gateway.work_off("EraseUser") == [ann.user_id] * 2


def test_a_group_without_its_admin_gets_another(gateway: Gateway, ann: Person, bob: Person, eve: Person) -> None:
    group = ann.start_chat(bob, eve)
    ann.ask("deleteUser")
    gateway.work_off("EraseUser")
    chat = bob.ask("getChat", chatId=group).data
    assert chat["admins"] == [min(bob.user_id, eve.user_id)]
    assert ann.user_id not in chat["memberIds"]


def test_somebody_elses_name_stays_theirs(gateway: Gateway, ann: Person) -> None:
    ann.ask("deleteUser")
    Username("ann", claimant="another").save()
    gateway.work_off("EraseUser")
    assert Username.get("ann").claimant == "another"


def test_chat_and_block_agree_whatever_comes_first(ann: Person, bob: Person, calls: Calls) -> None:
    """The block is stored between the look at the blocks and the new chat's transaction."""
    done: list[str] = []

    def block_before_the_chat_is_stored(call: Call, proceed: Any) -> Any:
        if str(call).startswith("TransactWriteItems blocks chats memberships") and not done:
            done.append("blocked")
            with calls.aside():
                (put,) = (
                    one["Put"]
                    for one in call.parameters["TransactItems"]
                    if "memberIds" in one.get("Put", {}).get("Item", {})
                )
                Block.put(ann.user_id, bob.user_id, put["Item"]["chatId"]["S"])
        return proceed()

    with calls.intercepted(block_before_the_chat_is_stored):
        answer = bob.ask("createChat", kind="direct", memberIds=[ann.user_id])
    assert done
    assert (answer.status, answer.code) == (404, "user_not_found")
    with calls.aside():
        assert list(Chat.scan()) == []


def test_a_chat_that_comes_before_its_block_is_silenced(ann: Person, bob: Person, calls: Calls) -> None:
    """The chat is stored between the look for it and the block's transaction."""
    made: list[str] = []

    def make_the_chat_first(call: Call, proceed: Any) -> Any:
        if str(call) == "TransactWriteItems blocks chats" and not made:
            made.append("")
            (check,) = (one["ConditionCheck"] for one in call.parameters["TransactItems"] if "ConditionCheck" in one)
            made[0] = check["Key"]["chatId"]["S"]
            members = {ann.user_id, bob.user_id}
            chat = Chat(made[0], kind="direct", member_ids=members, last_seq=0, active_at="now", created_at="now")
            with calls.aside():
                assert create_small(chat)
        return proceed()

    with calls.intercepted(make_the_chat_first):
        assert ann.ask("blockUser", userId=bob.user_id).status == 204
    assert bob.ask("sendMessage", chatId=made[0], text="hi").status == 404
