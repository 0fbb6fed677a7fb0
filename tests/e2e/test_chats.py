import json
import secrets
from collections.abc import Callable

from tests.e2e.people import Person, at_once, without_request_id


def test_a_direct_chat_begun_by_both_at_once_is_one_chat(ann: Person, bob: Person) -> None:
    sockets = ann.open_socket(), bob.open_socket()
    answers = at_once(
        *(
            lambda one=one, other=other: one.post("/chats", {"kind": "direct", "memberIds": [other.user_id]})
            for one, other in [(ann, bob), (bob, ann)] * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    [chat_id] = {answer.json()["chatId"] for answer in answers}
    for person, socket in zip((ann, bob), sockets, strict=True):
        assert [chat["chatId"] for chat in person.get("/chats").json()["chats"]] == [chat_id]
        assert [(push["type"], push["chatId"]) for push in socket.pushes()] == [("chat.created", chat_id)]


def test_five_people_talk_in_a_group(ann: Person, bob: Person, eve: Person, meet: Callable[[str], Person]) -> None:
    others = [bob, meet("carol"), meet("dan"), meet("erin")]
    people = [ann, *others]
    sockets = [person.open_socket() for person in people]
    stranger = eve.open_socket()
    created = sockets[0].ask("createChat", kind="group", name="夏祭り", memberIds=[one.user_id for one in others])
    chat = created["data"]
    assert created["status"] == 201
    assert chat == {
        "chatId": chat["chatId"],
        "kind": "group",
        "name": "夏祭り",
        "memberIds": sorted(one.user_id for one in people),
        "admins": [ann.user_id],
        "lastSeq": 0,
        "createdAt": chat["createdAt"],
    }
    assert sockets[0].pushes() == []
    for socket in sockets[1:]:
        assert socket.pushes() == [{"type": "chat.created", "chatId": chat["chatId"], "chat": chat}]

    for person, socket in zip(people, sockets, strict=True):
        socket.ask("sendMessage", chatId=chat["chatId"], text=f"{person} is here")
    for person, socket in zip(people, sockets, strict=True):
        assert socket.hears() == [f"{one} is here" for one in people if one is not person]
    assert stranger.pushes() == []


def test_unread_messages_are_counted_for_each_member(ann: Person, bob: Person, eve: Person) -> None:
    direct, group = ann.start_chat(bob), ann.start_chat(bob, eve)
    for number in range(3):
        ann.say(group, f"{number}")
    bob.say(group, "bob's")
    ann.say(direct, "and here")

    def unread(person: Person) -> dict[str, int]:
        chats = person.get("/chats").raise_for_status().json()["chats"]
        return {chat["chatId"]: chat["unreadCount"] for chat in chats}

    assert unread(ann) == {direct: 0, group: 1}
    # Who says something has read what was said before.
    assert unread(bob) == {direct: 1, group: 0}
    assert unread(eve) == {group: 4}
    # The latest activity comes first, over both transports.
    assert list(unread(bob)) == [direct, group]
    assert bob.open_socket().ask("listChats")["data"] == bob.get("/chats").json()
    assert bob.listed(group)["lastMessage"]["text"] == "bob's"


def test_a_stranger_cannot_tell_a_chat_from_none(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "between us")
    listening = bob.open_socket()
    phone = eve.open_socket()
    invented = chat_id[:-1] + ("a" if chat_id[-1] != "a" else "b")
    nothing = secrets.token_hex(8)

    for method, path, fields in [
        ("GET", "/chats/{}", None),
        ("GET", "/chats/{}/messages", None),
        ("GET", "/chats/{}/messages?after=0&limit=1", None),
        ("POST", "/chats/{}/messages", {"text": "let me in"}),
        ("POST", "/chats/{}/messages", {"text": "let me in", "clientMessageId": "m1"}),
        ("POST", "/chats/{}/messages", {"text": "let me in", "replyTo": nothing}),
    ]:
        answers = [
            eve.http.request(method, path.format(one), json=fields, headers=eve.authorization)
            for one in (chat_id, invented, nothing)
        ]
        real, *others = without_request_id(answers)
        assert others == [real, real]
        assert real[0] == 404
        assert answers[0].json()["code"] == "chat_not_found"

    for action, fields in [("getChat", {}), ("getChatHistory", {}), ("sendMessage", {"text": "let me in"})]:
        real, *others = (
            phone.exchange_raw(json.dumps({"action": action, "requestId": "r", "chatId": one, **fields}))
            for one in (chat_id, invented, nothing)
        )
        assert others == [real, real]
        assert json.loads(real)["status"] == 404

    assert [message["text"] for message in bob.history(chat_id)] == ["between us"]
    assert listening.pushes() == []
    assert ann.get(f"/chats/{chat_id}").json()["lastSeq"] == 1


def test_a_chat_needs_people_who_exist(ann: Person) -> None:
    for kind in ({"kind": "direct"}, {"kind": "group", "name": "Nobody"}):
        answer = ann.post("/chats", {**kind, "memberIds": [secrets.token_hex(8)]})
        assert (answer.status_code, answer.json()["code"]) == (404, "user_not_found")
    assert ann.get("/chats").json() == {"chats": []}
