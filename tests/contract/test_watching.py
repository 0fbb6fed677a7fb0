"""What watches a production stage: everything is watched, every alarm has a run book, and each one can ring."""

import json
import re
from typing import Any

import pytest

from tests import compiled, template

OPERATIONS = (template.ROOT / "docs" / "operations.md").read_text()
HEADINGS = set(re.findall(r"^### ([\w-]+)$", OPERATIONS, flags=re.MULTILINE))
PREFIX = f"kaiwa-{compiled.STAGE}-"

MOST_RESOURCES = 400
"""CloudFormation takes 500."""

MOST_BYTES = 800_000
"""CloudFormation takes 1 MB from S3 (its user guide, "Understand CloudFormation quotas")."""

MAY_BE_LOGGED = {
    "requestId",
    "requestTime",
    "routeKey",
    "status",
    "error.responseType",
    "integrationStatus",
    "integrationLatency",
    "identity.sourceIp",
    "responseLength",
    "eventType",
    "connectionId",
    "authorizer.principalId",
}
"""API Gateway's variables that hold neither a query (the ticket), nor a header (the token), nor what an error says."""


def run_book(alarm: dict[str, Any]) -> str:
    found = re.search(r" Run book: docs/operations\.md#([\w-]+)$", alarm["AlarmDescription"])
    assert found, alarm["AlarmName"]
    return found[1]


def queries_of_alarms() -> dict[str, compiled.Query]:
    return {
        alarm["AlarmName"].removeprefix(PREFIX): compiled.Query(one["Expression"])
        for alarm in compiled.alarms().values()
        for one in alarm.get("Metrics", [])
        if one.get("Expression", "").startswith("SELECT")
    }


def test_a_production_stage_is_well_below_what_cloudformation_takes() -> None:
    assert len(compiled.template()["Resources"]) < MOST_RESOURCES
    assert len(json.dumps(compiled.template())) < MOST_BYTES


def test_every_alarm_leads_to_its_run_book_and_every_run_book_has_an_alarm() -> None:
    led_to = {run_book(alarm) for alarm in compiled.alarms().values()}
    assert led_to == HEADINGS
    for alarm in compiled.alarms().values():
        assert alarm["AlarmName"].removeprefix(PREFIX).startswith(run_book(alarm))


def test_every_function_is_watched_for_errors_throttles_and_its_time() -> None:
    functions = compiled.of_type("AWS::Lambda::Function").values()
    names = {("FunctionName", one["FunctionName"]) for one in functions}
    queries = queries_of_alarms()
    assert queries["function-errors"].wanted == queries["function-throttles"].wanted == names
    slow = {name: query for name, query in queries.items() if name.startswith("slow-functions-")}
    for name, query in slow.items():
        seconds = int(name.rpartition("-")[2])
        assert query.wanted == {("FunctionName", one["FunctionName"]) for one in functions if one["Timeout"] == seconds}
    assert set().union(*(query.wanted for query in slow.values())) == names


def test_every_table_is_watched() -> None:
    names = {("TableName", one["TableName"]) for one in compiled.of_type("AWS::DynamoDB::Table").values()}
    assert queries_of_alarms()["table-throttles"].wanted == queries_of_alarms()["table-errors"].wanted == names


def test_every_queue_and_what_it_gives_up_is_watched() -> None:
    watched = {
        (alarm["MetricName"], alarm["Dimensions"][0]["Value"]["Fn::GetAtt"][0])
        for alarm in compiled.alarms().values()
        if alarm.get("Namespace") == "AWS/SQS"
    }
    expected = set()
    for name, queue in compiled.of_type("AWS::SQS::Queue").items():
        if "RedrivePolicy" in queue:
            expected |= {
                ("ApproximateAgeOfOldestMessage", name),
                ("ApproximateNumberOfMessagesVisible", queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]),
            }
        else:
            assert name.startswith("Failed")
    assert watched == expected


