"""Tickets, and the life of a socket."""

import base64
import json
import re
from typing import Any

import pytest

from core import clock as core_clock
from core.settings import settings
from domain.presence import MOST_SOCKETS
from models.connections import LIFE_MILLISECONDS, Connections
from models.tickets import Ticket
from tests.calls import QUEUE, Call, Calls, Meeting, Proceed, Refusal, refusal
from tests.conftest import Clock
from tests.gateway import Gateway, Socket, recorded
from tests.integration.threads import at_once
from tests.people import Person


def listed(person: Person) -> set[str]:
    """Return the connections that are listed for somebody."""
    return {
        element.split("#")[1]
        for connections in Connections.find_all([person.user_id])
        for element in connections.elements or ()
    }


# Tickets


def test_a_ticket_opens_one_socket_for_its_user(gateway: Gateway, ann: Person) -> None:
    answer = ann.ask("createTicket", deviceId="laptop")
    assert answer.status == 201
    ticket = answer.data["ticket"]
    assert answer.data == {"ticket": ticket, "url": "wss://socket.example.com/test", "expiresIn": 60}
    assert re.fullmatch(r"[\w-]{43}", ticket)
    status, socket = gateway.connect(ticket)
    assert status == 200
    assert socket
    assert socket.ask("hello").data["userId"] == ann.user_id
    assert socket.device_id == "laptop"


def test_a_device_without_a_name_gets_one(gateway: Gateway, ann: Person) -> None:
    devices = {ann.open_socket().device_id for _ in range(3)}
    assert len(devices) == 3
    assert all(re.fullmatch(r"[a-z2-7]{26}", device) for device in devices)


def test_a_ticket_works_once(gateway: Gateway, ann: Person) -> None:
    ticket = ann.ticket()
    assert gateway.connect(ticket)[0] == 200
    assert gateway.connect(ticket) == (403, None)


def test_of_two_who_try_a_ticket_at_once_one_gets_in(gateway: Gateway, ann: Person, calls: Calls) -> None:
    ticket = ann.ticket()
    event = recorded("authorize") | {"queryStringParameters": {"ticket": ticket}}
    meeting = Meeting("UpdateItem tickets", "UpdateItem tickets")
    with calls.intercepted(meeting):
        verdicts = at_once(lambda: gateway.invoke("Authorize", event), lambda: gateway.invoke("Authorize", event))
    assert meeting.was_held
    assert sorted(one["policyDocument"]["Statement"][0]["Effect"] for one in verdicts) == ["Allow", "Deny"]


@pytest.mark.parametrize(("late", "status"), [(58, 200), (61, 403), (3_600, 403)])
def test_a_ticket_works_for_60_seconds(late: int, status: int, gateway: Gateway, ann: Person, clock: Clock) -> None:
    ticket = ann.ticket()
    clock.advance(late)
    assert gateway.connect(ticket)[0] == status


@pytest.mark.parametrize("ticket", ["x", "", "é", "a" * 8_000, "'; --", "\x00"])
def test_an_invented_ticket_opens_nothing(ticket: str, gateway: Gateway, ann: Person) -> None:
    assert gateway.connect(ticket) == (403, None)


def test_a_token_is_no_ticket(gateway: Gateway, ann: Person) -> None:
    assert gateway.connect(ann.session["accessToken"])[0] == 403


def test_who_reads_the_table_cannot_open_a_socket(gateway: Gateway, ann: Person) -> None:
    ticket = ann.ticket()
    (stored,) = (json.dumps(item.attribute_values) for item in Ticket.scan())
    assert ticket not in stored
    digest = json.loads(stored)["digest"]
    assert gateway.connect(digest)[0] == 403
    assert gateway.connect(base64.urlsafe_b64encode(bytes.fromhex(digest)).decode())[0] == 403


def test_a_refusal_tells_nothing_of_anyone(gateway: Gateway, ann: Person) -> None:
    event = recorded("authorize")
    verdict = gateway.invoke("Authorize", event)
    assert verdict == {
        "principalId": "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Action": "execute-api:Invoke", "Effect": "Deny", "Resource": event["methodArn"]}],
        },
    }


ORIGINS = [
    ({"Origin": "https://chat.example.com"}, 200),
    ({"origin": "https://other.example.com"}, 200),
    ({}, 200),
    ({"Origin": "https://evil.example.com"}, 403),
    ({"Origin": "https://chat.example.com.evil.com"}, 403),
    ({"Origin": "http://chat.example.com"}, 403),
    ({"Origin": "null"}, 403),
    ({"ORIGIN": "https://evil.example.com"}, 403),
    ({"Origin": ""}, 403),
]


@pytest.mark.parametrize(("headers", "status"), ORIGINS)
def test_pages_of_others_open_no_socket(
    headers: dict[str, str], status: int, gateway: Gateway, ann: Person, calls: Calls
) -> None:
    """Who names no origin is no browser. What is refused costs no call, and leaves the ticket as it was."""
    ticket = ann.ticket()
    calls.clear()
    assert gateway.connect(ticket, headers)[0] == status
    if status == 403:
        assert calls.made == []
        assert gateway.connect(ticket)[0] == 200


