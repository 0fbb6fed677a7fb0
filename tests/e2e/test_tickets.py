import hashlib
import time

import pytest
from websockets.exceptions import InvalidStatus

from local.stack import Stack
from tests.e2e.people import Person, Socket, address, at_once


def opens(url: str) -> bool:
    """Try to open a socket, and say whether it opened or was refused as the protocol has it."""
    try:
        socket = Socket(url)
    except InvalidStatus as refusal:
        if refusal.response.status_code not in {401, 403}:
            raise
        return False
    assert socket.ask("hello")["status"] == 200
    socket.close()
    return True


def test_a_ticket_opens_one_socket_of_its_owner(stack: Stack, ann: Person) -> None:
    ticket = ann.ticket("anns-phone")
    assert ticket == {"ticket": ticket["ticket"], "url": stack.endpoints.socket_url, "expiresIn": 60}
    socket = Socket(address(ticket))
    greeting = socket.ask("hello")["data"]
    socket.close()
    assert (greeting["userId"], greeting["deviceId"]) == (ann.user_id, "anns-phone")


def test_a_used_ticket_opens_nothing(ann: Person) -> None:
    ticket = ann.ticket()
    assert opens(address(ticket))
    assert not opens(address(ticket))


def test_a_ticket_used_five_times_at_once_opens_one_socket(ann: Person) -> None:
    ticket = ann.ticket()
    opened = at_once(*[lambda: opens(address(ticket))] * 5)
    assert sorted(opened) == [False] * 4 + [True]


def test_a_late_ticket_opens_nothing(stack: Stack, ann: Person) -> None:
    late, timely = ann.ticket(), ann.ticket()
    for ticket, seconds in ((late, -1), (timely, 30)):
        stack.client("dynamodb").update_item(
            TableName="kaiwa-local-tickets",
            Key={"digest": {"S": hashlib.sha256(ticket["ticket"].encode()).hexdigest()}},
            UpdateExpression="SET expiresAt = :at",
            ConditionExpression="attribute_exists(expiresAt)",
            ExpressionAttributeValues={":at": {"N": str(int(time.time()) + seconds)}},
        )
    assert not opens(address(late))
    assert opens(address(timely))


@pytest.mark.parametrize("query", ["?ticket=invented", "?ticket=", "?tickets=1", ""])
def test_no_ticket_or_an_invented_one_opens_nothing(stack: Stack, query: str) -> None:
    assert not opens(stack.endpoints.socket_url + query)


def test_an_access_token_opens_no_socket(stack: Stack, ann: Person) -> None:
    assert not opens(f"{stack.endpoints.socket_url}?ticket={ann.session['accessToken']}")