def test_what_counts_in_the_code_is_what_alarms_look_at() -> None:
    ours = {
        metric["MetricName"]
        for alarm in compiled.alarms().values()
        for metric in [alarm, *(one["MetricStat"]["Metric"] for one in alarm.get("Metrics", []) if "MetricStat" in one)]
        if metric.get("Namespace") == "Kaiwa"
    }
    code = "".join(
        file.read_text() for folder in ("core", "domain", "handlers") for file in (template.ROOT / folder).rglob("*.py")
    )
    counted = set(re.findall(r'telemetry\.(?:count|measure)\(\s*"(\w+)"', code))
    counted |= {"pushes_lost", *(f"pushes_{word}" for word in ("delivered", "gone", "throttled", "failed", "refused"))}
    assert ours
    assert ours <= counted


def test_every_alarm_is_told_but_the_windows_of_another() -> None:
    silent = {name for name, alarm in compiled.alarms().items() if "AlarmActions" not in alarm}
    parts = set(re.findall(r"\w+Alarm", json.dumps([one["AlarmRule"] for one in composites().values()])))
    assert silent == parts
    assert len(parts) == 2 * len(composites()) == 8


def composites() -> dict[str, dict[str, Any]]:
    return compiled.of_type("AWS::CloudWatch::CompositeAlarm")


def test_the_topic_is_encrypted_with_a_key_that_cloudwatch_may_use() -> None:
    (topic,) = compiled.of_type("AWS::SNS::Topic").values()
    assert topic["KmsMasterKeyId"] == {"Ref": "AlarmsKey"}
    key = compiled.of_type("AWS::KMS::Key")["AlarmsKey"]
    _, services = key["KeyPolicy"]["Statement"]
    assert "cloudwatch.amazonaws.com" in services["Principal"]["Service"]
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
    (subscription,) = compiled.of_type("AWS::SNS::Subscription").values()
    assert subscription["Endpoint"] == "operator@example.com"


@pytest.mark.parametrize("stage", ["HttpApiStage", "WebsocketsDeploymentStage"])
def test_access_logs_hold_no_secret(stage: str) -> None:
    settings = compiled.of_type("AWS::ApiGatewayV2::Stage")[stage]["AccessLogSettings"]
    fields = json.loads(settings["Format"])
    assert fields["requestId"] == "$context.requestId"
    assert {value.removeprefix("$context.") for value in fields.values()} <= MAY_BE_LOGGED
    group = compiled.of_type("AWS::Logs::LogGroup")[settings["DestinationArn"]["Fn::GetAtt"][0]]
    assert group["LogGroupName"].endswith("-access")


def test_every_log_is_kept_as_long_as_the_stage_says() -> None:
    groups = compiled.of_type("AWS::Logs::LogGroup")
    assert len(groups) == len(template.functions()) + 2
    assert {group["RetentionInDays"] for group in groups.values()} == {30}


def test_the_queries_ask_every_log() -> None:
    groups = {group["LogGroupName"] for group in compiled.of_type("AWS::Logs::LogGroup").values()}
    queries = compiled.of_type("AWS::Logs::QueryDefinition").values()
    assert len(queries) == 8
    assert {name for query in queries for name in query["LogGroupNames"]} == groups


