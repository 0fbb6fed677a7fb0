"""Systems Manager's Parameter Store: secrets that no template and no environment holds."""

import msgspec

from core import aws
from core.settings import settings

OK = 200
HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameter"}


class ParameterError(Exception):
    """There is no such parameter, or Parameter Store did not answer."""


def secret(name: str) -> str:
    """Return a SecureString.

    Args:
        name: The parameter, for example ``/kaiwa/prod/canary``.

    Raises:
        ParameterError: It is not there, or cannot be read.
    """
    body = msgspec.json.encode({"Name": name, "WithDecryption": True})
    answer = aws.post("ssm", "GetParameter", f"{settings().parameters_url}/", body, HEADERS)
    if answer.status != OK:
        raise ParameterError(f"Parameter Store answered {answer.status}.")
    return str(msgspec.json.decode(answer.body)["Parameter"]["Value"])
