"""One log a chat, whoever writes to it at the same time, and whichever way it reaches people."""

import json
import random
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from local.stack import Stack
from tests.e2e.people import Frame, Person, Socket, at_once, wait_until


def whole_log(person: Person, chat_id: str) -> list[Frame]:
    """Read all of a chat's log, a page at a time."""
    events: list[Frame] = []
    while True:
        after = events[-1]["seq"] if events else 0
        page = person.get(f"/chats/{chat_id}/events", after=after, limit=100).raise_for_status().json()
        events += page["events"]
        if not page["hasMore"]:
            return events


def change(person: Person, method: str, path: str, fields: Any = None) -> Frame:
    answer = person.http.request(method, path, json=fields, headers=person.authorization)
    return answer.raise_for_status().json() if answer.content else {}


def test_twenty_people_send_fifty_messages_each_into_one_log(meet: Callable[[str], Person]) -> None:
    people = [meet("one") for _ in range(20)]
    chat_id = people[0].start_chat(*people[1:])
    listeners = [person.open_socket() for person in people[:3]]

    def talk(person: Person) -> list[Frame]:
        return [person.say(chat_id, f"{person} {number}") for number in range(50)]

    sent = [message for messages in at_once(*(lambda one=one: talk(one) for one in people)) for message in messages]

    assert len({message["seq"] for message in sent}) == 1_000
    by_seq = sorted(sent, key=lambda message: message["seq"])
    for reader in (people[0], people[19]):
        assert [event["message"] for event in whole_log(reader, chat_id)] == by_seq
    for listener in listeners:
        pushed = [frame for frame in listener.pushes() if frame["type"] == "message.created"]
        assert sorted(frame["seq"] for frame in pushed) == [message["seq"] for message in by_seq]
        assert sorted((frame["message"] for frame in pushed), key=lambda message: message["seq"]) == by_seq


def test_ten_people_react_at_once_and_every_reaction_is_there(meet: Callable[[str], Person]) -> None:
    people = [meet("one") for _ in range(10)]
    chat_id = people[0].start_chat(*people[1:])
    message = people[0].say(chat_id, "Who comes?")
    listener = people[0].open_socket()
    path = f"/chats/{chat_id}/messages/{message['messageId']}/reactions/{quote('🙋‍♀️')}"
    at_once(*(lambda one=one: change(one, "PUT", path) for one in people))

    (event, *added) = whole_log(people[1], chat_id)
    everybody = sorted(one.user_id for one in people)
    assert event["message"]["reactions"] == {"🙋‍♀️": everybody}
    assert sorted(one["userId"] for one in added) == everybody
    pushed = sorted((one for one in listener.pushes() if one["type"] == "reaction.added"), key=lambda one: one["seq"])
    assert [(one["seq"], one["userId"]) for one in pushed] == [(one["seq"], one["userId"]) for one in added]
    # Each push shows the message as it was then: one reaction more each time.
    assert [len(one["message"]["reactions"]["🙋‍♀️"]) for one in pushed] == list(range(1, 11))


def test_a_member_who_is_added_and_removed_at_once_has_one_outcome(ann: Person, bob: Person, eve: Person) -> None:
    group = change(ann, "POST", "/chats", {"kind": "group", "memberIds": [bob.user_id], "name": "Friends"})["chatId"]
    change(ann, "PUT", f"/chats/{group}/admins/{bob.user_id}", {})
    for _ in range(5):
        at_once(
            lambda: change(ann, "POST", f"/chats/{group}/members", {"memberIds": [eve.user_id]}),
            lambda: change(bob, "DELETE", f"/chats/{group}/members/{eve.user_id}"),
            lambda: ann.say(group, "in between"),
            lambda: bob.say(group, "in between"),
        )
        there = eve.user_id in ann.get(f"/chats/{group}").json()["memberIds"]
        assert eve.get(f"/chats/{group}").status_code == (200 if there else 404)
        assert eve.get(f"/chats/{group}/messages").status_code == (200 if there else 404)
        assert eve.post(f"/chats/{group}/messages", {"text": "?"}).status_code == (201 if there else 404)
        assert (group in {chat["chatId"] for chat in eve.get("/chats").json()["chats"]}) == there
        told = [one["type"] for one in whole_log(ann, group) if eve.user_id in one.get("memberIds", [])]
        assert told == (["member.added", "member.removed"] * 5)[: len(told)]
        assert (told[-1:] == ["member.added"]) == there


