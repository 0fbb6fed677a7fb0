"""What people say and what they prove themselves with reaches no log."""

import re
import secrets
from typing import Any
from urllib.parse import quote

import httpx

from core.operations import Operation, Operations
from local import mails
from local.stack import Stack
from tests import template
from tests.e2e.people import Person, address
from tests.e2e.test_files import described, upload
from tests.gateway import handler_of


def test_no_log_holds_words_addresses_passwords_tokens_or_tickets(
    stack: Stack, http: httpx.Client, ann: Person, bob: Person
) -> None:
    word = f"canary{secrets.token_hex(8)}"
    secret = {
        "text": word,
        "name": f"{word}.name",
        "mail address": ann.email,
        "password": ann.password,
        "access token": ann.session["accessToken"].rpartition(".")[2],
        "id token": ann.session["idToken"].rpartition(".")[2],
        "refresh token": ann.session["refreshToken"].rpartition(".")[2],
    }
    phone, listening = ann.open_socket(), bob.open_socket()

    # What succeeds.
    ticket = ann.ticket()
    secret["ticket"] = ticket["ticket"]
    chat_id = phone.ask("createChat", kind="group", name=secret["name"], memberIds=[bob.user_id])["data"]["chatId"]
    ann.say(chat_id, word)
    phone.ask("sendMessage", chatId=chat_id, text=word, clientMessageId=word)
    file_id = upload(ann, word.encode(), secret["name"])["fileId"]
    secret["signature"] = described(ann, file_id)["url"].rpartition("X-Amz-Signature=")[2]
    ann.post("/files/uploads", {"name": secret["name"], "contentType": word, "size": 5})
    phone.ask("getChatHistory", chatId=chat_id)
    assert listening.hears() == [word, word]
    http.post("/sessions/refresh", json={"refreshToken": ann.session["refreshToken"]}).raise_for_status()

    # What is refused.
    http.post("/sessions", json={"email": ann.email, "password": word})
    http.post("/sessions/refresh", json={"refreshToken": word})
    http.post("/users", json={"username": ann.username, "email": ann.email, "password": ann.password})
    http.post("/users", json={"username": word, "email": word, "password": word, word: word})
    http.post("/sessions", content=f'{{"password": "{ann.password}')
    ann.post(f"/chats/{word}/messages", {"text": word, word: word})
    http.get("/users/me", headers={"Authorization": f"Bearer {ann.session['accessToken']}{word}"})
    for frame in (
        word,
        f'{{"action": "{word}"}}',
        f'{{"action": "sendMessage", "chatId": "{word}", "text": ["{word}"]}}',
    ):
        phone.exchange(frame)

    # What fails inside: the chat is broken, so that sending to it raises where nobody foresaw it.
    dynamodb = stack.client("dynamodb")
    dynamodb.update_item(
        TableName="kaiwa-local-chats",
        Key={"chatId": {"S": chat_id}},
        UpdateExpression="SET createdAt = :broken",
        ExpressionAttributeValues={":broken": {"M": {word: {"S": word}}}},
    )
    failed = ann.post(f"/chats/{chat_id}/messages", {"text": word})
    assert (failed.status_code, failed.json()["code"]) == (500, "internal")
    failure = phone.ask("sendMessage", chatId=chat_id, text=word)
    assert (failure["status"], failure["error"]["code"]) == (500, "internal")
    assert word not in failed.text + str(failure)

    log = written(stack)
    # The log is there, and tells of all this by other names.
    assert failed.json()["requestId"] in log
    assert ann.user_id in log
    assert "unforeseen" in log
    assert {kind for kind, value in secret.items() if value in log} == set()
    assert address(ticket) not in log


