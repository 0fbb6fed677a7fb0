"""What people say and what they prove themselves with reaches no log."""

import secrets

import httpx

from local.stack import Stack
from tests.e2e.people import Person, address
from tests.e2e.test_files import described, upload


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
