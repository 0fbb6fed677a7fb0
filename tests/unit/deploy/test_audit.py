import json
import stat
from pathlib import Path
from typing import Any

import pytest

from deploy import audit

# What pip-audit 2.10 and npm 10 print, less what nobody here reads.
SOUND = {"name": "msgspec", "version": "0.22.0", "vulns": []}
FLAWED = {
    "name": "urllib3",
    "version": "1.26.17",
    "vulns": [{"id": "PYSEC-2023-212", "fix_versions": ["1.26.18", "2.0.7"], "aliases": ["CVE-2023-45803"]}],
}
UNKNOWN = {"name": "av", "skip_reason": "Dependency not found on PyPI and could not be audited: av (18.1.0)"}
NPM_SOUND = {"auditReportVersion": 2, "vulnerabilities": {}, "metadata": {}}
NPM_FLAWED = {"vulnerabilities": {"ws": {"name": "ws", "severity": "high", "range": "8.0.0 - 8.17.0"}}}
NPM_REFUSED = {"message": "405 Method Not Allowed", "statusCode": 405, "error": {"summary": "", "detail": ""}}


@pytest.fixture
def say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put auditors in place that print this and end so."""

    def put(name: str, printed: str, code: int) -> Path:
        program = tmp_path / name
        (tmp_path / f"{name}.out").write_text(printed)
        program.write_text(f"#!/bin/sh\ncat {tmp_path / name}.out\necho 'the network is gone' >&2\nexit {code}\n")
        program.chmod(program.stat().st_mode | stat.S_IEXEC)
        return program

    def say(python: Any, npm: Any, code: int = 0) -> None:
        printed = [one if isinstance(one, str) else json.dumps(one) for one in (python, npm)]
        monkeypatch.setattr(audit, "PIP_AUDIT", put("pip-audit", printed[0], code))
        put("npm", printed[1], code)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return say


def dependencies(*of: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(of), "fixes": []}


def test_what_was_looked_up_and_is_sound_is_clean(say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    say(dependencies(SOUND), NPM_SOUND)
    assert audit.main() == audit.CLEAN
    assert capsys.readouterr().out.splitlines() == [
        "Python: no known vulnerabilities",
        "npm: no known vulnerabilities",
    ]


def test_every_vulnerability_is_named_with_what_mends_it(say: Any, capsys: pytest.CaptureFixture[str]) -> None:
    say(dependencies(SOUND, FLAWED, UNKNOWN), NPM_FLAWED, code=1)
    assert audit.main() == audit.VULNERABLE
    assert capsys.readouterr().out.splitlines() == [
        "Python: urllib3 1.26.17: PYSEC-2023-212, fixed in 1.26.18, 2.0.7",
        "npm: ws: high, in 8.0.0 - 8.17.0",
    ]


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (dependencies(SOUND, UNKNOWN), "PyPI told nothing of 1 of 2 packages."),
        (dependencies(), "PyPI told nothing of 0 of 0 packages."),
        ("", "the network is gone"),
    ],
)
def test_what_could_not_be_looked_up_is_not_clean(
    python: Any, words: str, say: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """pip-audit itself ends with 0 and "No known vulnerabilities found" where it was told of no package at all."""
    say(python, NPM_SOUND)
    assert audit.main() == audit.UNKNOWN
    assert capsys.readouterr().err == f"Python: NOT AUDITED. {words}\n"


@pytest.mark.parametrize(("npm", "words"), [(NPM_REFUSED, "405 Method Not Allowed"), ("", "the network is gone")])
def test_a_registry_that_does_not_answer_is_told(
    npm: Any, words: str, say: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    say(dependencies(SOUND), npm, code=1)
    assert audit.main() == audit.UNKNOWN
    assert capsys.readouterr().err == f"npm: NOT AUDITED. {words}\n"


def test_a_vulnerability_outweighs_silence(say: Any) -> None:
    say(dependencies(FLAWED), NPM_REFUSED, code=1)
    assert audit.main() == audit.VULNERABLE
    say("", NPM_FLAWED, code=1)
    assert audit.main() == audit.VULNERABLE
