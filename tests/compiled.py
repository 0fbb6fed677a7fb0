"""The template as CloudFormation gets it, and what its alarms would say of given metrics."""

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from deploy import package
from tests.template import ROOT

STAGE = "prod"

EVERYTHING = {
    "ALARM_MAIL": "operator@example.com",
    "API_DOMAIN": "api.example.com",
    "SOCKET_DOMAIN": "socket.example.com",
    "CERTIFICATE": "arn:aws:acm:us-east-1:123456789012:certificate/00000000-0000-0000-0000-000000000000",
    "WEB_ACL": "arn:aws:wafv2:us-east-1:123456789012:global/webacl/kaiwa-prod/0",
    "EDGE_CERTIFICATE": "arn:aws:acm:us-east-1:123456789012:certificate/11111111-1111-1111-1111-111111111111",
    "PERMISSIONS_BOUNDARY": "arn:aws:iam::123456789012:policy/kaiwa-prod-github-Boundary-0",
    "WEB_ORIGINS": "https://chat.example.com,https://example.org",
}

Numbers = dict[str, float]


@cache
def template() -> dict[str, Any]:
    """Return the template of a production stage with everything switched on."""
    # Several processes may test at the same time, each with a folder of its own.
    worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
    return read(written(ROOT / ".build" / "package" / f"watched-{worker}"))


def read(file: Path) -> dict[str, Any]:
    """Return the template that a file holds."""
    found: dict[str, Any] = json.loads(file.read_text())
    return found


def written(folder: Path, **environment: str) -> Path:
    """Package a production stage into a folder, and return the file of its template."""
    package.build_all("arm64")
    command = [str(ROOT / "node_modules" / ".bin" / "osls"), "package", "--stage", STAGE, "--package", str(folder)]
    quiet = {"SLS_NOTIFICATIONS_MODE": "off", "SLS_TELEMETRY_DISABLED": "1"}
    environment = {**os.environ, **quiet, **EVERYTHING, **environment}
    with package.turn():
        made = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "cloudformation-template-update-stack.json"


def of_type(name: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, under their logical ids."""
    found = template()["Resources"].items()
    return {key: resource["Properties"] for key, resource in found if resource["Type"] == name}


def alarms() -> dict[str, dict[str, Any]]:
    """Return every alarm, under its logical id."""
    return of_type("AWS::CloudWatch::Alarm") | of_type("AWS::CloudWatch::CompositeAlarm")


class Query:
    """A query of Metrics Insights, of the one kind that the template uses."""

    def __init__(self, text: str) -> None:
        found = re.fullmatch(r'SELECT (SUM|MAX)\((\w+)\) FROM SCHEMA\("([\w/]+)", ([\w, ]+)\) WHERE (.+)', text)
        assert found, text
        self.statistic, self.metric, self.namespace = found[1], found[2], found[3]
        self.dimensions = set(found[4].split(", "))
        conditions = [re.fullmatch(r"(\w+) = '([^']+)'", part) for part in found[5].split(" OR ")]
        assert all(conditions), text
        self.wanted = {(one[1], one[2]) for one in conditions if one}

    def value(self, given: dict[tuple[str, str], float]) -> float:
        """Return what the query makes of values of its metric, by a dimension and its value."""
        chosen = [value for key, value in given.items() if key in self.wanted]
        if not chosen:
            return 0
        return sum(chosen) if self.statistic == "SUM" else max(chosen)


def computed(alarm: dict[str, Any], given: Numbers) -> float:
    """Evaluate an alarm's expression: arithmetic over ids, and FILL.

    Args:
        alarm: The alarm.
        given: The sums of its metrics by name; what is missing has no data.
    """
    names = {one["Id"]: one["MetricStat"]["Metric"]["MetricName"] for one in alarm["Metrics"] if "MetricStat" in one}
    assert not set(given) - set(names.values()), "a metric that the alarm does not look at"
    (expression,) = (one["Expression"] for one in alarm["Metrics"] if "Expression" in one)
    assert re.fullmatch(r"[\w\s+/(),]+", expression)
    values = {name: given.get(metric) for name, metric in names.items()}
    known = {"FILL": lambda value, other: other if value is None else value, "__builtins__": {}}
    return float(eval(expression, known, values))


def rings(alarm: dict[str, Any], value: float) -> bool:
    """Say whether a value breaches the alarm's threshold."""
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    return value > alarm["Threshold"]
