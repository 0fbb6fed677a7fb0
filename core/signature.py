"""Signature Version 4: how AWS knows who asks (AWS's IAM guide, "Create a signed AWS API request").

Only what requests here need: no query, and a body that is at hand. What stays the same for a day, the key, is
derived once a day.
"""

import hashlib
import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from botocore.credentials import ReadOnlyCredentials

ALGORITHM = "AWS4-HMAC-SHA256"


def signed(
    credentials: ReadOnlyCredentials,
    *,
    region: str,
    service: str,
    method: str,
    host: str,
    path: str,
    body: bytes,
    headers: Mapping[str, str],
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
    """
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    date = moment[:8]
    given = {**headers, "host": host, "x-amz-date": moment}
    if credentials.token:
        given["x-amz-security-token"] = credentials.token
    names = sorted(given)
    signed_names = ";".join(names)
    lines = "".join(f"{name}:{given[name]}\n" for name in names)
    # The path is encoded once more than it is sent: every service but S3 wants it so.
    request = f"{method}\n{quote(path, safe='/~')}\n\n{lines}\n{signed_names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date}/{region}/{service}/aws4_request"
    text = f"{ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(_key(credentials.secret_key, date, region, service), text.encode(), "sha256").hex()
    given["authorization"] = (
        f"{ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={signed_names}, Signature={signature}"
    )
    return given


@lru_cache(maxsize=16)
def _key(secret: str, *scope: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (*scope, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
