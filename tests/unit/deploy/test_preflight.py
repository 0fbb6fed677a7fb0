import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from deploy import preflight
from deploy.preflight import Preflight, Template
from tests import template
from tests.unit.deploy.conftest import Told

REGION = "us-east-1"
EDGE_CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/edge"
SUBJECTS = ("region", "credentials", "stack", "functions", "requests", "roles", "origins", "mail", "names")


def stage(rate: int) -> dict[str, Any]:
    settings = {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": rate}
    return {"Type": "AWS::ApiGatewayV2::Stage", "Properties": {"DefaultRouteSettings": settings}}


def packaged(*origins: str | dict[str, Any], domain: str = "", certificate: str = "", firewall: str = "") -> Template:
    """Return what of a template is looked at."""
    arn = "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/chat.example.com"
    statement = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": {"Fn::Sub": arn}}
    role = {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]}
    cors = {"AllowOrigins": list(origins or ("https://chat.example.com",))}
    name = {"DomainName": domain, "DomainNameConfigurations": [{"CertificateArn": certificate}]}
    edge = {"WebACLId": firewall, "Aliases": [domain], "ViewerCertificate": {"AcmCertificateArn": EDGE_CERTIFICATE}}
    return {
        "Resources": {
            "Edge": {"Type": "AWS::CloudFront::Distribution", "Properties": {"DistributionConfig": edge}},
            "HttpApi": {
                "Type": "AWS::ApiGatewayV2::Api",
                "Properties": {"ProtocolType": "HTTP", "CorsConfiguration": cors},
            },
            "WebsocketsApi": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "WEBSOCKET"}},
            "HttpApiStage": stage(2000),
            "WebsocketsDeploymentStage": stage(4000),
            "AccountRole": {"Type": "AWS::IAM::Role", "Properties": role},
            "ApiDomain": {"Type": "AWS::ApiGatewayV2::DomainName", "Properties": name},
        }
    }


def found(subject: str, packaged: Template, stage: str = "prod", region: str = REGION) -> tuple[str, str]:
    """Return the worst level of a subject, and all that is said of it."""
    lines = Preflight(packaged, stage, region).look(subject)
    return max((level for level, _ in lines), key=["ok", "warn", "FAIL"].index), " ".join(words for _, words in lines)


def create_stack(status: str | None = None) -> None:
    body = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}
    boto3.client("cloudformation", REGION).create_stack(StackName="kaiwa-prod", TemplateBody=json.dumps(body))


def create_table(name: str) -> None:
    boto3.client("dynamodb", REGION).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_where_all_is_ready_nothing_is_said_against_it(account: Told) -> None:
    lines = list(Preflight(packaged(), "prod", REGION).run())
    assert [(subject, level) for subject, (level, _) in lines] == [(subject, "ok") for subject in SUBJECTS]
    said = {subject: sentence for subject, (_, sentence) in lines}
    assert "account 123456789012" in said["credentials"]
    assert said["stack"] == "kaiwa-prod will be made"
    assert said["requests"] == "6000 of 10000 requests a second are for this stage"


