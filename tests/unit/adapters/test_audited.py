"""adapters.scanner, functions and work_items against answers in AWS's own shapes (each service's API reference)."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from adapters import functions, scanner, work_items
from adapters.scanner import Finding

ACCOUNT = "123456789012"


class Stubbed:
    """A client that answers what it was told, and the calls that it must get."""

    def __init__(self, service: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.client = boto3.client(service, region_name="us-east-1")
        self.stubber = Stubber(self.client)
        monkeypatch.setattr(boto3, "client", lambda *_, **__: self.client)


@pytest.fixture
def inspector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    with Stubbed("inspector2", monkeypatch).stubber as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def ops_center(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    with Stubbed("ssm", monkeypatch).stubber as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def lambdas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    with Stubbed("lambda", monkeypatch).stubber as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def status(state: str) -> dict[str, Any]:
    well = {"errorCode": "ALREADY_ENABLED", "errorMessage": "-"}
    off = {"status": "DISABLED", **well}
    resources = {"ec2": off, "ecr": off, "lambda": {"status": state, **well}, "lambdaCode": off}
    account = {"accountId": ACCOUNT, "resourceState": resources, "state": {"status": "ENABLED", **well}}
    return {"accounts": [account], "failedAccounts": []}


@pytest.mark.parametrize(("state", "on"), [("ENABLED", True), ("ENABLING", True), ("DISABLED", False)])
def test_whether_inspector_looks_at_functions(state: str, on: bool, inspector: Stubber) -> None:
    inspector.add_response("batch_get_account_status", status(state), {})
    assert scanner.is_on() is on


def test_inspector_is_turned_on_for_the_libraries_in_functions(inspector: Stubber) -> None:
    answer = {"accounts": [], "failedAccounts": []}
    inspector.add_response("enable", answer, {"resourceTypes": ["LAMBDA"]})
    scanner.turn_on()


def found(name: str, function: str, library: dict[str, Any]) -> dict[str, Any]:
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}:$LATEST"
    details = {
        "awsLambdaFunction": {
            "functionName": function,
            "runtime": "PYTHON_3_13",
            "codeSha256": "x",
            "version": "1",
            "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{function}",
        }
    }
    return {
        "awsAccountId": ACCOUNT,
        "description": "...",
        "findingArn": f"arn:aws:inspector2:us-east-1:{ACCOUNT}:finding/0123456789abcdef0123456789abcdef",
        "firstObservedAt": 1.0,
        "lastObservedAt": 1.0,
        "packageVulnerabilityDetails": {
            "source": "NVD",
            "vulnerabilityId": name,
            "vulnerablePackages": [{"packageManager": "PYTHONPKG", **library}],
        },
        "remediation": {"recommendation": {"text": "None Provided"}},
        "resources": [
            {"id": arn, "type": "AWS_LAMBDA_FUNCTION", "partition": "aws", "region": "us-east-1", "details": details}
        ],
        "severity": "HIGH",
        "status": "ACTIVE",
        "title": f"{name} - {library['name']}",
        "type": "PACKAGE_VULNERABILITY",
        "updatedAt": 1.0,
    }


def test_findings_are_read_page_by_page_and_for_our_functions_alone(inspector: Stubber) -> None:
    wanted = {
        "findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}],
        "findingType": [{"comparison": "EQUALS", "value": "PACKAGE_VULNERABILITY"}],
        "lambdaFunctionName": [{"comparison": "PREFIX", "value": "kaiwa-prod-"}],
    }
    fixed = {"name": "msgspec", "version": "0.22.0", "fixedInVersion": "0.22.1"}
    unfixed = {"name": "pynamodb", "version": "6.1.0"}
    first = {"findings": [found("CVE-2026-1", "kaiwa-prod-Chat", fixed)], "nextToken": "more"}
    inspector.add_response("list_findings", first, {"filterCriteria": wanted})
    second = {"findings": [found("CVE-2026-2", "kaiwa-prod-Account", unfixed)]}
    inspector.add_response("list_findings", second, {"filterCriteria": wanted, "nextToken": "more"})
    assert list(scanner.findings("kaiwa-prod-")) == [
        Finding("CVE-2026-1", "HIGH", "msgspec 0.22.0", "0.22.1", "kaiwa-prod-Chat"),
        Finding("CVE-2026-2", "HIGH", "pynamodb 6.1.0", "", "kaiwa-prod-Account"),
    ]


def test_an_ops_item_is_opened_with_the_key_that_ops_center_compares(ops_center: Stubber) -> None:
    expected = {
        "Title": "a title",
        "Description": "what to do",
        "Source": "Kaiwa",
        "Category": "Security",
        "Severity": "2",
        "OperationalData": {
            "/aws/dedup": {"Value": json.dumps({"dedupString": "kaiwa-prod/outdated/x"}), "Type": "SearchableString"}
        },
    }
    ops_center.add_response("create_ops_item", {"OpsItemId": "oi-1"}, expected)
    assert work_items.open_once("kaiwa-prod/outdated/x", "a title", "what to do", 2)


def test_one_that_is_open_already_is_not_opened_again(ops_center: Stubber) -> None:
    ops_center.add_client_error("create_ops_item", "OpsItemAlreadyExistsException", "oi-1")
    assert not work_items.open_once("key", "a title", "what to do", 2)


def test_any_other_refusal_is_an_error(ops_center: Stubber) -> None:
    ops_center.add_client_error("create_ops_item", "OpsItemLimitExceededException", "too many")
    with pytest.raises(Exception, match="OpsItemLimitExceededException"):
        work_items.open_once("key", "a title", "what to do", 2)


def test_what_is_too_long_is_cut(ops_center: Stubber) -> None:
    expected = dict.fromkeys(("Source", "Category", "Severity", "OperationalData"), ANY)
    expected |= {"Title": "t" * 1024, "Description": "d" * 2048}
    ops_center.add_response("create_ops_item", {"OpsItemId": "oi-1"}, expected)
    assert work_items.open_once("key", "t" * 2000, "d" * 3000, 4)


def test_functions_are_told_by_their_runtimes_and_those_of_others_are_not(lambdas: Stubber) -> None:
    def page(*functions_of: dict[str, Any], **more: str) -> dict[str, Any]:
        return {"Functions": list(functions_of), **more}

    first = page(
        {"FunctionName": "kaiwa-prod-Chat", "Runtime": "python3.13"},
        {"FunctionName": "kaiwa-production-Chat", "Runtime": "python3.9"},
        NextMarker="more",
    )
    second = page(
        {"FunctionName": "kaiwa-prod-Account", "Runtime": "python3.13"},
        {"FunctionName": "kaiwa-prod-image", "PackageType": "Image"},
        {"FunctionName": "kaiwa-prod-custom", "Runtime": "nodejs22.x"},
    )
    lambdas.add_response("list_functions", first, {})
    lambdas.add_response("list_functions", second, {"Marker": "more"})
    assert functions.by_runtime("kaiwa-prod-") == {
        "python3.13": ["kaiwa-prod-Chat", "kaiwa-prod-Account"],
        "nodejs22.x": ["kaiwa-prod-custom"],
    }
