"""Signature Version 4: how AWS knows who asks (AWS's IAM guide, "Create a signed AWS API request").

A request is signed in its headers; a URL or a form that somebody else will use is signed in itself. What stays the same
for a day, the key, is derived once a day.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

import msgspec

from core import clock
from core.settings import Credentials

ALGORITHM = "AWS4-HMAC-SHA256"

S3 = "s3"
"""The one service that takes a path as it is sent; every other wants it encoded once more."""

UNSIGNED = "UNSIGNED-PAYLOAD"
"""What stands for the body's digest in a URL whose user brings the body (S3's API reference, "Authenticating Requests:
Using Query Parameters")."""


def signed(
    credentials: Credentials,
    *,
    region: str,
    service: str,
    method: str,
    host: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
    query: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return a request's headers with those that sign it.

    Args:
        credentials: Who asks.
        region: The service's region.
        service: Its name in signatures, for example ``dynamodb``.
        method: The request's method.
        host: Its host, with a port that is not the scheme's own.
        path: The request's path, percent-encoded.
        body: The request's body.
        headers: The request's other headers, in lower case. All of them are signed.
        query: The query's parameters, which must be sent as ``encoded`` writes them.
    """
    moment = _moment()
    digest = hashlib.sha256(body).hexdigest()
    given = {**headers, "host": host, "x-amz-date": moment}
    if service == S3:
        given["x-amz-content-sha256"] = digest
    if credentials.token:
        given["x-amz-security-token"] = credentials.token
    request = _request(service, method, path, encoded(query or {}), given, digest)
    scope = _scope(moment, region, service)
    given["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={_names(given)}, "
        f"Signature={_signature(credentials, scope, _to_sign(moment, scope, request))}"
    )
    return given


def signed_query(
    credentials: Credentials,
    *,
    region: str,
    method: str,
    host: str,
    path: str,
    query: Mapping[str, str],
    seconds: int,
    headers: Mapping[str, str] | None = None,
) -> str:
    """Return the query that makes a URL of S3 good for one kind of request, for whoever has it.

    Args:
        credentials: In whose name.
        region: The bucket's region.
        method: The request's method.
        host: Its host, with a port that is not the scheme's own.
        path: Its path, percent-encoded.
        query: Its other parameters.
        seconds: For how long. It ends sooner where the credentials do.
        headers: Headers that the request must have, in lower case, each exactly so.
    """
    moment = _moment()
    scope = _scope(moment, region, S3)
    given = {**(headers or {}), "host": host}
    parameters = {
        **query,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.access_key}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": _names(given),
    }
    if credentials.token:
        parameters["X-Amz-Security-Token"] = credentials.token
    text = encoded(parameters)
    request = _request(S3, method, path, text, given, UNSIGNED)
    return f"{text}&X-Amz-Signature={_signature(credentials, scope, _to_sign(moment, scope, request))}"


def signed_form(
    credentials: Credentials,
    *,
    region: str,
    bucket: str,
    fields: Mapping[str, str],
    least: int,
    most: int,
    seconds: int,
) -> dict[str, str]:
    """Return the fields of a form that uploads one object to S3 (its API reference, "Creating a POST Policy").

    Args:
        credentials: In whose name.
        region: The bucket's region.
        bucket: The bucket's name.
        fields: What the form must say, each field exactly so.
        least: How many bytes the object must have.
        most: How many it may have.
        seconds: For how long the form is good. It ends sooner where the credentials do.
    """
    moment = _moment()
    scope = _scope(moment, region, S3)
    said = {
        **fields,
        "x-amz-algorithm": ALGORITHM,
        "x-amz-credential": f"{credentials.access_key}/{scope}",
        "x-amz-date": moment,
    }
    if credentials.token:
        said["x-amz-security-token"] = credentials.token
    conditions = [{"bucket": bucket}, *({name: value} for name, value in said.items())]
    policy = {
        "expiration": clock.timestamp(clock.milliseconds() + seconds * 1000),
        "conditions": [*conditions, ["content-length-range", least, most]],
    }
    text = base64.b64encode(msgspec.json.encode(policy)).decode()
    return {**said, "policy": text, "x-amz-signature": _signature(credentials, scope, text)}


def encoded(query: Mapping[str, str]) -> str:
    """Write a query as it is signed: in the order of its names, all but unreserved characters encoded."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))


def _moment() -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())


def _scope(moment: str, region: str, service: str) -> str:
    return f"{moment[:8]}/{region}/{service}/aws4_request"


def _names(headers: Mapping[str, str]) -> str:
    return ";".join(sorted(headers))


def _request(  # noqa: PLR0917 - a request has these parts.
    service: str, method: str, path: str, query: str, headers: Mapping[str, str], digest: str
) -> str:
    """Return the canonical request."""
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    sent = path if service == S3 else quote(path, safe="/~")
    return f"{method}\n{sent}\n{query}\n{lines}\n{_names(headers)}\n{digest}"


def _to_sign(moment: str, scope: str, request: str) -> str:
    return f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"


def _signature(credentials: Credentials, scope: str, text: str) -> str:
    return hmac.digest(_key(credentials.secret_key, *scope.split("/")), text.encode(), "sha256").hex()


@lru_cache(maxsize=16)
def _key(secret: str, *scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in scope:
        key = hmac.digest(key, part.encode(), "sha256")
    return key
