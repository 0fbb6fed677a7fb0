"""Each alarm that the local CloudWatch holds goes off when what it watches is made to fail.

The local AWS makes no metrics, neither of the lines that functions write nor of what its own services do. So a test
takes that one step itself: it reads what really happened (lines in the logs, answers, queues) and puts it as metrics.
What no local service can be made to do (to wait) is put as AWS would measure it. Alarms that compute are evaluated in
tests/contract/test_watching.py.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from core import clock, telemetry
from core.settings import settings
from domain import delivery
from local.stack import Stack
from models.connections import Socket as Listed
from tests.e2e.functions import tell_of_scan
from tests.e2e.people import Person, wait_until
from tests.e2e.test_audit import VULNERABLE, audit
from tests.endpoint import serving

PREFIX = "kaiwa-local-"
# A function that does not begin takes the local AWS seconds, and more of the same would say no more.
ENOUGH = [1.0] * 6
Metric = tuple[str, list[float]]


class Failing:
    """Makes things fail, and says what AWS would then measure: a metric's name and its values."""

    def __init__(
        self, stack: Stack, http: httpx.Client, meet: Callable[[str], Person], out: pytest.CaptureFixture[str]
    ):
        self._stack = stack
        self._http = http
        self._meet = meet
        self._out = out

    def failures(self) -> Metric:
        ann = self._meet("ann")
        chat_id = ann.start_chat(self._meet("bob"))
        self._break(chat_id)
        for _ in range(6):
            assert ann.post(f"/chats/{chat_id}/messages", {"text": "hi"}).status_code == 500
        return "failures", self._logged("SendMessage", "failures", 6)

    def failed_log_ins(self) -> Metric:
        for number in range(101):
            answer = self._http.post("/sessions", json={"email": f"{number}@example.com", "password": "Wrong-Horse-9"})
            assert answer.status_code == 401
        return "log_ins_failed", self._logged("UserLogin", "log_ins_failed", 101)

    def failed_mails(self) -> Metric:
        """The function loses its permission to send mails."""
        iam = self._stack.client("iam")
        described = self._stack.client("lambda").get_function_configuration(FunctionName=f"{PREFIX}Account")
        role = described["Role"].rpartition("/")[2]
        policy = iam.get_role_policy(RoleName=role, PolicyName="Account")
        kept = policy["PolicyDocument"]
        less = [one for one in kept["Statement"] if one["Action"] != "ses:SendEmail"]
        assert len(less) == len(kept["Statement"]) - 1

        def permit(statements: list[Any]) -> None:
            document = json.dumps({**kept, "Statement": statements})
            iam.put_role_policy(RoleName=role, PolicyName="Account", PolicyDocument=document)

        permit(less)
        try:
            answer = self._http.post("/passwords/forgot", json={"email": self._meet("ann").email})
            assert answer.status_code == 202
        finally:
            permit(kept["Statement"])
        return "mails_failed", self._logged("Account", "mails_failed", 1)

    def failed_canary(self) -> Metric:
        """There is nobody that it could be."""
        answer = self._stack.client("lambda").invoke(FunctionName=f"{PREFIX}Canary")
        assert json.load(answer["Payload"]) == {"succeeded": False}
        return "canary_failed", self._logged("Canary", "canary_failed", 1)

    def failed_scans(self) -> Metric:
        tell_of_scan(self._stack, "f", "ACCESS_DENIED")
        return "scans_failed", self._logged("JudgeFile", "scans_failed", 1)

    def audited(self, metric: str) -> Metric:
        """PyPI tells something bad of each library, or does not answer; and one function runs on something old."""
        functions = self._stack.client("lambda")
        functions.update_function_configuration(FunctionName=f"{PREFIX}Default", Runtime="python3.9")
        try:
            audit(self._stack, b"" if metric == "audits_failed" else VULNERABLE)
        finally:
            functions.update_function_configuration(FunctionName=f"{PREFIX}Default", Runtime="python3.13")
        return metric, [value for value in self._logged("AuditStack", metric, 1) if value]

    def throttled_pushes(self) -> Metric:
        return "pushes_throttled", self._posted(429, "pushes_throttled", age=0)

    def delivery_lag(self) -> Metric:
        return "delivery_lag", self._posted(200, "delivery_lag", age=6_000)

    def http_errors(self) -> Metric:
        ann = self._meet("ann")
        with self._crashing("GetUserInfo"):
            assert ann.get("/users/me").status_code == 500
        assert ann.get("/users/me").status_code == 200
        return "5xx", ENOUGH

    def socket_integration_errors(self) -> Metric:
        socket = self._meet("ann").open_socket()
        with self._crashing("Default"):
            assert socket.exchange('{"action": "hello"}').get("message") == "Internal server error"
        assert socket.ask("hello")["status"] == 200
        return "IntegrationError", ENOUGH

    def given_up(self, queue: str) -> Metric:
        """Something lies in the queue of what was given up. (That SQS moves it there is SQS's own.)"""
        sqs = self._stack.client("sqs")
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="given up")
        number = "ApproximateNumberOfMessages"
        visible = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[number])["Attributes"][number]
        sqs.purge_queue(QueueUrl=url)
        return "ApproximateNumberOfMessagesVisible", [float(visible)]

    @contextmanager
    def _crashing(self, function: str) -> Iterator[None]:
        """Take a setting away that the function cannot do without: it does not even begin."""
        functions = self._stack.client("lambda")
        name = f"{PREFIX}{function}"
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        less = {key: value for key, value in variables.items() if key != "TABLE_PREFIX"}
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": less})
        try:
            yield
        finally:
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def _break(self, chat_id: str) -> None:
        self._stack.client("dynamodb").update_item(
            TableName=f"{PREFIX}chats",
            Key={"chatId": {"S": chat_id}},
            UpdateExpression="SET createdAt = :broken",
            ExpressionAttributeValues={":broken": {"M": {}}},
        )

    def _logged(self, function: str, name: str, least: int) -> list[float]:
        """Return the values of a metric in a function's log, once there are as many as shall be."""
        logs = self._stack.client("logs").get_paginator("filter_log_events")

        def found() -> list[float]:
            pages = logs.paginate(logGroupName=f"/aws/lambda/{PREFIX}{function}")
            return values([event["message"] for page in pages for event in page["events"]], name)

        wait_until(lambda: len(found()) >= least)
        return found()

    def _posted(self, status: int, name: str, age: int) -> list[float]:
        """Deliver to sockets behind which an API Gateway of our own answers so; returns what was measured."""
        to = [Listed("u", "d", f"c{number}", 1) for number in range(101)]
        parcel = delivery.Parcel("{}", to, 1, clock.milliseconds() - age)
        with pytest.MonkeyPatch.context() as patch, serving() as server:
            server.answer(status)
            patch.setenv("CONNECTIONS_URL", server.url)
            patch.setattr("adapters.queue.send", lambda *_: None)
            settings.cache_clear()
            telemetry.metrics.clear_metrics()
            assert delivery.deliver(parcel)
            self._out.readouterr()
            telemetry.flush()
        settings.cache_clear()
        return values(self._out.readouterr().out.splitlines(), name)


