"""The upload of the page, to an S3 in memory."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from deploy import site, web

REGION = "eu-central-1"
STACK = "kaiwa-prod"
OUTPUTS = {
    "ApiUrl": "https://api.example.com",
    "SocketUrl": "wss://socket.example.com/prod",
    "FilesUrl": "https://files.example.com",
}
WEB_OUTPUTS = {"WebUrl": "https://chat.example.com", "WebBucketName": "page"}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def deploy(outputs: dict[str, str]) -> Any:
    """Make a stack that says these, and return S3."""
    template = {
        "Resources": {"WebBucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "page"}}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation", region_name=REGION).create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    return boto3.client("s3", region_name=REGION)


def keys(storage: Any) -> set[str]:
    return {item["Key"] for item in storage.list_objects_v2(Bucket="page").get("Contents", [])}


def test_a_stage_without_a_page_gets_none() -> None:
    storage = deploy(OUTPUTS)

    assert web.upload("prod", REGION) is None
    assert keys(storage) == set()


def test_the_page_is_uploaded_with_what_it_needs_to_know() -> None:
    storage = deploy(OUTPUTS | WEB_OUTPUTS)

    assert web.upload("prod", REGION) == "https://chat.example.com"
    assert keys(storage) == {*site.files(), site.CONFIG}
    start = storage.get_object(Bucket="page", Key="index.html")
    assert start["ContentType"] == "text/html; charset=utf-8"
    assert start["CacheControl"] == "no-cache"
    allowed = b"connect-src 'self' https://api.example.com wss://socket.example.com https://files.example.com;"
    assert allowed in start["Body"].read()
    config = storage.get_object(Bucket="page", Key="config.json")["Body"].read()
    assert json.loads(config) == {"apiUrl": "https://api.example.com"}


def test_only_what_has_changed_goes_up_and_what_is_gone_is_deleted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    storage = deploy(OUTPUTS | WEB_OUTPUTS)
    storage.put_object(Bucket="page", Key="old.js", Body=b"")
    web.upload("prod", REGION)
    assert "old.js" not in keys(storage)
    put = recorded(monkeypatch)

    web.upload("prod", REGION)
    assert put == []

    changed = tmp_path / "app.js"
    changed.write_text(site.files()["app.js"].read_text() + "// Other.\n")
    monkeypatch.setattr(site, "files", lambda files=site.files: {**files(), "app.js": changed})
    web.upload("prod", REGION)
    # The service worker has the list of the files, so it changes with them, and it comes last.
    assert put == ["app.js", "service_worker.js"]


def recorded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is put from now on."""
    put: list[str] = []
    client = boto3.client

    def noting(service: str, **options: Any) -> Any:
        made = client(service, **options)
        if service == "s3":
            made.meta.events.register(
                "before-call.s3.PutObject", lambda params, **_: put.append(params["url_path"][1:])
            )
        return made

    monkeypatch.setattr(web.boto3, "client", noting)
    return put
