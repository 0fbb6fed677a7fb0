"""Fixtures: an account of AWS in memory, as an operator sees it."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from moto import mock_aws

Told = dict[tuple[str, str], Any]

ANSWERS: Told = {
    ("lambda", "GetAccountSettings"): {"AccountLimit": {"ConcurrentExecutions": 1000}},
    ("apigateway", "GetAccount"): {"throttleSettings": {"burstLimit": 5000, "rateLimit": 10000.0}},
    ("sesv2", "GetAccount"): {"ProductionAccessEnabled": True, "SendingEnabled": True},
    ("sesv2", "GetEmailIdentity"): {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": True},
}
"""What moto does not know: these services' words about an account, and what its owner proved."""


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What those tell, to be changed."""
    told = dict(ANSWERS)
    original = BaseClient._make_api_call

    def make(client: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        answer = told.get((client.meta.service_model.service_name, operation))
        if isinstance(answer, Exception):
            raise answer
        return original(client, operation, parameters) if answer is None else answer

    monkeypatch.setattr(BaseClient, "_make_api_call", make)
    return told


@pytest.fixture
def account(told: Told) -> Iterator[Told]:
    """An account in which a stage can be deployed."""
    with mock_aws():
        yield told