def values(lines: Iterable[str], name: str) -> list[float]:
    """Return a metric's values for the whole stage, as CloudWatch takes them from lines in its embedded format."""
    found: list[float] = []
    for line in lines:
        if name not in line or "_aws" not in line:
            continue
        written = json.loads(line[line.index("{") :])
        (described,) = written["_aws"]["CloudWatchMetrics"]
        assert described["Namespace"] == "Kaiwa"
        if described["Dimensions"] == [["service"]] and name in written:
            found += written[name]
    return found


def test_each_alarm_goes_off(
    stack: Stack, http: httpx.Client, meet: Callable[[str], Person], capsys: pytest.CaptureFixture[str]
) -> None:
    cloudwatch = stack.client("cloudwatch")
    failing = Failing(stack, http, meet, capsys)
    provoked: dict[str, Callable[[], Metric]] = {
        "failures": failing.failures,
        "failed-log-ins": failing.failed_log_ins,
        "failed-mails": failing.failed_mails,
        "failed-canary": failing.failed_canary,
        "failed-scans": failing.failed_scans,
        "vulnerabilities": lambda: failing.audited("vulnerabilities"),
        "ending-runtimes": lambda: failing.audited("runtimes_ending"),
        "missed-audit": lambda: failing.audited("audits_failed"),
        "throttled-pushes": failing.throttled_pushes,
        "delivery-lag": failing.delivery_lag,
        "http-errors": failing.http_errors,
        "socket-integration-errors": failing.socket_integration_errors,
        # No local service waits or fails in these ways, so what AWS would measure is put as it is.
        "socket-execution-errors": lambda: ("ExecutionError", ENOUGH),
        "http-latency": lambda: ("IntegrationLatency", [4_000.0] * 100),
        "socket-latency": lambda: ("IntegrationLatency", [4_000.0] * 100),
    }
    alarms = {one["AlarmName"].removeprefix(PREFIX): one for one in described(cloudwatch)}
    for name, alarm in alarms.items():
        if name.startswith("old-"):
            provoked[name] = lambda age=alarm["Threshold"] + 1: ("ApproximateAgeOfOldestMessage", [age])
        elif alarm["Namespace"] == "AWS/SQS":
            provoked[name] = lambda queue=alarm["Dimensions"][0]["Value"]: failing.given_up(queue)
    assert provoked.keys() == alarms.keys()

    for name, provoke in provoked.items():
        alarm = alarms[name]
        metric, measured = provoke()
        assert (metric, bool(measured)) == (alarm["MetricName"], True), name
        put(cloudwatch, alarm, measured)
    states = {one["AlarmName"].removeprefix(PREFIX): one["StateValue"] for one in described(cloudwatch)}
    assert states == dict.fromkeys(alarms, "ALARM")


def test_no_alarm_goes_off_while_all_is_well(stack: Stack) -> None:
    """What is at a threshold rings nothing: seen with alarms of the same numbers and a metric of their own."""
    cloudwatch = stack.client("cloudwatch")
    for alarm in described(cloudwatch):
        wanted = {"ComparisonOperator", "EvaluationPeriods", "ExtendedStatistic", "Period", "Statistic", "Threshold"}
        same = {name: alarm[name] for name in wanted if alarm.get(name) is not None}
        name = f"quiet-{alarm['AlarmName']}"
        cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Quiet", MetricName=name, **same)
        cloudwatch.put_metric_data(Namespace="Quiet", MetricData=[{"MetricName": name, "Value": alarm["Threshold"]}])
    states = {one["StateValue"] for one in described(cloudwatch, "quiet-")}
    cloudwatch.delete_alarms(AlarmNames=[one["AlarmName"] for one in described(cloudwatch, "quiet-")])
    assert states == {"OK"}


def described(cloudwatch: Any, prefix: str = PREFIX) -> list[dict[str, Any]]:
    return cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]


def put(cloudwatch: Any, alarm: dict[str, Any], measured: list[float]) -> None:
    """Put values of an alarm's own metric."""
    data = {"MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"]}
    cloudwatch.put_metric_data(
        Namespace=alarm["Namespace"], MetricData=[{**data, "Value": value} for value in measured]
    )