def expressions(widgets: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [
        part for one in widgets for metric in one["properties"]["metrics"] for part in metric if "expression" in part
    ]


def test_the_dashboard_shows_every_function_table_and_queue() -> None:
    (dashboard,) = compiled.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(dashboard["DashboardBody"]["Fn::Sub"])["widgets"]
    shown = {
        part
        for widget in widgets
        for metric in widget["properties"]["metrics"]
        for part in metric[:4]
        if isinstance(part, str)
    }
    named = {
        one[name]
        for kind, name in (
            ("AWS::Lambda::Function", "FunctionName"),
            ("AWS::DynamoDB::Table", "TableName"),
            ("AWS::SQS::Queue", "QueueName"),
        )
        for one in compiled.of_type(kind).values()
    }
    assert named <= shown
    assert any("reason" in one["expression"] for one in expressions(widgets))


# What the local CloudWatch cannot evaluate


def alarm(name: str) -> dict[str, Any]:
    (found,) = (one for one in compiled.alarms().values() if one["AlarmName"] == PREFIX + name)
    return found


@pytest.mark.parametrize(
    ("name", "dimension", "watched", "quiet", "loud"),
    [
        ("function-errors", "FunctionName", "kaiwa-prod-SendMessage", 0, 1),
        ("function-throttles", "FunctionName", "kaiwa-prod-Connect", 0, 1),
        ("slow-functions-29", "FunctionName", "kaiwa-prod-Chat", 26_000, 27_000),
        ("slow-functions-300", "FunctionName", "kaiwa-prod-EraseUser", 260_000, 280_000),
        ("table-throttles", "TableName", "kaiwa-prod-messages", 10, 11),
        ("table-errors", "TableName", "kaiwa-prod-chats", 10, 11),
    ],
)
def test_an_alarm_over_many_rings_for_one_of_them(
    name: str, dimension: str, watched: str, quiet: float, loud: float
) -> None:
    query = queries_of_alarms()[name]
    assert not compiled.rings(alarm(name), query.value({(dimension, watched): quiet}))
    assert compiled.rings(alarm(name), query.value({(dimension, watched): loud}))
    assert not compiled.rings(alarm(name), query.value({(dimension, "another-stack"): 1_000_000}))


def test_what_is_lost_rings_whichever_way_it_was_lost() -> None:
    lost = alarm("lost-announcements")
    assert not compiled.rings(lost, compiled.computed(lost, {}))
    for name in ("pushes_lost", "audiences_lost"):
        assert compiled.rings(lost, compiled.computed(lost, {name: 1}))


SENDS = "send-availability"
PUSHES = "delivery-latency"


@pytest.mark.parametrize("window", ["long", "short"])
@pytest.mark.parametrize(
    ("objective", "speed", "quiet", "loud"),
    [
        (SENDS, "fast", {"messages_sent": 10_000, "failures": 144}, {"messages_sent": 10_000, "failures": 147}),
        (SENDS, "fast", {"messages_sent": 10_000}, {"messages_sent": 10_000, "Errors": 147}),
        (SENDS, "slow", {"messages_sent": 10_000, "failures": 60}, {"messages_sent": 10_000, "failures": 61}),
        (
            PUSHES,
            "fast",
            {"pushes_delivered": 1_000, "pushes_late": 144},
            {"pushes_delivered": 1_000, "pushes_late": 145},
        ),
        (PUSHES, "slow", {"pushes_delivered": 1_000}, {"pushes_delivered": 1_000, "pushes_late": 61}),
    ],
)
def test_a_budget_that_burns_too_fast_rings(
    objective: str, speed: str, window: str, quiet: dict[str, float], loud: dict[str, float]
) -> None:
    one = alarm(f"{objective}-{speed}-burn-{window}")
    assert not compiled.rings(one, compiled.computed(one, quiet))
    assert compiled.rings(one, compiled.computed(one, loud))


@pytest.mark.parametrize(
    "name", [f"{objective}-{speed}-burn" for objective in (SENDS, PUSHES) for speed in ("fast", "slow")]
)
def test_both_windows_of_a_burn_must_ring(name: str) -> None:
    (one,) = (one for one in composites().values() if one["AlarmName"] == PREFIX + name)
    separator, parts = one["AlarmRule"]["Fn::Join"]
    words = [part if isinstance(part, str) else compiled.alarms()[part["Ref"]]["AlarmName"] for part in parts]
    assert separator.join(words) == f'ALARM("{PREFIX}{name}-long") AND ALARM("{PREFIX}{name}-short")'
    periods = {
        window: {
            metric["MetricStat"]["Period"] for metric in alarm(f"{name}-{window}")["Metrics"] if "MetricStat" in metric
        }
        for window in ("long", "short")
    }
    assert periods == ({"long": {3600}, "short": {300}} if "fast" in name else {"long": {21600}, "short": {1800}})
