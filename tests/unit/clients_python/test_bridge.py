"""The bridge to a webhook, as Lambda calls it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from bridge import bridge

from domain.absence import KIND, RINGING


def record(name: str, **changes: Any) -> dict[str, Any]:
    detail = {
        "version": 1,
        "chatId": "c",
        "messageId": name,
        "senderId": "ann",
        "sentAt": "now",
        "preview": "my secret",
        "memberIds": ["bob", "eve"],
        **changes,
    }
    return recorded("message.missed", name, detail)


def ringing(name: str, **changes: Any) -> dict[str, Any]:
    detail = {
        "version": 1,
        "callId": name,
        "callKind": "video",
        "callerId": "ann",
        "callerName": "Ann",
        "ringExpiresAt": "2999-01-01T00:00:00.000Z",
        "calleeIds": ["bob", "eve"],
        **changes,
    }
    return recorded("call.ringing", name, detail)


def recorded(kind: str, name: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {"messageId": f"record-{name}", "body": json.dumps({"detail-type": kind, "detail": detail})}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Who was told of which message; whoever is told of m2 is not there."""
    told: list[tuple[str, str]] = []

    def tell(notification: dict[str, Any]) -> None:
        if notification["messageId"] == "m2":
            raise OSError("my secret")
        told.append((notification["messageId"], notification["userId"]))

    monkeypatch.setattr(bridge, "tell", tell)
    return told


def test_each_member_is_told_and_what_fails_alone_comes_again(
    told: list[tuple[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    answer = bridge.handler({"Records": [record("m1"), record("m2"), record("m3")]}, None)
    assert told == [("m1", "bob"), ("m1", "eve"), ("m3", "bob"), ("m3", "eve")]
    assert answer == {"batchItemFailures": [{"itemIdentifier": "record-m2"}]}
    assert "secret" not in capsys.readouterr().err


def test_each_callee_is_told_while_it_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[dict[str, Any]] = []
    monkeypatch.setattr(bridge, "tell", told.append)
    calls = [ringing("call"), ringing("late", ringExpiresAt="2026-01-01T00:00:00.000Z")]
    assert bridge.handler({"Records": calls}, None) == {"batchItemFailures": []}
    common = {"type": "call.ringing", "title": "Ann", "body": "Incoming video call", "chatId": None, "callId": "call"}
    common |= {"callerId": "ann", "ringExpiresAt": "2999-01-01T00:00:00.000Z"}
    assert told == [{**common, "userId": "bob"}, {**common, "userId": "eve"}]


def test_every_kind_that_the_rule_lets_through_is_understood() -> None:
    template = (Path(bridge.__file__).parent / "template.yml").read_text()
    (kinds,) = re.findall(r"detail-type: \[(.*?)\]", template)
    assert kinds.split(", ") == list(bridge.NOTIFICATIONS) == [KIND, RINGING]


def test_an_event_of_another_version_is_not_guessed_at(told: list[tuple[str, str]]) -> None:
    broken = [record("m1", version=2), ringing("c", version=2), recorded("chat.closed", "x", {"version": 1})]
    broken.append({"messageId": "record-x", "body": "no JSON"})
    assert len(bridge.handler({"Records": broken}, None)["batchItemFailures"]) == 4
    assert told == []


def test_a_body_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    # RFC 4231, test case 2.
    monkeypatch.setenv("WEBHOOK_SECRET", "Jefe")
    assert bridge.signature(b"what do ya want for nothing?") == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