def test_where_every_page_may_every_page_does(gateway: Gateway, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_ORIGINS", "*")
    settings.cache_clear()
    assert gateway.connect(ann.ticket(), {"Origin": "https://evil.example.com"})[0] == 200


def test_opening_a_socket_costs_two_writes_and_two_reads(gateway: Gateway, ann: Person, calls: Calls) -> None:
    """And the first one another read, to find whom to tell."""
    opening = ["UpdateItem tickets", "GetItem users", "UpdateItem connections", "GetItem users"]
    for expected in (
        [*opening, "Query memberships"],
        opening,
    ):
        ticket = ann.ticket()
        calls.clear()
        gateway.connect(ticket)
        assert calls.words() == expected


# The socket


def test_hello_tells_about_the_socket(ann: Person, clock: Clock) -> None:
    socket = ann.open_socket()
    clock.advance(60)
    answer = socket.ask("hello")
    assert answer.status == 200
    opened = int(socket.authorizer["connectedAt"])
    assert answer.data == {
        "userId": ann.user_id,
        "deviceId": socket.device_id,
        "connectionExpiresAt": core_clock.timestamp(opened + 2 * 60 * 60 * 1000),
        "keepAliveSeconds": 300,
        "serverTime": answer.data["serverTime"],
    }
    assert core_clock.timestamp(opened + 60_000) <= answer.data["serverTime"] <= core_clock.now()


def test_hello_costs_nothing(ann: Person, calls: Calls) -> None:
    socket = ann.open_socket()
    calls.clear()
    socket.ask("hello")
    assert calls.words() == []


def test_closing_takes_exactly_that_socket_off_the_list(ann: Person) -> None:
    phone, laptop = ann.open_socket("phone"), ann.open_socket("laptop")
    assert listed(ann) == {phone.connection_id, laptop.connection_id}
    phone.close()
    assert listed(ann) == {laptop.connection_id}


def test_closing_twice_is_harmless(gateway: Gateway, ann: Person) -> None:
    phone, laptop = ann.open_socket("phone"), ann.open_socket("laptop")
    phone.close()
    assert gateway.disconnect(phone) == 200
    assert listed(ann) == {laptop.connection_id}


def test_a_device_may_hold_two_sockets_while_it_reconnects(ann: Person) -> None:
    old, new = ann.open_socket("phone"), ann.open_socket("phone")
    old.close()
    assert listed(ann) == {new.connection_id}


def test_the_51st_socket_is_refused_and_the_50_stay(gateway: Gateway, ann: Person, bob: Person) -> None:
    sockets = [ann.open_socket() for _ in range(MOST_SOCKETS)]
    assert len(sockets) == 50
    assert gateway.connect(ann.ticket()) == (429, None)
    assert listed(ann) == {socket.connection_id for socket in sockets}
    bob.open_socket()
    sockets[0].close()
    ann.open_socket()
    assert len(listed(ann)) == 50


def test_sockets_whose_end_was_never_told_are_pruned(ann: Person, clock: Clock) -> None:
    lost = [ann.open_socket() for _ in range(MOST_SOCKETS)]
    for socket in lost:
        socket.lose()
    clock.advance(LIFE_MILLISECONDS / 1000)
    live = ann.open_socket()
    assert listed(ann) == {live.connection_id}


def test_who_lost_all_sockets_is_offline_after_their_life(ann: Person, bob: Person, clock: Clock) -> None:
    ann.open_socket().lose()
    assert bob.ask("getUser", userId=ann.user_id).data["online"] is True
    clock.advance(LIFE_MILLISECONDS / 1000)
    assert bob.ask("getUser", userId=ann.user_id).data["online"] is False


def test_a_socket_that_cannot_be_listed_is_not_opened(gateway: Gateway, ann: Person, calls: Calls) -> None:
    ticket = ann.ticket()
    with calls.intercepted(Refusal("UpdateItem connections", refusal("ThrottlingException"))):
        assert gateway.connect(ticket) == (503, None)
    assert listed(ann) == set()


@pytest.mark.parametrize("word", ["GetItem users", QUEUE])
def test_a_socket_that_is_refused_is_not_listed(
    word: str, gateway: Gateway, ann: Person, bob: Person, calls: Calls
) -> None:
    """So it is in nobody's way: not of the next one's being the first, nor of its device's being missed in a call."""
    ann.start_chat(bob)
    phone = bob.open_socket()
    if word == QUEUE:
        assert bob.ask("startCall", calleeIds=[ann.user_id], kind="audio").status == 201
    phone.take()

    def fail(call: Call, proceed: Proceed) -> Any:
        if (call.function, str(call)) == ("Connect", word):
            raise refusal("ThrottlingException")
        return proceed()

    ticket = ann.ticket()
    with calls.intercepted(fail):
        assert gateway.connect(ticket)[0] == 503
    assert listed(ann) == set()
    assert phone.take() == []
    ann.open_socket()
    assert [frame["online"] for frame in phone.take() if frame["type"] == "presence.changed"] == [True]


def test_frames_of_a_socket_are_its_owners(ann: Person, bob: Person) -> None:
    """Whoever a client says it is, the authorizer knows better."""
    socket = ann.open_socket()
    answer = socket.ask("hello", userId=bob.user_id)
    assert (answer.status, answer.fields) == (400, ["userId"])


def test_a_socket_stays_open_whatever_is_sent(ann: Person) -> None:
    socket: Socket = ann.open_socket()
    for rubbish in ("", "{", "[]", "\x00\x01", "x" * 40_000, '{"action": 5}', '{"action": "$disconnect"}'):
        assert socket.send(rubbish).status in {400, 413}
    assert socket.ask("hello").status == 200
    assert listed(ann) == {socket.connection_id}
