"""Fixtures: an AWS in memory with the template's tables and user pool, the gateway before it, and three people."""

import os

# Models name their tables while they are imported, so the environment comes first.
os.environ.pop("AWS_PROFILE", None)
os.environ.update(
    AWS_REGION="us-east-1",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_EC2_METADATA_DISABLED="true",
    SERVICE="kaiwa-test",
    TABLE_PREFIX="kaiwa-test-",
    USER_POOL_ID="us-east-1_unknown",
    USER_POOL_CLIENT_ID="unknown",
    DYNAMODB_URL="https://dynamodb.us-east-1.amazonaws.com",
    SOCKET_URL="wss://socket.example.com/test",
    CONNECTIONS_URL="https://socket.example.com/test",
    CONFIRM_MAIL="false",
    MAIL_URL="https://email.us-east-1.amazonaws.com",
    MAIL_FROM="kaiwa@example.com",
    WEB_ORIGINS="https://chat.example.com,https://other.example.com",
    FILES_URL="https://kaiwa-test-files-123456789012.s3.us-east-1.amazonaws.com",
    MALWARE_SCAN="false",
    ERASURES_URL="https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-erasures",
    LIMITS="{}",
    QUEUE_URL="https://sqs.us-east-1.amazonaws.com",
    DELIVERIES_URL="https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-deliveries",
    CALLS_URL="https://sqs.us-east-1.amazonaws.com/123456789012/kaiwa-test-calls",
    DIRECT_SOCKETS="100",
    BUS_URL="https://events.us-east-1.amazonaws.com",
    EVENT_BUS="kaiwa-test",
    OFFLINE_EVENTS="false",
    MESSAGE_DAYS="0",
    PACKAGE_INDEX_URL="https://pypi.example.com",
    INSPECTOR="true",
    API_URL="https://api.example.com",
    EDGE_SECRET="",
    PARAMETERS_URL="https://ssm.us-east-1.amazonaws.com",
    CANARY_PARAMETER="/kaiwa/test/canary",
    STUN_URLS="stun:turn.example.com:3478",
    TURN_URLS="turn:turn.example.com:3478?transport=udp,turns:turn.example.com:5349?transport=tcp",
    TURN_SECRET="/kaiwa/test/turn-secret",
    TURN_SECONDS="3600",
    POWERTOOLS_SERVICE_NAME="kaiwa-test",
)

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from http import HTTPStatus
from io import StringIO
from typing import Any

import boto3
import botocore.session
import hypothesis
import pytest
from botocore.awsrequest import AWSRequest
from botocore.client import BaseClient
from moto import mock_aws

from adapters import bus, mail, parameters, queue, sockets, storage
from core import aws as core_aws
from core import clock as core_clock
from core import telemetry
from core.settings import settings
from domain import accounts, admission, limits
from models import dynamodb
from tests import template
from tests.calls import Call, Calls, record
from tests.cognito import mended
from tests.gateway import Gateway
from tests.people import Person

