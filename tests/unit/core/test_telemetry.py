import json

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
    assert {metric["Name"] for metric in described["Metrics"]} == {"pushes_delivered", "pushes_gone"}


def test_nothing_is_sent_where_nothing_was_counted(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.flush()
    assert capsys.readouterr().out == ""
