"""What is signed for S3, against what botocore signs."""

import base64
import json
import time

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials

from core import clock, signature

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
REGION = "eu-central-1"
HOST = "bucket.s3.eu-central-1.amazonaws.com"
MOMENT = "20261124T090000Z"
QUERY = {"uploadId": "a/b+c d~é", "partNumber": "7", "uploads": ""}

CREDENTIALS = [ReadOnlyCredentials("AKIDEXAMPLE", SECRET, token) for token in (None, "a session/with+signs==")]


@pytest.fixture(autouse=True)
def moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signature, "_moment", lambda: MOMENT)


def asked(method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b"") -> AWSRequest:
    request = AWSRequest(method, url, headers=headers, data=body)
    request.context["timestamp"] = MOMENT
    request.context["client_config"] = None
    return request


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_request_to_s3(credentials: ReadOnlyCredentials) -> None:
    headers = {"content-type": "image/png", "x-amz-copy-source": "/bucket/uploads/x"}
    ours = signature.signed(
        credentials,
        region=REGION,
        service="s3",
        method="PUT",
        host=HOST,
        path="/files/a%20b",
        body=b"bytes",
        headers=headers,
        query=QUERY,
    )
    signer = S3SigV4Auth(Credentials(*credentials), "s3", REGION)
    sent = {name: value for name, value in ours.items() if name != "authorization"}
    request = asked("PUT", f"https://{HOST}/files/a%20b?{signature.encoded(QUERY)}", sent, b"bytes")
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert ours["authorization"].endswith(f"Signature={expected}")
    named = ours["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    assert {*headers, "host", "x-amz-date", "x-amz-content-sha256"} <= set(named)


@pytest.mark.parametrize("headers", [{}, {"content-length": "16777216"}])
@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_url_for_somebody_else(credentials: ReadOnlyCredentials, headers: dict[str, str]) -> None:
    query = {"response-content-disposition": "attachment; filename=\"a b\"; filename*=UTF-8''%E4%BC%9A", **QUERY}
    ours = signature.signed_query(
        credentials, region=REGION, method="PUT", host=HOST, path="/files/x", query=query, seconds=300, headers=headers
    )
    signer = S3SigV4QueryAuth(Credentials(*credentials), "s3", REGION, expires=300)
    request = asked("PUT", f"https://{HOST}/files/x?{ours.rpartition('&')[0]}", {**headers, "host": HOST})
    expected = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert ours.endswith(f"&X-Amz-Signature={expected}")
    assert "&X-Amz-Expires=300&" in ours
    assert ("X-Amz-Security-Token=" in ours) == bool(credentials.token)
    assert f"&X-Amz-SignedHeaders={'%3B'.join([*headers, 'host'])}&" in f"{ours}&"


@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_a_form_for_somebody_else(credentials: ReadOnlyCredentials, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_795_510_800_000
    monkeypatch.setattr(clock, "milliseconds", lambda: now)
    fields = {"key": "uploads/x", "content-type": "image/png"}
    ours = signature.signed_form(
        credentials, region=REGION, bucket="bucket", fields=fields, least=5, most=5, seconds=3600
    )
    assert ours.items() >= fields.items()
    policy = json.loads(base64.b64decode(ours["policy"]))
    assert policy["expiration"] == "2026-11-24T10:00:00.000Z" == clock.timestamp(now + 3_600_000)
    # Each field is said to be exactly so, and the size too: nothing else is taken.
    said = {name: value for name, value in ours.items() if name not in {"policy", "x-amz-signature"}}
    conditions = [*({name: value} for name, value in said.items()), {"bucket": "bucket"}]
    ranges = [one for one in policy["conditions"] if isinstance(one, list)]
    assert sorted(map(str, [one for one in policy["conditions"] if one not in ranges])) == sorted(map(str, conditions))
    assert ranges == [["content-length-range", 5, 5]]
    signer = S3SigV4Auth(Credentials(*credentials), "s3", REGION)
    request = asked("POST", f"https://{HOST}/")
    assert ours["x-amz-signature"] == signer.signature(ours["policy"], request)
    assert said["x-amz-credential"] == f"AKIDEXAMPLE/{MOMENT[:8]}/{REGION}/s3/aws4_request"
    assert said.get("x-amz-security-token") == credentials.token


def test_the_moment_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    moment = signature._moment()
    assert abs(time.mktime(time.strptime(moment, "%Y%m%dT%H%M%SZ")) - time.mktime(time.gmtime())) < 5