def test_what_was_missed_is_read_in_the_log(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    phone = bob.open_socket()
    first = ann.say(chat_id, "Hello")
    seen = phone.pushes()[-1]["seq"]
    phone.close()
    message = f"/chats/{chat_id}/messages/{first['messageId']}"
    change(ann, "PATCH", message, {"text": "Hello, Bob"})
    change(ann, "PUT", f"{message}/reactions/{quote('👋')}")
    ann.say(chat_id, "Still there?")
    change(ann, "DELETE", message)

    missed = bob.open_socket().ask("getEvents", chatId=chat_id, after=seen)["data"]
    assert [event["type"] for event in missed["events"]] == [
        "message.edited",
        "reaction.added",
        "message.created",
        "message.deleted",
    ]
    assert (missed["lastSeq"], missed["hasMore"]) == (5, False)
    assert "Hello" not in json.dumps(missed)


def test_marks_typing_and_presence_are_told(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    phone = bob.open_socket()
    laptop = ann.open_socket()
    message = bob.say(chat_id, "Hi")
    assert laptop.ask("markRead", chatId=chat_id, seq=message["seq"])["data"] == {"readSeq": 1}
    laptop.ask("setTyping", chatId=chat_id, typing=True)
    (there,) = phone.ask("getPresence", userIds=[ann.user_id])["data"]["users"]
    assert there["online"] is True
    told = {frame["type"]: frame for frame in phone.all_pushes()}
    assert told["presence.changed"]["userId"] == ann.user_id
    assert told["read.updated"] == {
        "type": "read.updated",
        "chatId": chat_id,
        "userId": ann.user_id,
        "readSeq": 1,
    }
    assert told["typing"]["typing"] is True
    assert bob.get(f"/chats/{chat_id}").json()["readSeqs"] == {ann.user_id: 1, bob.user_id: 0}
    laptop.close()
    changed: list[Frame] = []
    wait_until(lambda: bool(changed.extend(phone.all_pushes()) or changed))
    assert [(frame["type"], frame["online"]) for frame in changed] == [("presence.changed", False)]


def test_more_than_a_hundred_sockets_are_reached_by_the_queue(ann: Person, bob: Person, eve: Person) -> None:
    chat_id = ann.start_chat(bob, eve)
    sockets = [person.open_socket() for person in (ann, bob, eve) for _ in range(35)]
    for socket in sockets:
        socket.pushes()
    sending = random.choice(sockets)
    assert sending.ask("sendMessage", chatId=chat_id, text="Can you all hear me?")["status"] == 201

    def heard(socket: Socket) -> list[str]:
        texts: list[str] = []
        wait_until(lambda: bool(texts.extend(socket.hears()) or texts))
        return texts

    for socket in sockets:
        if socket is not sending:
            assert heard(socket) == ["Can you all hear me?"]
    assert sending.hears() == []


def test_a_rule_hears_of_members_who_are_away(
    stack: Stack, offline_events: None, ann: Person, bob: Person, eve: Person
) -> None:
    sqs, rules = stack.client("sqs"), stack.client("events")
    queue = sqs.create_queue(QueueName="notifications")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["kaiwa"], "detail-type": ["message.missed"]})
    rules.put_rule(Name="missed", EventBusName="kaiwa-local", EventPattern=pattern)
    rules.put_targets(Rule="missed", EventBusName="kaiwa-local", Targets=[{"Id": "queue", "Arn": arn}])

    group = ann.start_chat(bob, eve)
    bob.open_socket()
    message = ann.say(group, "おはよう")

    received: list[Frame] = []

    def arrived() -> bool:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        received.extend(json.loads(one["Body"]) for one in answer.get("Messages", []))
        return bool(received)

    wait_until(arrived)
    (event,) = received
    assert (event["source"], event["detail-type"]) == ("kaiwa", "message.missed")
    assert event["detail"] == {
        "version": 1,
        "chatId": group,
        "chatKind": "group",
        "chatName": "Friends",
        "seq": message["seq"],
        "messageId": message["messageId"],
        "senderId": ann.user_id,
        "sentAt": message["sentAt"],
        "preview": "おはよう",
        "memberIds": [eve.user_id],
    }