def test_without_credentials_nothing_else_is_asked(account: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def client(service: str, **_: Any) -> Any:
        asked.append(service)
        raise NoCredentialsError

    monkeypatch.setattr(boto3, "client", client)
    lines = list(Preflight(packaged(), "prod", REGION).run())
    assert [(subject, level) for subject, (level, _) in lines] == [("region", "ok"), ("credentials", "FAIL")]
    assert asked == ["sts"]


def test_a_region_that_does_not_exist_is_refused(account: Told) -> None:
    ((subject, (level, _)),) = Preflight(packaged(), "prod", "eu-nowhere-1").run()
    assert (subject, level) == ("region", "FAIL")


def test_a_stack_that_is_there_is_updated(account: Told) -> None:
    create_stack()
    assert found("stack", packaged()) == ("ok", "kaiwa-prod will be updated")


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_FAILED"])
def test_a_stack_that_takes_no_update_is_refused(status: str, account: Told) -> None:
    account["cloudformation", "DescribeStacks"] = {"Stacks": [{"StackName": "kaiwa-prod", "StackStatus": status}]}
    assert found("stack", packaged())[0] == "FAIL"


def test_tables_that_another_stack_left_are_named(account: Told) -> None:
    create_table("kaiwa-prod-users")
    create_table("kaiwa-production-users")
    level, words = found("stack", packaged())
    assert level == "FAIL"
    assert words.endswith("its tables do: kaiwa-prod-users. Import or delete them")


def test_small_quotas_are_told_with_their_names(account: Told) -> None:
    account["lambda", "GetAccountSettings"] = {"AccountLimit": {"ConcurrentExecutions": 10}}
    account["apigateway", "GetAccount"] = {"throttleSettings": {"burstLimit": 1, "rateLimit": 6000.0}}
    account["iam", "GetAccountSummary"] = {"SummaryMap": {"Roles": 1000, "RolesQuota": 1000}}
    for subject, quota in (
        ("functions", "Concurrent executions"),
        ("requests", "Throttle rate"),
        ("roles", "Roles per account"),
    ):
        level, words = found(subject, packaged())
        assert level == "warn"
        assert f"*{quota}*" in words


@pytest.mark.parametrize(
    ("origin", "level"),
    [
        ("https://chat.example.com", "ok"),
        ("https://chat.example.com:8443", "ok"),
        ("https://localhost", "FAIL"),
        ("http://chat.example.com", "FAIL"),
        ("https://chat.example.com/", "FAIL"),
        ("https://chat.example.com/app", "FAIL"),
        ("chat.example.com", "FAIL"),
        ("*", "FAIL"),
    ],
)
def test_only_pages_that_people_use_may_call_a_stage_in_use(origin: str, level: str, account: Told) -> None:
    assert found("origins", packaged("https://ok.example.com", origin))[0] == level
    assert found("origins", packaged(origin), stage="dev")[0] == "ok"


def test_the_stack_s_own_page_may_call_it_though_only_aws_knows_its_address(account: Told) -> None:
    own = {"Fn::If": ["HasWeb", {"Fn::Sub": "https://${WebDistribution.DomainName}"}, "https://localhost"]}
    assert found("origins", packaged(own)) == ("ok", "the page of this stack")
    assert found("origins", packaged("https://chat.example.com", own))[0] == "ok"


def test_a_sender_that_ses_does_not_know_is_refused(account: Told) -> None:
    del account["sesv2", "GetEmailIdentity"]
    level, words = found("mail", packaged())
    assert level == "FAIL"
    assert words.startswith("SES does not know chat.example.com; set MAIL_FROM")


@pytest.mark.parametrize(
    ("identity", "of_account", "level"),
    [
        ({"VerifiedForSendingStatus": False}, {"ProductionAccessEnabled": True, "SendingEnabled": True}, "FAIL"),
        ({"VerifiedForSendingStatus": True}, {"ProductionAccessEnabled": False, "SendingEnabled": True}, "warn"),
        ({"VerifiedForSendingStatus": True}, {"ProductionAccessEnabled": True, "SendingEnabled": False}, "FAIL"),
    ],
)
def test_mail_that_would_not_arrive_is_told(
    identity: dict[str, Any], of_account: dict[str, Any], level: str, account: Told
) -> None:
    account["sesv2", "GetEmailIdentity"] = identity
    account["sesv2", "GetAccount"] = of_account
    assert found("mail", packaged())[0] == level


CERTIFIED = {"Status": "ISSUED", "DomainName": "example.com", "SubjectAlternativeNames": ["*.example.com"]}


@pytest.mark.parametrize(
    ("name", "region", "certificate", "level"),
    [
        ("api.example.com", REGION, CERTIFIED, "ok"),
        ("api.example.com", REGION, {**CERTIFIED, "SubjectAlternativeNames": ["api.example.com"]}, "ok"),
        ("api.example.com", "eu-west-1", CERTIFIED, "FAIL"),
        ("api.example.com", REGION, {**CERTIFIED, "Status": "PENDING_VALIDATION"}, "FAIL"),
        ("api.example.org", REGION, CERTIFIED, "FAIL"),
        ("api.eu.example.com", REGION, CERTIFIED, "FAIL"),
    ],
)
def test_a_name_needs_a_certificate_that_is_its_own(
    name: str, region: str, certificate: dict[str, Any], level: str, account: Told
) -> None:
    account["acm", "DescribeCertificate"] = {"Certificate": certificate}
    arn = f"arn:aws:acm:{region}:123456789012:certificate/x"
    assert found("names", packaged(domain=name, certificate=arn))[0] == level


def test_a_certificate_that_is_not_there_is_refused(account: Told) -> None:
    level, words = found("names", packaged(domain="api.example.com", certificate=EDGE_CERTIFICATE))
    assert (level, words) == ("FAIL", "the certificate of api.example.com does not exist")


@pytest.mark.parametrize(
    ("name", "certificate", "level"),
    [
        ("api.example.com", CERTIFIED, "ok"),
        ("api.example.com", {**CERTIFIED, "Status": "EXPIRED"}, "FAIL"),
        ("", CERTIFIED, "FAIL"),
    ],
)
def test_a_firewall_needs_a_name_and_its_certificate_where_cloudfront_looks(
    name: str, certificate: dict[str, Any], level: str, account: Told
) -> None:
    account["acm", "DescribeCertificate"] = {"Certificate": certificate}
    template = packaged(domain=name, certificate=EDGE_CERTIFICATE, firewall="acl")
    assert found("names", template)[0] == level


def test_what_may_not_be_seen_is_no_failure(account: Told) -> None:
    """Whoever deploys may be allowed to deploy and not to look into SES."""
    account["sesv2", "GetEmailIdentity"] = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetEmailIdentity")
    level, words = found("mail", packaged())
    assert level == "warn"
    assert "cannot be seen" in words


def test_the_command_prints_a_line_each_and_fails_where_anything_would(
    account: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(preflight, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["preflight", "--stage", "prod", "--region", REGION])
    assert preflight.main() == 1
    assert "make package STAGE=prod" in capsys.readouterr().err
    folder = tmp_path / ".build" / "package" / "prod"
    folder.mkdir(parents=True)
    for origin, code in (("https://chat.example.com", 0), ("*", 1)):
        (folder / "cloudformation-template-update-stack.json").write_text(json.dumps(packaged(origin)))
        assert preflight.main() == code
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines[: len(SUBJECTS)]] == [["ok", subject] for subject in SUBJECTS]
    assert ["FAIL", "origins"] in [line.split()[:2] for line in lines]


def test_the_stages_for_trying_are_the_template_s() -> None:
    condition = template.read("resources/user_pool.yml")["Conditions"]["IsForTrying"]["Fn::Or"]
    assert {one["Fn::Equals"][1] for one in condition} == preflight.FOR_TRYING