hypothesis.settings.register_profile("kaiwa", deadline=None, database=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("kaiwa")


class Clock:
    """The server's clock, which goes on by itself and can be put forward."""

    def __init__(self) -> None:
        self._true = core_clock.milliseconds
        self._ahead = 0

    def milliseconds(self) -> int:
        return self._true() + self._ahead

    def seconds(self) -> int:
        return self.milliseconds() // 1000

    def advance(self, seconds: float) -> None:
        self._ahead += round(seconds * 1000)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(core_clock, "milliseconds", clock.milliseconds)
    monkeypatch.setattr(core_clock, "seconds", clock.seconds)
    return clock


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """What the functions log. Their logger holds on to the standard output of the time when it was made."""
    written = StringIO()
    monkeypatch.setattr(telemetry.logger.registered_handler, "stream", written)
    return written


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[Calls]:
    """The calls to AWS. A test in which a function oversteps its permissions has failed, whatever else it shows."""
    calls = Calls()
    monkeypatch.setattr(BaseClient, "_make_api_call", record(calls, mended(BaseClient._make_api_call, calls)))
    monkeypatch.setattr(core_aws, "exchange", in_memory)
    monkeypatch.setattr(dynamodb.Client, "_make_api_call", record(calls, dynamodb.Client._make_api_call))
    monkeypatch.setattr(storage, "request", recorded_request(calls, storage.request))
    for name, operation in {"form": "PostObject", "url_of_part": "UploadPart", "url_of": "GetObject"}.items():
        monkeypatch.setattr(storage, name, recorded_signing(calls, operation, getattr(storage, name)))
    yield calls
    assert calls.denied == []


@pytest.fixture(scope="session")
def cloud() -> tuple[mock_aws, str, str]:
    """An AWS in memory with an empty user pool; making the pool's keys takes longer than most tests."""
    mock = mock_aws()
    mock.start()
    try:
        return mock, *_create_user_pool()
    finally:
        mock.stop(remove_data=False)


@pytest.fixture
def aws(cloud: tuple[mock_aws, str, str], calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tables and a user pool as the template describes them, and nobody in them."""
    mock, pool_id, client_id = cloud
    mock.start(reset=False)
    tables = template.resources("AWS::DynamoDB::Table").values()
    for properties in tables:
        _create_table(properties)
    monkeypatch.setenv("USER_POOL_ID", pool_id)
    monkeypatch.setenv("USER_POOL_CLIENT_ID", client_id)
    settings.cache_clear()
    bucket = template.resources("AWS::S3::Bucket")["FilesBucket"]
    assert bucket["BucketName"]["Fn::Sub"].partition("$")[0] == storage.bucket().rpartition("-")[0] + "-"
    _client("s3").create_bucket(Bucket=storage.bucket())
    yield
    empty_bucket()
    monkeypatch.undo()
    settings.cache_clear()
    for properties in tables:
        _client("dynamodb").delete_table(TableName=properties["TableName"])
    for user in _client("cognito-idp").list_users(UserPoolId=pool_id)["Users"]:
        _client("cognito-idp").admin_delete_user(UserPoolId=pool_id, Username=user["Username"])
    mock.stop(remove_data=False)


def recorded_request(calls: Calls, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes the place of a request to S3."""

    def make(operation: str, method: str, key: str, **given: Any) -> Any:
        headers = given.get("headers") or {}
        source = headers.get("x-amz-copy-source", "")
        parameters = {"Key": key, "CopySource": source.removeprefix(f"/{storage.bucket()}/")}
        if "if-match" in headers:
            parameters["IfMatch"] = headers["if-match"]

        def ask() -> Any:
            # moto copies to a key that is taken, whatever it is told.
            is_bound = operation == "CopyObject" and headers.get("if-none-match") == "*"
            if is_bound and original("HeadObject", "HEAD", key).status == HTTPStatus.OK:
                return core_aws.Answer(HTTPStatus.PRECONDITION_FAILED, b"", {})
            return original(operation, method, key, **given)

        return calls.make(operation, parameters, ask)

    return make


def recorded_signing(calls: Calls, operation: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes the place of signing for somebody else, who needs what the signer may."""

    def sign(key: str, *given: Any) -> Any:
        calls.check(Call(calls.running, operation, {"Key": key}, 0))
        return original(key, *given)

    return sign


def in_memory(
    method: str,
    service: str,
    operation: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    _patience_seconds: float | None = None,
) -> core_aws.Answer:
    """Let moto answer: it listens to an event that botocore's clients emit before they send."""
    prepared = AWSRequest(method, url, headers=dict(headers), data=body).prepare()
    _, response = _emitter().emit_until_response(f"before-send.{service}.{operation}", request=prepared)
    return core_aws.Answer(response.status_code, response.content, {k.lower(): v for k, v in response.headers.items()})


@pytest.fixture
def gateway(aws: None, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    gateway = Gateway(calls)
    monkeypatch.setattr(sockets, "post", gateway.post)
    monkeypatch.setattr(sockets, "close", gateway.close)
    monkeypatch.setattr(mail, "send", gateway.take_mail)
    monkeypatch.setattr(parameters, "secret", gateway.secret)
    gateway.inventory.replace(monkeypatch)
    monkeypatch.setattr(accounts, "ANSWER_SECONDS", 0)
    admission.forget_all()
    for bucket in (limits.SENDS, limits.ICE_SERVERS, limits.CALLS, limits.DESCRIPTIONS, limits.CANDIDATES):
        bucket.forget_all()
    parameters.forget_all()
    monkeypatch.setattr(queue, "send", gateway.send)
    monkeypatch.setattr(bus, "put", gateway.put)
    return gateway


@pytest.fixture
def ann(gateway: Gateway) -> Person:
    return Person.register(gateway, "ann")


@pytest.fixture
def bob(gateway: Gateway) -> Person:
    return Person.register(gateway, "bob")


@pytest.fixture
def eve(gateway: Gateway) -> Person:
    """Not in the chats of ann and bob, and curious."""
    return Person.register(gateway, "eve")


@pytest.fixture
def confirm_mail(aws: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Change the stage's setting."""

    def change(wanted: bool) -> None:
        monkeypatch.setenv("CONFIRM_MAIL", str(wanted).lower())
        settings.cache_clear()

    return change


@cache
def _emitter() -> Any:
    return botocore.session.get_session().get_component("event_emitter")


@cache
def _client(service: str) -> Any:
    """Making a client costs more than all that a test does with it."""
    return boto3.client(service)


def empty_bucket() -> None:
    s3, name = _client("s3"), storage.bucket()
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for one in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=one["Key"])
    s3.delete_bucket(Bucket=name)


def _create_table(properties: dict) -> None:
    wanted = {"TableName", "BillingMode", "AttributeDefinitions", "KeySchema"}
    wanted |= {"GlobalSecondaryIndexes", "LocalSecondaryIndexes"}
    _client("dynamodb").create_table(**{name: properties[name] for name in wanted & properties.keys()})


def _create_user_pool() -> tuple[str, str]:
    cognito = _client("cognito-idp")
    (pool,) = template.resources("AWS::Cognito::UserPool").values()
    (client,) = template.resources("AWS::Cognito::UserPoolClient").values()
    elsewhere = {"UserPoolName", "LambdaConfig", "DeletionProtection"}
    described = {name: value for name, value in pool.items() if name not in elsewhere}
    pool_id = cognito.create_user_pool(PoolName=pool["UserPoolName"], **described)["UserPool"]["Id"]
    described = {name: value for name, value in client.items() if name != "UserPoolId"}
    # Cognito lets a client read every standard attribute unless told otherwise; its double lets it read none.
    described["ReadAttributes"] = ["email", "preferred_username"]
    return pool_id, cognito.create_user_pool_client(UserPoolId=pool_id, **described)["UserPoolClient"]["ClientId"]
