"""Look, before a deployment, whether AWS is ready for it: what would fail or disappoint later is said now.

It reads the packaged template, so it looks for what is about to be deployed. It changes nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from deploy import command

ROOT = Path(__file__).resolve().parent.parent

FOR_TRYING = {"dev", "local"}
"""Stages that nobody depends on (``IsForTrying`` in resources/user_pool.yml)."""

LEAST_CONCURRENCY = 1000
"""Executions at the same time that an account has by default; a new one may begin with 10 (Lambda's quota page)."""

EDGE_REGION = "us-east-1"
"""Where CloudFront takes its certificates from."""

SETTLED = {"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE"}
"""States in which CloudFormation takes an update."""

NEEDED_FIRST = {"region", "credentials"}

Level = Literal["ok", "warn", "FAIL"]
Line = tuple[Level, str]
Template = dict[str, Any]


class Preflight:
    """What is looked at, one method a subject."""

    def __init__(self, template: Template, stage: str, region: str) -> None:
        """Prepare to look.

        Args:
            template: The packaged one.
            stage: Its stage.
            region: Where it goes.
        """
        self._template = template
        self._stage = stage
        self._region = region
        self._is_for_use = stage not in FOR_TRYING
        self._subjects: dict[str, Callable[[], Iterator[Line]]] = {
            "region": self._at_region,
            "credentials": self._credentials,
            "stack": self._stack,
            "functions": self._concurrency,
            "requests": self._throttles,
            "roles": self._roles,
            "origins": self._origins,
            "mail": self._mail,
            "names": self._names,
        }

    def run(self) -> Iterator[tuple[str, Line]]:
        """Return every subject with what was found of it. Without a region or credentials there is no more to see."""
        for subject in self._subjects:
            lines = self.look(subject)
            yield from ((subject, line) for line in lines)
            if subject in NEEDED_FIRST and "FAIL" in {level for level, _ in lines}:
                return

    def look(self, subject: str) -> list[Line]:
        """Return what was found of one subject: a level and a sentence each."""
        lines: list[Line] = []
        try:
            lines.extend(self._subjects[subject]())
        except (BotoCoreError, ClientError) as error:
            # Who may deploy may yet not be allowed to look at everything.
            lines.append(("FAIL" if subject in NEEDED_FIRST else "warn", f"cannot be seen: {error}"))
        return lines

    def _credentials(self) -> Iterator[Line]:
        who = self._client("sts").get_caller_identity()
        yield "ok", f"account {who['Account']}, as {who['Arn']}"
        if who["Arn"].endswith(":root"):
            yield "warn", "these are the root user's: use a role"

    def _at_region(self) -> Iterator[Line]:
        known = boto3.session.Session().get_available_regions("apigatewayv2")
        if self._region not in known:
            yield "FAIL", f"{self._region} is none that API Gateway is known to be in"
            return
        yield "ok", self._region

    def _stack(self) -> Iterator[Line]:
        name = f"kaiwa-{self._stage}"
        try:
            (stack,) = self._client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            left = self._leftovers()
            if left:
                yield "FAIL", f"{name} does not exist, but its tables do: {', '.join(left)}. Import or delete them"
            else:
                yield "ok", f"{name} will be made"
            return
        if stack["StackStatus"] in SETTLED:
            yield "ok", f"{name} will be updated"
        else:
            yield "FAIL", f"{name} is {stack['StackStatus']}, and takes no update"

    def _leftovers(self) -> list[str]:
        prefix = f"kaiwa-{self._stage}-"
        pages = self._client("dynamodb").get_paginator("list_tables").paginate()
        return [name for page in pages for name in page["TableNames"] if name.startswith(prefix)]

    def _concurrency(self) -> Iterator[Line]:
        most = self._client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        level: Level = "ok" if most >= LEAST_CONCURRENCY else "warn"
        yield level, f"{most} executions at the same time in this account" + _raise_if(level, "Concurrent executions")

    def _throttles(self) -> Iterator[Line]:
        quota = self._client("apigateway").get_account()["throttleSettings"]["rateLimit"]
        wanted = sum(one["DefaultRouteSettings"]["ThrottlingRateLimit"] for one in self._of("AWS::ApiGatewayV2::Stage"))
        level: Level = "ok" if wanted < quota else "warn"
        yield (
            level,
            f"{wanted:.0f} of {quota:.0f} requests a second are for this stage" + _raise_if(level, "Throttle rate"),
        )

    def _roles(self) -> Iterator[Line]:
        summary = self._client("iam").get_account_summary()["SummaryMap"]
        free = summary["RolesQuota"] - summary["Roles"]
        needed = len(self._of("AWS::IAM::Role"))
        level: Level = "ok" if needed <= free else "warn"
        yield level, f"{needed} roles, and room for {free}" + _raise_if(level, "Roles per account")

    def _origins(self) -> Iterator[Line]:
        (api,) = (one for one in self._of("AWS::ApiGatewayV2::Api") if one["ProtocolType"] == "HTTP")
        for origin in api["CorsConfiguration"]["AllowOrigins"]:
            if isinstance(origin, dict):
                yield "ok", "the page of this stack"
                continue
            wrong = _wrong_with(origin) if self._is_for_use else None
            yield ("FAIL", f"{origin} {wrong}; set WEB_ORIGINS") if wrong else ("ok", origin)

    def _mail(self) -> Iterator[Line]:
        ses = self._client("sesv2")
        identity = self._sender()
        try:
            verified = ses.get_email_identity(EmailIdentity=identity).get("VerifiedForSendingStatus", False)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NotFoundException":
                raise
            yield "FAIL", f"SES does not know {identity}; set MAIL_FROM and MAIL_IDENTITY, and have it verified"
            return
        yield ("ok", f"{identity} is verified") if verified else ("FAIL", f"{identity} is not verified yet")
        account = ses.get_account()
        if not account.get("ProductionAccessEnabled", False):
            yield "warn", "SES is in its sandbox: it mails to verified addresses alone"
        if not account.get("SendingEnabled", True):
            yield "FAIL", "SES does not send for this account"

    def _sender(self) -> str:
        """Return the identity that the roles may send mails as."""
        statements = (
            statement
            for role in self._of("AWS::IAM::Role")
            for policy in role.get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
        )
        arn = next(one["Resource"]["Fn::Sub"] for one in statements if one["Action"] == "ses:SendEmail")
        return str(arn.rpartition("identity/")[2])

    def _names(self) -> Iterator[Line]:
        domains = {one["DomainName"]: one for one in self._of("AWS::ApiGatewayV2::DomainName") if one["DomainName"]}
        if not domains:
            yield "ok", "none of our own; API Gateway's are used"
        for name, domain in domains.items():
            (configuration,) = domain["DomainNameConfigurations"]
            yield self._certified(name, configuration["CertificateArn"], self._region)
        edge = self._template["Resources"]["Edge"]["Properties"]["DistributionConfig"]
        (name,) = edge["Aliases"]
        if edge["WebACLId"] and name in domains:
            yield self._certified(name, edge["ViewerCertificate"]["AcmCertificateArn"], EDGE_REGION)
        elif edge["WebACLId"]:
            yield "FAIL", "a firewall needs a name of our own; set API_DOMAIN"

    def _certified(self, name: str, arn: str, region: str) -> Line:
        if arn.split(":")[3] != region:
            return "FAIL", f"the certificate of {name} is not in {region}"
        try:
            found = self._client("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            return "FAIL", f"the certificate of {name} does not exist"
        if found["Status"] != "ISSUED":
            return "FAIL", f"the certificate of {name} is {found['Status']}"
        covered = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
        if not covered & {name, "*." + name.partition(".")[2]}:
            return "FAIL", f"the certificate is not for {name}"
        return "ok", f"{name} has a certificate"

    def _of(self, kind: str) -> list[dict[str, Any]]:
        return [one["Properties"] for one in self._template["Resources"].values() if one["Type"] == kind]

    def _client(self, service: str, region: str | None = None) -> Any:
        return boto3.client(service, region_name=region or self._region)


def _raise_if(level: Level, quota: str) -> str:
    return "" if level == "ok" else f": raise the quota *{quota}* in Service Quotas"


def _wrong_with(origin: str) -> str | None:
    """Say what keeps an origin from being that of a page that people use; None if nothing does."""
    if origin == "*":
        return "lets the pages of anybody call"
    address = urlsplit(origin)
    if address.scheme != "https":
        return "has no TLS"
    if address.hostname in {"localhost", "127.0.0.1"}:
        return "is a developer's own machine"
    if origin != f"https://{address.netloc}":
        return "is more than an origin: no path, and no slash at the end"
    return None


def main() -> int:
    """Print a line for everything that was looked at, and fail if anything would."""
    given = command.parser("preflight", "Look before a deployment.").parse_args()
    file = ROOT / ".build" / "package" / given.stage / "cloudformation-template-update-stack.json"
    if not file.exists():
        print(f"There is no template of {given.stage}: `make package STAGE={given.stage}` first.", file=sys.stderr)
        return 1
    preflight = Preflight(json.loads(file.read_text()), given.stage, given.region)
    failed = False
    for subject, (level, sentence) in preflight.run():
        print(f"{level:5} {subject:12} {sentence}")
        failed = failed or level == "FAIL"
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
