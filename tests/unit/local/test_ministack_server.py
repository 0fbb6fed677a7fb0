import json
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.exceptions import ClientError
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from local.stack import ROOT, Stack

WORKERS_PER_FUNCTION = 3
LOG_STREAMS_PER_GROUP = 200


def ask(socket: ClientConnection, action: str, **fields: Any) -> dict[str, Any]:
    socket.send(json.dumps({"action": action, **fields}))
    answer: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return answer


def logged(stack: Stack, pattern: str) -> list[str]:
    events = stack.client("logs").filter_log_events(logGroupName="/aws/lambda/echo", filterPattern=pattern)["events"]
    return [event["message"] for event in events]


def run_patched(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code beside the patches in an interpreter of its own: MiniStack reads its settings when it is imported."""
    program = f"from local import ministack_server as server\n{code}"
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_another_version_is_refused() -> None:
    result = run_patched("server.PATCHED_VERSION = '0.0.1'\nserver.main()", GATEWAY_PORT="1")

    assert result.returncode == 1
    assert result.stderr.strip().endswith("check local/ministack_server.py.")
    assert "Expected MiniStack 0.0.1, got " in result.stderr


def test_cloudformation_makes_a_route_that_needs_no_function(socket_url: str) -> None:
    with connect(socket_url) as socket:
        assert ask(socket, "ping") == {"type": "pong"}


def test_a_frame_nested_too_deep_does_not_end_its_socket(socket_url: str) -> None:
    with connect(socket_url) as socket:
        socket.send("[" * 10_000)
        assert ask(socket, "echo")["action"] == "echo"


def test_a_route_without_a_route_response_sends_nothing(socket_url: str) -> None:
    with connect(socket_url) as socket:
        socket.send('{"action": "silent"}')
        # This takes longer, so an answer to the first would come first.
        assert ask(socket, "echo", sleep=0.3)["action"] == "echo"


def test_messages_of_one_socket_are_answered_side_by_side(socket_url: str) -> None:
    with connect(socket_url) as socket:
        socket.send('{"action": "echo", "sleep": 2, "name": "slow"}')
        assert ask(socket, "echo", name="quick")["name"] == "quick"
        assert json.loads(socket.recv(timeout=10))["name"] == "slow"


def test_every_message_of_a_flood_is_answered(socket_url: str) -> None:
    with connect(socket_url) as socket:
        for number in range(100):
            socket.send(json.dumps({"action": "echo", "name": number}))
        answers = [json.loads(socket.recv(timeout=10))["name"] for _ in range(100)]

    assert sorted(answers) == list(range(100))


def test_a_page_in_a_browser_cannot_reset_the_state(ministack: Stack) -> None:
    response = httpx.post(f"{ministack.aws_endpoint}/_ministack/reset", headers={"Origin": "http://eve.example"})

    assert response.status_code == 403
    assert ministack.client("lambda").get_function(FunctionName="echo")


def test_a_failing_socket_function_says_nothing_about_the_inside(ministack: Stack, socket_url: str) -> None:
    with connect(socket_url) as socket:
        answer = ask(socket, "boom")
        answer_after = ask(socket, "echo")

    assert answer.keys() == {"message", "connectionId", "requestId"}
    assert answer["message"] == "Internal server error"
    assert answer_after["action"] == "echo"
    assert any("a secret of the inside" in line for line in logged(ministack, "secret"))


def test_a_failing_http_function_says_nothing_about_the_inside(http_url: str) -> None:
    response = httpx.get(f"{http_url}/boom")

    assert response.status_code == 500
    assert response.json() == {"message": "Internal Server Error"}


def test_socket_calls_are_logged(ministack: Stack, socket_url: str) -> None:
    with connect(socket_url) as socket:
        ask(socket, "echo")

    assert any(line.startswith("CONNECT") for line in logged(ministack, "CONNECT"))
    assert any(line.startswith("MESSAGE") for line in logged(ministack, "MESSAGE"))


def test_calls_of_several_sockets_run_at_the_same_time_on_a_few_workers(socket_url: str) -> None:
    with ExitStack() as stack, ThreadPoolExecutor(12) as pool:
        sockets = [stack.enter_context(connect(socket_url)) for _ in range(12)]
        answers = list(pool.map(lambda socket: ask(socket, "echo", sleep=0.1), sockets))

    assert len({answer["process"] for answer in answers}) == WORKERS_PER_FUNCTION


def test_a_warm_call_does_not_wait_for_logs_that_never_come(ministack: Stack, socket_url: str) -> None:
    def time_of_call() -> float:
        started = time.perf_counter()
        ask(socket, "echo", quiet=True)
        return time.perf_counter() - started

    with connect(socket_url) as socket:
        ask(socket, "echo")
        # Without the patch it is more than 50 ms.
        assert statistics.median(time_of_call() for _ in range(30)) < 0.025


def test_every_event_says_when_the_socket_was_opened(socket_url: str) -> None:
    with connect(socket_url) as socket:
        first = ask(socket, "echo", sleep=0.02)
        second = ask(socket, "echo")

    assert first["connectedAt"] == second["connectedAt"]


def test_a_post_over_128_kb_is_refused(ministack: Stack, socket_url: str) -> None:
    poster = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=socket_url.replace("ws", "http", 1),
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    with connect(socket_url) as socket:
        connection_id = ask(socket, "boom")["connectionId"]
        poster.post_to_connection(ConnectionId=connection_id, Data=b"x" * 128 * 1024)
        assert len(socket.recv(timeout=10)) == 128 * 1024
        with pytest.raises(ClientError) as refused:
            poster.post_to_connection(ConnectionId=connection_id, Data=b"x" * (128 * 1024 + 1))

    assert refused.value.response["Error"]["Code"] == "PayloadTooLargeException"


def test_a_message_over_128_kb_closes_the_socket(socket_url: str) -> None:
    with connect(socket_url) as socket:
        socket.send("x" * (128 * 1024 + 1))
        with pytest.raises(ConnectionClosedError) as closed:
            socket.recv(timeout=10)

    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_cors_settings_of_the_template_are_obeyed(http_url: str) -> None:
    def preflight(origin: str) -> httpx.Response:
        headers = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        return httpx.options(f"{http_url}/boom", headers=headers)

    assert preflight("http://127.0.0.1:8080").headers["Access-Control-Allow-Origin"] == "http://127.0.0.1:8080"
    assert "Access-Control-Allow-Origin" not in preflight("http://eve.example").headers


def test_old_log_streams_are_dropped(ministack: Stack, socket_url: str) -> None:
    with connect(socket_url) as socket:
        for _ in range(LOG_STREAMS_PER_GROUP + 20):
            ask(socket, "echo")

    pages = ministack.client("logs").get_paginator("describe_log_streams").paginate(logGroupName="/aws/lambda/echo")
    assert sum(len(page["logStreams"]) for page in pages) == LOG_STREAMS_PER_GROUP


@pytest.mark.parametrize(("status", "saved"), [("UPDATE_IN_PROGRESS", False), ("UPDATE_COMPLETE", True)])
def test_a_deployment_half_way_is_not_saved(tmp_path: Path, status: str, saved: bool) -> None:
    code = f"server.cloudformation._stacks['kaiwa'] = {{'StackStatus': '{status}'}}\n"
    code += "server.StateKeeper().save(everything=True)"

    result = run_patched(code, PERSIST_STATE="1", STATE_DIR=str(tmp_path / "state"))

    assert result.returncode == 0, result.stderr
    assert (tmp_path / "state" / "cloudformation.json").exists() is saved


def test_sending_a_mail_asks_for_the_permission_on_its_sender() -> None:
    body = json.dumps({"FromEmailAddress": "kaiwa@example.com"}).encode()
    result = run_patched(
        "from ministack.core import iam_actions\n"
        "server.know_senders()\n"
        "place = ('ses', 'POST', '/v2/email/outbound-emails', {})\n"
        f"for body in ({body!r}, b'', b'[]'):\n"
        "    print(iam_actions.extract_resource_arn(*place, body, {}, 'us-east-1', '000000000000'))"
    )
    assert result.stdout.split() == ["arn:aws:ses:us-east-1:000000000000:identity/kaiwa@example.com", "*", "*"]


def test_a_copy_has_the_checksum_that_is_asked_for(ministack: Stack) -> None:
    s3 = ministack.client("s3")
    s3.create_bucket(Bucket="copies")
    s3.put_object(Bucket="copies", Key="a", Body=b"abc", ChecksumAlgorithm="CRC32")
    s3.copy_object(Bucket="copies", Key="b", CopySource="copies/a", ChecksumAlgorithm="SHA256")
    told = s3.head_object(Bucket="copies", Key="b", ChecksumMode="ENABLED")
    assert told["ChecksumSHA256"] == "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="


def test_a_token_changes_no_attribute_that_its_client_may_not_write(ministack: Stack) -> None:
    cognito = ministack.client("cognito-idp")
    flow = "ADMIN_USER_PASSWORD_AUTH"
    pool = cognito.create_user_pool(PoolName="attributes", UsernameAttributes=["email"])["UserPool"]["Id"]
    cognito.admin_create_user(UserPoolId=pool, Username="ann@example.com", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username="ann@example.com", Password="Aa3-5678", Permanent=True)

    def change(client: dict[str, Any], **attributes: str) -> None:
        client_id = cognito.create_user_pool_client(
            UserPoolId=pool, ClientName="attributes", ExplicitAuthFlows=[f"ALLOW_{flow}"], **client
        )["UserPoolClient"]["ClientId"]
        credentials = {"USERNAME": "ann@example.com", "PASSWORD": "Aa3-5678"}
        tokens = cognito.admin_initiate_auth(
            UserPoolId=pool, ClientId=client_id, AuthFlow=flow, AuthParameters=credentials
        )["AuthenticationResult"]
        changes = [{"Name": name, "Value": value} for name, value in attributes.items()]
        cognito.update_user_attributes(AccessToken=tokens["AccessToken"], UserAttributes=changes)

    change({"WriteAttributes": ["locale"]}, locale="ja")
    change({}, nickname="Annie")
    with pytest.raises(ClientError) as refused:
        change({"WriteAttributes": ["locale"]}, locale="en", email="eve@example.com")
    assert refused.value.response["Error"]["Code"] == "NotAuthorizedException"
    user = cognito.admin_get_user(UserPoolId=pool, Username="ann@example.com")
    kept = {one["Name"]: one["Value"] for one in user["UserAttributes"]}
    assert (kept["locale"], kept["nickname"]) == ("ja", "Annie")
    cognito.delete_user_pool(UserPoolId=pool)


def test_a_copy_takes_no_place_that_is_taken(ministack: Stack) -> None:
    s3 = ministack.client("s3")
    s3.create_bucket(Bucket="conditions")
    for key in ("a", "taken"):
        s3.put_object(Bucket="conditions", Key=key, Body=key.encode())
    copied = {"Bucket": "conditions", "CopySource": "conditions/a", "IfNoneMatch": "*"}
    s3.copy_object(**copied, Key="free")
    with pytest.raises(ClientError) as refused:
        s3.copy_object(**copied, Key="taken")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    stored = [s3.get_object(Bucket="conditions", Key=key)["Body"].read() for key in ("free", "taken")]
    assert stored == [b"a", b"taken"]


def test_an_ops_item_is_opened_once(ministack: Stack) -> None:
    ssm = ministack.client("ssm")
    item = {"Title": "a", "Description": "b", "Source": "c"}

    def opened(key: str) -> str:
        dedup = {"/aws/dedup": {"Value": json.dumps({"dedupString": key}), "Type": "SearchableString"}}
        return ssm.create_ops_item(**item, OperationalData=dedup)["OpsItemId"]

    ids = [opened("first"), opened("second")]
    with pytest.raises(ClientError) as refused:
        opened("first")
    assert refused.value.response["Error"]["Code"] == "OpsItemAlreadyExistsException"
    assert [one["OpsItemId"] for one in ssm.describe_ops_items()["OpsItemSummaries"]] == ids
    # What Systems Manager had before is still there.
    ssm.put_parameter(Name="x", Value="y", Type="String")
    assert ssm.get_parameter(Name="x")["Parameter"]["Value"] == "y"
