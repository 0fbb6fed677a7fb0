"""`make rehearse-restore`: lose what people wrote, and bring it back, on a stack of its own that nobody else sees.

What restores is deploy/restore.py, as it does on AWS. There it can also go back to any second; the local DynamoDB has
backups alone.
"""

import secrets
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from deploy.restore import Restoration, Source
from local import ports, progress
from local.errors import LocalError
from local.stack import STACK_NAME, Stack

TIMEOUT = 30.0
BACKUP = "rehearsal"


class Person:
    """Somebody with an account."""

    def __init__(self, http: httpx.Client, nickname: str) -> None:
        """Register somebody, and log in."""
        self._http = http
        name = f"{nickname}_{secrets.token_hex(3)}"
        login = {"email": f"{name}@example.com", "password": f"Aa1!{secrets.token_urlsafe(12)}"}
        self._headers: dict[str, str] = {}
        self.user_id = str(self.ask("POST", "/users", {"username": name, **login})["userId"])
        session = self.ask("POST", "/sessions", login)
        self._headers = {"Authorization": f"Bearer {session['accessToken']}"}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask the REST API.

        Raises:
            LocalError: It refused.
        """
        answer = self._request(method, path, body)
        if answer.is_error:
            raise LocalError(f"{method} {path} was answered with {answer.status_code}.")
        found: dict[str, Any] = answer.json()
        return found

    def sees(self, chat_id: str) -> bool:
        """Say whether there is such a chat for them."""
        return self._request("GET", f"/chats/{chat_id}").is_success

    def say(self, chat_id: str, text: str) -> int:
        """Send a message, and return its seq."""
        return int(self.ask("POST", f"/chats/{chat_id}/messages", {"text": text})["seq"])

    def _request(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        return self._http.request(method, path, json=body, headers=self._headers)

    def reads(self, chat_id: str) -> list[tuple[int, str]]:
        """Return the history of a chat: seq and text."""
        messages = self.ask("GET", f"/chats/{chat_id}/messages")["messages"]
        return [(one["seq"], one["text"]) for one in messages]


def rehearse(stack: Stack) -> None:
    """Go through it once.

    Raises:
        LocalError: What came back is not what was lost.
    """
    restoration = Restoration(STACK_NAME, stack.client)
    with httpx.Client(base_url=stack.endpoints.api_url, timeout=TIMEOUT) as http:
        ann, bob = Person(http, "ann"), Person(http, "bob")
        chat_id = str(ann.ask("POST", "/chats", {"kind": "direct", "memberIds": [bob.user_id]})["chatId"])
        for number in range(5):
            ann.say(chat_id, f"before {number}")
        before = bob.reads(chat_id)
        with progress.step("a backup of every table"):
            restoration.back_up(BACKUP)

        with progress.step("somebody deletes every item"):
            _lose(stack, restoration)
        _require(not ann.sees(chat_id), "Nothing was lost.")
        _require(_timed("what is missing, brought back", restoration, exactly=False) > 0, "Nothing was brought back.")
        _require(bob.reads(chat_id) == before, "The history is not what it was.")

        ann.say(chat_id, "since then")
        _timed("everything exactly as it was then", restoration, exactly=True)
        _require(bob.reads(chat_id) == before, "The history is not what it was then.")
        _require(ann.say(chat_id, "again") == before[-1][0] + 1, "The log does not go on where it was.")


def _lose(stack: Stack, restoration: Restoration) -> None:
    """Delete everything, as whoever has the keys could."""
    dynamodb = stack.client("dynamodb")
    for table in restoration.tables():
        names = [key["AttributeName"] for key in dynamodb.describe_table(TableName=table)["Table"]["KeySchema"]]
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                dynamodb.delete_item(TableName=table, Key={name: item[name] for name in names})


def _timed(what: str, restoration: Restoration, *, exactly: bool) -> int:
    started = time.monotonic()
    results = list(restoration.run(Source(backup=BACKUP), exactly=exactly))
    brought_back, removed = sum(one.brought_back for one in results), sum(one.removed for one in results)
    seconds = time.monotonic() - started
    print(f"  {what}: {len(results)} tables, {brought_back} items, {removed} removed, {seconds:.1f} s", flush=True)
    return brought_back


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise LocalError(otherwise)


def main() -> int:
    """Rehearse on a stack that is thrown away."""
    try:
        with (
            tempfile.TemporaryDirectory(prefix="kaiwa-rehearsal-") as folder,
            Stack(Path(folder), ports.free(), ["http://127.0.0.1:8080"], progress.step) as stack,
        ):
            rehearse(stack)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    print("  all of it came back")
    return 0


if __name__ == "__main__":
    sys.exit(main())
