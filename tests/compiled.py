"""The template as CloudFormation gets it, and what its alarms would say of given metrics."""

import json
import os
import re
import subprocess
from functools import cache
from typing import Any

from deploy import package
from tests.template import ROOT

STAGE = "prod"

Numbers = dict[str, float]


@cache
def template() -> dict[str, Any]:
    """Return the template of a production stage with everything switched on."""
    package.build_all("arm64")
    folder = ROOT / ".build" / "package" / "watched"
    command = [str(ROOT / "node_modules" / ".bin" / "osls"), "package", "--stage", STAGE, "--package", str(folder)]
    quiet = {"SLS_NOTIFICATIONS_MODE": "off", "SLS_TELEMETRY_DISABLED": "1", "ALARM_MAIL": "operator@example.com"}
    subprocess.run(command, cwd=ROOT, env={**os.environ, **quiet}, check=True, capture_output=True)
    return json.loads((folder / "cloudformation-template-update-stack.json").read_text())


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
