import json
from io import StringIO

import pytest

from core import telemetry


def test_counts_are_sent_once_in_cloudwatchs_embedded_format(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("pushes_delivered", 3)
    telemetry.count("pushes_gone")
    telemetry.flush()
    telemetry.flush()
    (line,) = capsys.readouterr().out.splitlines()
    sent = json.loads(line)
    assert (sent["pushes_delivered"], sent["pushes_gone"]) == ([3.0], [1.0])
    (described,) = sent["_aws"]["CloudWatchMetrics"]
    assert described["Namespace"] == "Kaiwa"
    assert (sent["service"], described["Dimensions"]) == ("kaiwa-test", [["service"]])
    assert {metric["Name"] for metric in described["Metrics"]} == {"pushes_delivered", "pushes_gone"}


def test_nothing_is_sent_where_nothing_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.flush()
    assert capsys.readouterr().out == ""


def test_metrics_and_lines_name_the_request(capsys: pytest.CaptureFixture[str], log: StringIO) -> None:
    telemetry.begin("r1")
    telemetry.count("one")
    telemetry.logger.info("two")
    telemetry.flush()
    assert json.loads(capsys.readouterr().out)["correlation_id"] == "r1"
    assert json.loads(log.getvalue())["correlation_id"] == "r1"


def test_a_count_by_a_dimension_is_one_in_all_too(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.count("calls_ended", by=("reason", "hangup"))
    telemetry.count("calls_ended", by=("reason", "missed"))
    telemetry.flush()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    by_dimensions = {
        (frozenset(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]), line.get("reason")): line["calls_ended"]
        for line in lines
    }
    assert by_dimensions == {
        (frozenset({"service", "reason"}), "hangup"): [1.0],
        (frozenset({"service", "reason"}), "missed"): [1.0],
        (frozenset({"service"}), None): [1.0, 1.0],
    }


def test_durations_are_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.measure("delivery_lag", 12)
    telemetry.flush()
    (described,) = json.loads(capsys.readouterr().out)["_aws"]["CloudWatchMetrics"]
    assert described["Metrics"] == [{"Name": "delivery_lag", "Unit": "Milliseconds"}]