def test_every_operation_is_driven_and_no_log_holds_what_it_was_given(
    stack: Stack, http: httpx.Client, ann: Person, bob: Person
) -> None:
    """Each operation that there is, over each transport it has, with a canary in every text that it takes."""
    word = f"canary{secrets.token_hex(8)}"
    socket = bob.open_socket()
    chat_id = ann.start_chat(bob)
    message_id = ann.say(chat_id, word)["messageId"]
    file_name = f"{word}.png"
    stored = http.post(
        "/files",
        content=word.encode(),
        headers={**ann.authorization, "Content-Disposition": f'attachment; filename="{file_name}"'},
    )
    assert stored.status_code == 201, stored.text
    call = ann.post("/calls", {"kind": "video", "calleeIds": [bob.user_id]}).raise_for_status().json()
    told = {"callId": call["callId"], "toUserId": ann.user_id, "signal": canary("signal", word, {})}
    assert socket.ask("sendSignal", **told)["status"] == 200
    known = {
        "callId": call["callId"],
        "toUserId": ann.user_id,
        "chatId": chat_id,
        "messageId": message_id,
        "userId": bob.user_id,
        "fileId": stored.json()["fileId"],
        "emoji": "👍",
    }
    driven: set[str] = set()
    for operation, routes in OPERATIONS.values():
        fields = {name: canary(name, word, known) for name in operation.request.__struct_encode_fields__}
        for route in routes:
            method, path = route.split()
            inside = {name: fields[name] for name in re.findall(r"\{(\w+)\}", path)}
            outside = {name: value for name, value in fields.items() if name not in inside}
            place = re.sub(r"\{(\w+)\}", lambda found: quote(str(inside[found[1]]), safe=""), path)  # noqa: B023
            query = outside if method == "GET" else None
            body = None if method == "GET" else outside
            signs_out = operation.name in LEAVING
            who = Person(http, word) if signs_out else ann
            http.request(method, place, params=query, json=body, headers=who.authorization)
            driven.add(operation.name)
        if operation.name in ACTIONS:
            socket.ask(operation.name, **fields)
            driven.add(operation.name)
    assert driven == OPERATIONS.keys()

    # Codes, as they are mailed.
    ann.post("/passwords/forgot", {"email": ann.email})
    begun = http.post("/sessions", json={"email": ann.email, "method": "emailCode"}).json()
    codes = set(
        re.findall(
            r"\b\d{6}\b", " ".join(one["text"] for one in mails.read(stack.aws_endpoint) if one["to"] == ann.email)
        )
    )
    assert codes
    for code in codes:
        http.post("/sessions", json={"email": ann.email, "session": begun["session"], "code": code})

    log = written(stack)
    assert "operation" in log
    assert word not in log
    assert begun["session"] not in log
    # Numbers of six digits may stand in a log by chance (in a time, in an id); a code stands by itself.
    assert not {code for code in codes if re.search(rf"(?<![\w.:-]){code}(?![\w.:-])", log)}


LEAVING = {"signOut", "deleteUser"}


def operations() -> dict[str, tuple[Operation, list[str]]]:
    """Return every operation, with the HTTP routes that lead to it."""
    found: dict[str, tuple[Operation, list[str]]] = {}
    for function in template.functions():
        handler = handler_of(function)
        if isinstance(handler, Operations):
            for route, operation in handler.by_route.items():
                found.setdefault(operation.name, (operation, []))[1].append(route)
            for operation in handler.by_action.values():
                found.setdefault(operation.name, (operation, []))
    return found


OPERATIONS = operations()
ACTIONS = {route.key for route in template.socket_routes()}


def canary(name: str, word: str, known: dict[str, str]) -> Any:
    """Return something for a field: the id that leads on to where texts are taken, a number, or the canary itself."""
    if name in known:
        return known[name]
    if name in {"limit", "seq", "before", "after", "size"}:
        return 1
    if name in {"memberIds", "userIds", "calleeIds", "fileIds"}:
        return [known["userId"], word]
    if name in {"email", "mail"}:
        return f"{word}@example.com"
    return {"description": {"type": "offer", "sdp": f"v=0 {word}"}} if name == "signal" else word


def written(stack: Stack) -> str:
    """Return everything in any log group, and in the files that the stack itself writes beside its state."""
    logs = stack.client("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    assert len(groups) >= 11
    events = [
        event["message"]
        for group in groups
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in page["events"]
    ]
    files = [path.read_text(errors="replace") for path in stack.directory.glob("*.log")]
    assert len(files) == 2
    return "\n".join([*events, *files])
