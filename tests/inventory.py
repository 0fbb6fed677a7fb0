"""What is deployed, and what is known of it, as the weekly audit asks: all is well unless a test tells otherwise."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from adapters import functions, package_index, scanner, work_items
from adapters.scanner import Finding
from tests.calls import WORK, Calls


class Inventory:
    """Takes the place of Lambda, Inspector, PyPI and OpsCenter.

    Attributes:
        bundled: The libraries of the deployed package.
        published: What PyPI tells of a library or a version, where it is not what is bundled.
        runtimes: The deployed functions by what runs them.
        inspected: Whether Inspector looks at functions.
        findings: What it found.
        work: The OpsItems that are open, by their keys.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.bundled = {"msgspec": "0.22.0"}
        self.published: dict[str, dict[str, Any]] = {}
        self.runtimes = {"python3.13": ["kaiwa-test-Chat", "kaiwa-test-Account"]}
        self.inspected = False
        self.findings: list[Finding] = []
        self.work: dict[str, dict[str, Any]] = {}

    def replace(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand in for the adapters."""
        monkeypatch.setattr(functions, "by_runtime", self._by_runtime)
        monkeypatch.setattr(package_index, "bundled", lambda: self.bundled)
        monkeypatch.setattr(package_index, "_ask", self._about)
        monkeypatch.setattr(scanner, "is_on", lambda: self._make("BatchGetAccountStatus", self.inspected))
        monkeypatch.setattr(scanner, "turn_on", self._turn_on)
        monkeypatch.setattr(scanner, "findings", self._findings)
        monkeypatch.setattr(work_items, "open_once", self._open_once)

    def _make(self, operation: str, answer: Any) -> Any:
        return self._calls.make(operation, {}, lambda: answer)

    def _by_runtime(self, prefix: str) -> dict[str, list[str]]:
        assert prefix == "kaiwa-test-"
        return self._make("ListFunctions", self.runtimes)

    def _about(self, what: str) -> Any:
        library, _, version = what.partition("/")
        plain = {"info": {"version": version or self.bundled[library]}}
        return msgspec.convert(self.published.get(what, plain), package_index._Answer)

    def _turn_on(self) -> None:
        self._make("Enable", None)
        self.inspected = True

    def _findings(self, prefix: str) -> Iterator[Finding]:
        assert prefix == "kaiwa-test-"
        yield from self._make("ListFindings", self.findings)

    def _open_once(self, key: str, title: str, description: str, severity: int) -> bool:
        item = {"title": title, "description": description, "severity": severity}
        return self._make(WORK, self.work.setdefault(key, item) is item)
