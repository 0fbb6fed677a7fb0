"""The rule by example: what clients/vectors says, done by the Python client."""

import json
from pathlib import Path
from typing import Any

import pytest

from kaiwa import backoff
from kaiwa.log import Log, place_to_begin
from kaiwa.outbox import Outbox
from kaiwa.view import View

VECTORS = Path(__file__).resolve().parents[3] / "clients" / "vectors"


def vectors(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text())


def cases(name: str) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(one, id=one["name"]) for one in vectors(name)["cases"]])


def event(seq: int) -> Any:
    return {"type": "message.created", "chatId": "chat", "seq": seq}


@cases("log")
def test_log(case: dict[str, Any]) -> None:
    log = Log(case["after"])
    for step in case["steps"]:
        added = what_comes(log, step)
        seen = {
            "added": [one["seq"] for one in added],
            "held": [one["seq"] for one in log.events],
            "contiguous": log.contiguous,
            "gaps": [list(gap) for gap in log.gaps],
            "due": log.due(),
        }
        assert {name: seen[name] for name in step["expect"]} == step["expect"], step


def what_comes(log: Log, step: dict[str, Any]) -> list[Any]:
    now = step["at"]
    if "push" in step:
        return log.take(map(event, step["push"]), now)
    if "reference" in step:
        return log.take([{**event(step["reference"]), "truncated": True}], now)
    if "trim" in step:
        log.trim(step["trim"])
        return []
    if "lastSeq" in step:
        log.hear_of(step["lastSeq"], now)
        return []
    read = step["read"]
    page: Any = {**read, "events": [event(seq) for seq in read["events"]]}
    return log.read(page, read["after"], read["askedAt"], now)


@cases("begin")
def test_where_a_log_begins(case: dict[str, Any]) -> None:
    place = place_to_begin(
        is_old=case["isOld"], read_seq=case["readSeq"], last_seq=case["lastSeq"], heard=case["heard"]
    )
    assert place == case["after"]


@cases("view")
@pytest.mark.parametrize("direction", [1, -1])
def test_view(case: dict[str, Any], direction: int) -> None:
    view = View()
    if "chat" in case:
        view.describe(case["chat"])
    view.apply(case["events"][::direction])
    assert view.messages == case["messages"]
    if "chat" in case:
        assert (sorted(view.member_ids), sorted(view.admins), view.name) == (
            case["members"],
            case["admins"],
            case["title"],
        )


@cases("outbox")
def test_outbox(case: dict[str, Any]) -> None:
    outbox = Outbox()
    for step in case["steps"]:
        if step["do"] == "restart":
            outbox = Outbox(json.loads(json.dumps(outbox.to_json())))
        else:
            answer = what_is_done(outbox, step)
            assert answer == step.get("expect"), step


def what_is_done(outbox: Outbox, step: dict[str, Any]) -> Any:
    match step["do"]:
        case "write":
            outbox.add(step["id"], step["chat"], {"text": step["id"]})
        case "take":
            return [pending.client_message_id for pending in outbox.take()]
        case "states":
            return {one["client_message_id"]: one["state"] for one in outbox.to_json()}
        case "acknowledge":
            return outbox.acknowledge(step["id"])
        case "lose":
            outbox.lose(step["id"])
        case "refuse":
            return outbox.refuse(step["id"], is_temporary=step["temporary"])
        case "retry":
            outbox.retry(step["id"])
        case "discard":
            return outbox.discard(step["id"]) is not None
        case unknown:
            raise AssertionError(unknown)
    return None


@pytest.mark.parametrize("pause", vectors("backoff")["reconnect"], ids=str)
def test_reconnect_delay(pause: dict[str, float]) -> None:
    assert backoff.reconnect_delay(int(pause["attempt"]), lambda: pause["random"]) == pytest.approx(pause["seconds"])


@pytest.mark.parametrize("pause", vectors("backoff")["renewal"], ids=str)
def test_renewal_delay(pause: dict[str, float]) -> None:
    assert backoff.renewal_delay(pause["remaining"], lambda: pause["random"]) == pytest.approx(pause["seconds"])
