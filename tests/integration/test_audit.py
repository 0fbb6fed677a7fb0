"""The weekly audit: what it finds, opens once, and counts."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from adapters.scanner import Finding
from core import telemetry
from domain import audit
from tests.calls import Calls
from tests.conftest import Clock
from tests.gateway import Gateway
from tests.inventory import Inventory

CLEAN = {"scanned": 0, "vulnerable": 0, "outdated": 0, "ending": 0}


@pytest.fixture
def inventory(gateway: Gateway) -> Inventory:
    return gateway.inventory


def run(gateway: Gateway) -> dict[str, Any]:
    return gateway.invoke("AuditStack", {})


def counted(capsys: pytest.CaptureFixture[str]) -> dict[str, list[float]]:
    """Return the metrics of the last audit."""
    line = json.loads(capsys.readouterr().out.splitlines()[-1])
    (described,) = line["_aws"]["CloudWatchMetrics"]
    return {metric["Name"]: line[metric["Name"]] for metric in described["Metrics"]}


def finding(vulnerability: str, severity: str, function: str, fixed_in: str = "0.23.0") -> Finding:
    return Finding(vulnerability, severity, "msgspec 0.22.0", fixed_in, f"kaiwa-test-{function}")


def test_where_all_is_well_nothing_is_opened_and_zeros_are_counted(
    gateway: Gateway, inventory: Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(gateway) == {"found": CLEAN, "opened": 0, "failed": []}
    assert inventory.work == {}
    assert counted(capsys) == {
        "vulnerabilities": [0],
        "libraries_outdated": [0],
        "runtimes_ending": [0],
        "audits_failed": [0],
    }


def test_a_vulnerability_in_many_functions_is_one_thing_to_do(
    gateway: Gateway, inventory: Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory.findings = [
        finding("CVE-2026-1", "MEDIUM", "Chat"),
        finding("CVE-2026-1", "CRITICAL", "Account"),
        finding("CVE-2026-2", "LOW", "Chat", fixed_in=""),
    ]
    assert run(gateway) == {"found": {**CLEAN, "scanned": 2}, "opened": 2, "failed": []}
    assert inventory.work == {
        "kaiwa-test/vulnerability/CVE-2026-1": {
            "title": "kaiwa-test: CVE-2026-1 in msgspec 0.22.0",
            "description": "Inspector found CVE-2026-1 in msgspec 0.22.0; it is fixed in 0.23.0. Raise the pin, "
            "`make lock`, deploy. Functions: kaiwa-test-Account, kaiwa-test-Chat.",
            "severity": 1,
        },
        "kaiwa-test/vulnerability/CVE-2026-2": {
            "title": "kaiwa-test: CVE-2026-2 in msgspec 0.22.0",
            "description": "Inspector found CVE-2026-2 in msgspec 0.22.0; it is fixed in no version yet. Raise the "
            "pin, `make lock`, deploy. Functions: kaiwa-test-Chat.",
            "severity": 4,
        },
    }
    assert counted(capsys)["vulnerabilities"] == [2]


def test_what_is_open_is_not_opened_again_and_still_counts(
    gateway: Gateway, inventory: Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory.findings = [finding("CVE-2026-1", "HIGH", "Chat")]
    assert [run(gateway)["opened"] for _ in range(3)] == [1, 0, 0]
    assert counted(capsys)["vulnerabilities"] == [1]


def test_what_pypi_knows_too_is_the_same_thing_to_do(gateway: Gateway, inventory: Inventory) -> None:
    inventory.findings = [finding("CVE-2026-1", "HIGH", "Chat")]
    inventory.published["msgspec/0.22.0"] = {
        "info": {"version": "0.22.0"},
        "vulnerabilities": [
            {"id": "PYSEC-2026-7", "aliases": ["GHSA-x", "CVE-2026-1"], "fixed_in": ["0.22.1"], "withdrawn": None},
            {"id": "PYSEC-2026-8", "aliases": [], "fixed_in": ["0.22.1"], "withdrawn": "2026-05-01T00:00:00Z"},
            {"id": "PYSEC-2026-9", "aliases": [], "fixed_in": []},
        ],
    }
    assert run(gateway) == {"found": {**CLEAN, "scanned": 1, "vulnerable": 2}, "opened": 2, "failed": []}
    assert inventory.work.keys() == {
        "kaiwa-test/vulnerability/CVE-2026-1",
        "kaiwa-test/vulnerability/PYSEC-2026-9",
    }


def test_an_outdated_library_is_opened_once_however_many_versions_pass_it_by(
    gateway: Gateway, inventory: Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    for version, opened in (("0.23.0", 1), ("0.24.0", 0)):
        inventory.published["msgspec"] = {"info": {"version": version}}
        assert run(gateway) == {"found": {**CLEAN, "outdated": 1}, "opened": opened, "failed": []}
    (item,) = inventory.work.values()
    assert item["title"] == "kaiwa-test: msgspec 0.22.0 is outdated"
    assert item["severity"] == 4
    assert counted(capsys)["libraries_outdated"] == [1]


END = int(datetime(2029, 6, 30, tzinfo=UTC).timestamp())
DAY = 24 * 60 * 60


@pytest.mark.parametrize(("days_before", "severity"), [(181, None), (180, 3), (1, 3), (0, 2), (-400, 2)])
def test_a_runtimes_end_is_told_half_a_year_before(
    days_before: int, severity: int | None, gateway: Gateway, inventory: Inventory, clock: Clock
) -> None:
    clock.advance(END - days_before * DAY - clock.seconds())
    assert run(gateway)["found"]["ending"] == (severity is not None)
    assert [item["severity"] for item in inventory.work.values()] == ([severity] if severity else [])


def test_a_runtime_that_the_audit_does_not_know_is_told(
    gateway: Gateway, inventory: Inventory, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory.runtimes["ruby9"] = ["kaiwa-test-Other"]
    assert run(gateway)["found"]["ending"] == 1
    assert inventory.work["kaiwa-test/runtime/ruby9"]["title"] == (
        "kaiwa-test: the runtime ruby9 is not known to the audit"
    )
    assert counted(capsys)["runtimes_ending"] == [1]


def test_inspector_is_turned_on_where_the_stage_says_so_and_once(gateway: Gateway, calls: Calls) -> None:
    run(gateway)
    run(gateway)
    assert [call.operation for call in calls.made].count("Enable") == 1


def test_inspector_is_left_alone_where_the_stage_does_not_ask_for_it(
    gateway: Gateway, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INSPECTOR", "false")
    audit.settings.cache_clear()
    run(gateway)
    assert "Enable" not in [call.operation for call in calls.made]


def test_a_check_that_fails_hides_nothing_and_is_told(
    gateway: Gateway,
    inventory: Inventory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: StringIO,
) -> None:
    def silent(_what: str) -> None:
        raise TimeoutError("secret")

    monkeypatch.setattr(audit.package_index, "_ask", silent)
    inventory.findings = [finding("CVE-2026-1", "HIGH", "Chat")]
    inventory.runtimes = {"ruby9": ["kaiwa-test-Other"]}
    assert run(gateway) == {
        "found": {**CLEAN, "scanned": 1, "ending": 1},
        "opened": 2,
        "failed": ["vulnerable", "outdated"],
    }
    assert counted(capsys)["audits_failed"] == [2]
    assert '"error":"TimeoutError"' in log.getvalue()
    assert "secret" not in log.getvalue()


def test_nothing_of_an_audit_belongs_to_a_request(gateway: Gateway) -> None:
    run(gateway)
    assert telemetry.correlation_id() is None
