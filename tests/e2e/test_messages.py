from collections.abc import Callable

import pytest

from tests.e2e.people import Person, Socket, at_once

SENDERS = 20
MESSAGES_EACH = 10


def test_two_people_talk(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann_phone, ann_laptop, bob_phone = ann.open_socket("phone"), ann.open_socket("laptop"), bob.open_socket()

    reply = ann_phone.ask("sendMessage", chatId=chat_id, text="おはよう 👋", clientMessageId="m1")
    message = reply["data"]
    assert reply["status"] == 201
    assert message == {
        "chatId": chat_id,
        "seq": 1,
        "messageId": message["messageId"],
        "senderId": ann.user_id,
        "text": "おはよう 👋",
        "fileIds": [],
        "sentAt": message["sentAt"],
        "reactions": {},
        "clientMessageId": "m1",
    }
    push = {"type": "message.created", "chatId": chat_id, "seq": 1, "at": message["sentAt"], "message": message}
    assert bob_phone.pushes() == [push]
    assert ann_laptop.pushes() == [push]
    assert ann_phone.pushes() == []

    bob_phone.ask("sendMessage", chatId=chat_id, text="It is early.")
    assert ann_phone.hears() == ann_laptop.hears() == ["It is early."]
    assert bob_phone.pushes() == []


def test_what_is_said_over_rest_reaches_every_socket(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    sockets = [ann.open_socket("phone"), ann.open_socket("laptop"), bob.open_socket()]
    message = ann.say(chat_id, "to all")
    assert [socket.pushes() for socket in sockets] == [
        [{"type": "message.created", "chatId": chat_id, "seq": 1, "at": message["sentAt"], "message": message}]
    ] * 3


def test_history_is_the_same_over_both_transports(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    said = [speaker.say(chat_id, f"{number}") for number in range(4) for speaker in (ann, bob)]
    phone = bob.open_socket()
    for query in ({}, {"limit": 3}, {"after": 2}, {"before": 5, "limit": 2}, {"after": 8}, {"after": 6, "limit": 1}):
        over_rest = ann.get(f"/chats/{chat_id}/messages", **query).raise_for_status().json()
        over_socket = phone.ask("getChatHistory", chatId=chat_id, **query)["data"]
        assert over_rest == over_socket
    assert ann.history(chat_id) == said
    assert [message["seq"] for message in ann.history(chat_id, before=5, limit=2)] == [3, 4]
    assert phone.ask("getChatHistory", chatId=chat_id, after=6, limit=1)["data"] == {
        "messages": [said[6]],
        "hasMore": True,
    }


def test_one_message_sent_ten_times_at_once_is_one_message(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    listening = bob.open_socket()
    phones = [ann.open_socket(f"phone-{number}") for number in range(5)]
    said = {"text": "once", "clientMessageId": "the-same"}

    def over_socket(phone: Socket) -> tuple[int, str]:
        reply = phone.ask("sendMessage", chatId=chat_id, **said)
        return reply["status"], reply["data"]["messageId"]

    def over_rest() -> tuple[int, str]:
        answer = ann.post(f"/chats/{chat_id}/messages", said)
        return answer.status_code, answer.json()["messageId"]

    answers = at_once(*(lambda phone=phone: over_socket(phone) for phone in phones), *[over_rest] * 5)
    assert sorted(status for status, _ in answers) == [200] * 9 + [201]
    assert len({message_id for _, message_id in answers}) == 1
    assert listening.hears() == ["once"]
    assert [message["text"] for message in bob.history(chat_id)] == ["once"]
    # Each of ann's devices heard it once, but for the one whose sending stored it, if that was a socket's.
    heard = sum(len(phone.hears()) for phone in phones)
    assert heard == (4 if 201 in [status for status, _ in answers[:5]] else 5)


def test_a_client_message_id_is_its_senders_own(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    ann.say(chat_id, "mine", clientMessageId="m1")
    bob.say(chat_id, "and mine", clientMessageId="m1")
    assert [message["text"] for message in ann.history(chat_id)] == ["mine", "and mine"]


def test_twenty_people_who_talk_at_once_see_one_log(meet: Callable[[str], Person]) -> None:
    people = at_once(*(lambda n=n: meet(f"person{n}") for n in range(SENDERS)))
    chat_id = people[0].start_chat(*people[1:])
    sockets = at_once(*(person.open_socket for person in people))

    def talk(person: Person, socket: Socket) -> list[int]:
        replies = [
            socket.ask("sendMessage", chatId=chat_id, text=f"{person} {number}") for number in range(MESSAGES_EACH)
        ]
        assert {reply["status"] for reply in replies} == {201}
        return [reply["data"]["seq"] for reply in replies]

    pairs = list(zip(people, sockets, strict=True))
    seqs = at_once(*(lambda pair=pair: talk(*pair) for pair in pairs))
    for own in seqs:
        assert own == sorted(set(own))
    everything = sorted(seq for own in seqs for seq in own)
    assert everything == list(range(1, SENDERS * MESSAGES_EACH + 1))

    log = [message for after in (0, 100) for message in people[0].history(chat_id, after=after, limit=100)]
    assert [message["seq"] for message in log] == everything
    for (person, socket), own in zip(pairs, seqs, strict=True):
        pushed = [frame["message"] for frame in socket.pushes() if frame["type"] == "message.created"]
        mine = [message for message in log if message["senderId"] == person.user_id]
        assert [message["seq"] for message in mine] == own
        # What a client heard, in order and with what it said itself, is the server's log.
        assert sorted([*pushed, *mine], key=lambda message: message["seq"]) == log


@pytest.mark.parametrize(
    "fields",
    [{}, {"text": ""}, {"text": "x" * 8001}, {"text": 5}, {"text": "x", "to": "bob"}, {"text": "x", "senderId": "bob"}],
)
def test_what_is_refused_is_neither_stored_nor_pushed(ann: Person, bob: Person, fields: dict) -> None:
    chat_id = ann.start_chat(bob)
    listening, phone = bob.open_socket(), ann.open_socket()
    answer = ann.post(f"/chats/{chat_id}/messages", fields)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert phone.ask("sendMessage", chatId=chat_id, **fields)["status"] == 400
    assert listening.pushes() == []
    assert bob.history(chat_id) == []


def test_the_longest_text_passes_whole(ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    listening = bob.open_socket()
    ann.say(chat_id, "話" * 8_000)
    assert listening.hears() == ["話" * 8_000]
    assert bob.history(chat_id)[0]["text"] == "話" * 8_000
