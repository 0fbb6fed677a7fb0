import json
import secrets
import socket
import struct
import time

import pytest
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from local.stack import Stack
from tests.e2e.people import TIMEOUT, Person, address, wait_until

CONNECTIONS = "kaiwa-local-connections"

FRAMES = {
    "an unknown action": ('{"action": "fly", "requestId": "r"}', 400, "unknown_action"),
    "no action": ("{}", 400, "unknown_action"),
    "an action that is no text": ('{"action": {"a": 1}}', 400, "unknown_action"),
    "the route of opening": ('{"action": "$connect"}', 400, "unknown_action"),
    "the route of closing": ('{"action": "$disconnect"}', 400, "unknown_action"),
    "the route of the unknown": ('{"action": "$default"}', 400, "unknown_action"),
    "an action of REST alone": ('{"action": "createTicket"}', 400, "unknown_action"),
    "broken JSON": ('{"action": "hello"', 400, "malformed_json"),
    "no JSON": ("hello", 400, "malformed_json"),
    "an empty frame": ("", 400, "malformed_json"),
    "a list": ('["hello"]', 400, "malformed_json"),
    "a number": ("1", 400, "malformed_json"),
    "null": ("null", 400, "malformed_json"),
    "depth": ("[" * 10_000, 400, "malformed_json"),
    "bytes": (b"\x00\xff\xfe\xfd", 400, "malformed_json"),
    "an unknown field": ('{"action": "hello", "colour": "red"}', 400, "invalid_request"),
    "a request id that is no text": ('{"action": "hello", "requestId": 1}', 400, "invalid_request"),
    "a text that is none": ('{"action": "sendMessage", "chatId": "c", "text": 5}', 400, "invalid_request"),
    "a missing field": ('{"action": "sendMessage", "text": "hi"}', 400, "invalid_request"),
    "33 KB": (json.dumps({"action": "sendMessage", "chatId": "c", "text": "x" * 33_000}), 413, "too_large"),
    "33 KB of nothing": ("x" * 33_000, 413, "too_large"),
    "33 KB of bytes": (bytes(33_000), 413, "too_large"),
}


def test_hello_tells_about_the_socket(ann: Person) -> None:
    phone = ann.open_socket("anns-phone")
    greeting = phone.ask("hello")
    data = greeting["data"]
    assert greeting == {
        "type": "reply",
        "action": "hello",
        "requestId": greeting["requestId"],
        "status": 200,
        "data": {
            "userId": ann.user_id,
            "deviceId": "anns-phone",
            "connectionExpiresAt": data["connectionExpiresAt"],
            "keepAliveSeconds": data["keepAliveSeconds"],
            "serverTime": data["serverTime"],
        },
    }
    assert 0 < data["keepAliveSeconds"] < 600
    assert data["serverTime"] < data["connectionExpiresAt"]


@pytest.mark.parametrize(("frame", "status", "code"), FRAMES.values(), ids=FRAMES)
def test_a_bad_frame_is_answered_and_the_socket_stays_open(
    ann: Person, frame: str | bytes, status: int, code: str
) -> None:
    phone = ann.open_socket()
    answer = phone.exchange(frame)
    assert (answer["type"], answer["status"], answer["error"]["code"]) == ("reply", status, code)
    assert "data" not in answer
    assert phone.ask("hello")["data"]["userId"] == ann.user_id
    assert ann.get("/users/me").json()["online"] is True


def test_a_ping_costs_no_invocation(stack: Stack, ann: Person) -> None:
    phone = ann.open_socket()

    def invocations() -> set[tuple[str, str]]:
        """Every invocation writes into a log stream of its own. Sockets of earlier tests may still be closing."""
        logs = stack.client("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        groups.remove("/aws/lambda/kaiwa-local-Disconnect")
        return {
            (group, stream["logStreamName"])
            for group in groups
            for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
            for stream in page["logStreams"]
        }

    before = invocations()
    for _ in range(20):
        assert phone.exchange('{"action": "ping", "requestId": "r"}') == {"type": "pong"}
    assert invocations() == before

    phone.ask("fly")
    assert len(invocations() - before) == 1


def test_presence_follows_the_sockets(ann: Person, bob: Person) -> None:
    def online() -> bool:
        return bob.get(f"/users/{ann.user_id}").json()["online"]

    assert not online()
    phone, laptop = ann.open_socket("phone"), ann.open_socket("laptop")
    assert online()
    phone.close()
    laptop.ask("hello")
    assert online()
    laptop.close()
    wait_until(lambda: not online())
    assert "lastSeenAt" in bob.get(f"/users/{ann.user_id}").json()


def test_a_socket_cut_without_a_close_is_taken_off_the_list(stack: Stack, ann: Person, bob: Person) -> None:
    line = raw_socket(address(ann.ticket()))
    wait_until(lambda: bob.get(f"/users/{ann.user_id}").json()["online"])
    assert len(listed(stack, ann)) == 1
    # Without lingering, a close is a reset: what a cable that is pulled out comes to in the end.
    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    line.close()
    wait_until(lambda: not bob.get(f"/users/{ann.user_id}").json()["online"])
    assert listed(stack, ann) == set()


def test_the_next_message_forgets_a_socket_that_is_gone_and_no_other(stack: Stack, ann: Person, bob: Person) -> None:
    chat_id = ann.start_chat(bob)
    phone, laptop = bob.open_socket("phone"), bob.open_socket("laptop")
    living = listed(stack, bob)
    assert len(living) == 2
    now = int(time.time() * 1000)
    gone, young = f"old#{secrets.token_hex(8)}#{now - 6_000}", f"new#{secrets.token_hex(8)}#{now + 30_000}"
    stack.client("dynamodb").update_item(
        TableName=CONNECTIONS,
        Key={"userId": {"S": bob.user_id}},
        UpdateExpression="ADD sockets :more",
        ExpressionAttributeValues={":more": {"SS": [gone, young]}},
    )

    ann.say(chat_id, "still there?")
    assert listed(stack, bob) == {*living, young}
    assert phone.hears() == laptop.hears() == ["still there?"]


def listed(stack: Stack, person: Person) -> set[str]:
    """Return the elements of a person's set of sockets."""
    answer = stack.client("dynamodb").get_item(
        TableName=CONNECTIONS, Key={"userId": {"S": person.user_id}}, ConsistentRead=True
    )
    return set(answer.get("Item", {}).get("sockets", {}).get("SS", ()))


def raw_socket(url: str) -> socket.socket:
    """Open a socket that nothing but this test holds, so that it can be cut."""
    uri = parse_uri(url)
    protocol = ClientProtocol(uri)
    protocol.send_request(protocol.connect())
    line = socket.create_connection((uri.host, uri.port), TIMEOUT)
    for data in protocol.data_to_send():
        line.sendall(data)
    assert line.recv(4096).startswith(b"HTTP/1.1 101 ")
    return line
