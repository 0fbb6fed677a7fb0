"""Look for known vulnerabilities in what is installed here: the Python and npm packages that our locks name.

The auditors are pip-audit and npm's own. Both can answer "nothing found" when nobody could be asked, so here an audit
is clean only if every package was looked up.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PIP_AUDIT = ROOT / ".build" / "audit" / "bin" / "pip-audit"

CLEAN, VULNERABLE, UNKNOWN = 0, 1, 2
"""Exit codes."""

Said = dict[str, Any]


class Unreachable(Exception):
    """The database of advisories could not be asked; the message says what came instead."""


def python() -> list[str]:
    """Return what is known against the packages of requirements.lock, a line each.

    Raises:
        Unreachable: PyPI did not answer, or knew nothing of some packages.
    """
    given = ["--requirement", "requirements.lock", "--no-deps", "--disable-pip"]
    said = _json_of([PIP_AUDIT, *given, "--progress-spinner", "off", "--format", "json"])
    packages = said.get("dependencies", [])
    skipped = [one for one in packages if "skip_reason" in one]
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in packages
        for flaw in one.get("vulns", [])
    ]
    if not packages or (skipped and not found):
        raise Unreachable(f"PyPI told nothing of {len(skipped)} of {len(packages)} packages.")
    return found


def npm() -> list[str]:
    """Return what is known against the packages of package-lock.json, a line each.

    Raises:
        Unreachable: The registry did not answer.
    """
    said = _json_of(["npm", "audit", "--json"])
    if "vulnerabilities" not in said:
        raise Unreachable(str(said.get("message") or said.get("error") or "npm said nothing."))
    return [f"{name}: {one['severity']}, in {one['range']}" for name, one in said["vulnerabilities"].items()]


AUDITS: dict[str, Callable[[], list[str]]] = {"Python": python, "npm": npm}


def _json_of(command: Sequence[str | Path]) -> Said:
    """Run an auditor, whose exit code only repeats what its report says."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        said: Said = json.loads(result.stdout)
    except json.JSONDecodeError:
        lines = result.stderr.strip().splitlines() or [f"it ended with {result.returncode}"]
        raise Unreachable(lines[-1]) from None
    return said


def main() -> int:
    """Make every audit, print what was found, and return the exit code: 1 for a vulnerability, 2 for no answer."""
    code = CLEAN
    for name, audit in AUDITS.items():
        try:
            found = audit()
        except Unreachable as error:
            print(f"{name}: NOT AUDITED. {error}", file=sys.stderr)
            code = code or UNKNOWN
            continue
        for line in found:
            print(f"{name}: {line}")
        if found:
            code = VULNERABLE
        else:
            print(f"{name}: no known vulnerabilities")
    return code


if __name__ == "__main__":
    sys.exit(main())
