"""The report, of numbers that were made up: every field of it is filled, and its verdicts are what the numbers say."""

import json
import xml.etree.ElementTree as ET
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from bench import cold_start, fan_out, operations, report, soak
from bench.cold_start import Start
from bench.meter import Costs
from bench.report import Results
from bench.warm_path import PATTERNS, SIZES, Measured, Warm
from tests import template

COMMON = {"ours": 1.0, "common": 4.0, "exact": 6.0, "naive": 8.0, "bare": 0.1}
"""Milliseconds."""


UNITS = {"common": 6.0, "exact": 10.0}
"""Written for a message; others write 2."""


def costs(units: float = 2) -> Costs:
    calls = {"PutItem": 1, "PostToConnection": 2}
    return Costs(calls, 1000, 1000, units, 1, {"dynamodb": 2, "execute-api": 1})


def warm(pattern: str, times: float) -> Warm:
    return Warm(COMMON[pattern] * times, 600, costs(UNITS.get(pattern, 2)))


def results(times: float = 1, hot: float = 90) -> Results:
    messages = {
        pattern: {size: warm(pattern, times if pattern == "ours" else 1) for size in SIZES} for pattern in PATTERNS
    }
    talk = operations.CONVERSATION
    names: dict[str, tuple[str, ...]] = {
        talk: (
            *("createTicket", "(authorizer)", "$connect", "$disconnect", "hello", "getEvents", "getChatHistory"),
            *("startCall", "acceptCall", "sendSignal", "endCall", "markRead"),
        )
    }
    names |= {f"{length:,} messages": ("sendMessage",) for length in operations.LENGTHS}
    names |= {f"{number:,} chats": ("listChats, 20",) for number in operations.CHATS}
    started = dict.fromkeys([*template.functions(), cold_start.UNCOMPILED], Start(hot, 100, 30, 300))
    trips = {name: [1.0, 2.0, 3.0] for name in ("ping", "unknown action", "sendMessage")}
    return Results(
        cold_start={**started, cold_start.YARDSTICK: Start(100, 100, 50, 400)},
        warm_path=Measured(messages, Warm(3, 400, costs()), Warm(1, 400, costs())),
        round_trips=trips,
        slow_round_trips={**trips, "sendMessage": [50.0, 60.0, 70.0]},
        posts={"boto3, 1 thread": 100.0, "boto3, 32 threads": 90.0, "ours": 900.0},
        operations={place: {name: costs() for name in some} for place, some in names.items()},
        fan_out={
            pattern: {sockets: fan_out.Reach(float(sockets), sockets + 1.0) for sockets in fan_out.SOCKETS}
            for pattern in ("ours", "common", "naive")
        },
    )


@pytest.fixture
def document(monkeypatch: pytest.MonkeyPatch) -> Any:
    # The size of the zips is all that the report takes from elsewhere.
    monkeypatch.setattr("deploy.package.build", lambda *_: report.TEMPLATE)
    return report._document


def test_the_report_has_everything(document: Any) -> None:
    text = document(results())
    assert "{" not in text
    assert all(f"| {name} |" in text or f"**{name}**" in text for name in template.functions())


def test_goals_that_are_met_are_said_to_be(document: Any) -> None:
    text = document(results())
    assert "NOT met" not in text
    assert "| 2 | 2,000 | 4.0 times | 8.0 times | $1.38 | 2.8 times less | 4.6 times less | about the same |" in text
    # A scan of 1,002 sockets took one unit, of 0.125 dollars a million.
    assert "a message to two costs $2 a million where 10,000 are open and $14 a million where 100,000 are open" in text


@pytest.mark.parametrize(("times", "hot"), [(2.0, 90), (1, 130)])
def test_goals_that_are_not_met_are_said_not_to_be(times: float, hot: float, document: Any) -> None:
    assert document(results(times, hot)).count("NOT met") == 1


def test_a_price_that_is_no_better_is_said_and_explained(document: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UNITS, "common", 3.0)
    text = document(results())
    assert "takes 1.5 times as much; by size the goal is met in chats of no size, and NOT met in those of 2, 10" in text
    assert "as the exact pattern, the goal is met in chats of every size." in text


def test_what_the_soak_found_is_told(document: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "SOAK", tmp_path / "soak.json")
    assert "It has not been run." in document(results())
    said = soak.Summary("2026-11-27", 1000, 0, 600.0, 2000, 3000, 25, 15000, 12.0, 40.0, 0)
    report.SOAK.write_text(json.dumps(asdict(said)))
    assert "15,000 received by 25 listeners. **Nothing was lost and nothing doubled.**" in document(results())
    report.SOAK.write_text(json.dumps({**asdict(said), "problems": 2}))
    assert "**2 were NOT as sent.**" in document(results())


def test_plots_are_drawings() -> None:
    for plot in report._plots(results()).values():
        assert ET.fromstring(plot).tag.endswith("svg")
