"""What PynamoDB needs of a DynamoDB client, and no more.

PynamoDB builds a call's parameters in DynamoDB's own JSON and reads its answer likewise, so the way between is short
(DynamoDB's developer guide, "DynamoDB low-level API").
"""

from typing import Any, cast

import msgspec
from botocore.exceptions import ClientError, HTTPClientError

from core import aws
from core.http import Answer
from core.settings import settings

API_VERSION = "DynamoDB_20120810"

PASSING = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
    }
)
"""Refusals with status 400 that another try may overcome (the developer guide, "Error handling with DynamoDB").
The last one: an item is part of a transaction under way, as a chat is while its members change."""

OK = 200


class Client:
    """A client for the calls that PynamoDB makes. It has the two members that PynamoDB looks for."""

    _request_signer = None

    def _make_api_call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Make a call, trying again while DynamoDB asks for patience or does not answer.

        A write that was made though its answer got lost is then made twice, which every rule here must bear anyway,
        because a client that got no answer does the same.

        Raises:
            ClientError: DynamoDB refused.
            HTTPClientError: DynamoDB did not answer.
        """
        body = msgspec.json.encode(parameters)
        for attempt in range(1, aws.TRIES):
            try:
                answer = _post(operation, body)
            except HTTPClientError:
                aws.wait(attempt)
                continue
            if answer.status == OK:
                return _object(answer)
            error = _error(operation, answer)
            if not aws.is_passing(answer.status) and error.response["Error"]["Code"] not in PASSING:
                raise error
            aws.wait(attempt)
        answer = _post(operation, body)
        if answer.status != OK:
            raise _error(operation, answer)
        return _object(answer)


def _post(operation: str, body: bytes) -> Answer:
    headers = {"content-type": "application/x-amz-json-1.0", "x-amz-target": f"{API_VERSION}.{operation}"}
    return aws.post("dynamodb", operation, f"{settings().dynamodb_url}/", body, headers)


def _object(answer: Answer) -> dict[str, Any]:
    return msgspec.json.decode(answer.body, type=dict[str, Any])


def _error(operation: str, answer: Answer) -> ClientError:
    """Read a refusal: its type stands behind ``#``, and what it tells besides (why a transaction failed) beside it."""
    try:
        told = _object(answer)
    except msgspec.DecodeError:
        told = {}
    code = str(told.pop("__type", answer.status)).rpartition("#")[2]
    message = told.pop("message", told.pop("Message", ""))
    return ClientError(cast("Any", {"Error": {"Code": code, "Message": message}, **told}), operation)
