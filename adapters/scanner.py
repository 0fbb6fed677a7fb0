"""Inspector: what it knows to be vulnerable in the functions that are deployed."""

from collections.abc import Iterator
from typing import Any

import boto3
import msgspec
from botocore.config import Config

from core.settings import settings

PATIENCE = Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 5, "mode": "standard"})

WATCHED = "LAMBDA"
"""The libraries in functions' packages, and not our own code (``LAMBDA_CODE``)."""

ON = {"ENABLED", "ENABLING"}


class Finding(msgspec.Struct, frozen=True):
    """A vulnerability of one library in one function.

    Attributes:
        vulnerability: Its name, for example ``CVE-2026-1234``.
        severity: ``CRITICAL``, ``HIGH``, ``MEDIUM``, ``LOW``, ``INFORMATIONAL`` or ``UNTRIAGED``.
        library: The library and its version.
        fixed_in: The first version without it, if there is one.
        function: The function.
    """

    vulnerability: str
    severity: str
    library: str
    fixed_in: str
    function: str


def is_on() -> bool:
    """Say whether Inspector looks at this account's functions in this region."""
    (account,) = _client().batch_get_account_status()["accounts"]
    return account["resourceState"]["lambda"]["status"] in ON


def turn_on() -> None:
    """Have Inspector look at this account's functions in this region."""
    _client().enable(resourceTypes=[WATCHED])


def findings(prefix: str) -> Iterator[Finding]:
    """Return what is open.

    Args:
        prefix: What the functions' names begin with.
    """
    wanted = {
        "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
        "findingType": [{"comparison": "EQUALS", "value": "PACKAGE_VULNERABILITY"}],
        "lambdaFunctionName": [{"comparison": "PREFIX", "value": prefix}],
    }
    for page in _client().get_paginator("list_findings").paginate(filterCriteria=wanted):
        for finding in page["findings"]:
            yield from _read(finding)


def _read(finding: dict[str, Any]) -> Iterator[Finding]:
    details = finding["packageVulnerabilityDetails"]
    for resource in finding["resources"]:
        function = resource.get("details", {}).get("awsLambdaFunction", {}).get("functionName", resource["id"])
        for library in details["vulnerablePackages"]:
            yield Finding(
                vulnerability=details["vulnerabilityId"],
                severity=finding["severity"],
                library=f"{library['name']} {library['version']}",
                fixed_in=library.get("fixedInVersion") or "",
                function=function,
            )


def _client() -> Any:
    return boto3.client("inspector2", region_name=settings().region, config=PATIENCE)
