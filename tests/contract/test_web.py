"""The web client in the template: off unless asked for, private but for CloudFront, strict in what it may do."""

import json
import subprocess

import pytest

from deploy import site
from local import web
from tests import template

FILE = template.read("resources/web.yml")
RESOURCES = FILE["Resources"]
DISTRIBUTION = RESOURCES["WebDistribution"]["Properties"]["DistributionConfig"]
HEADERS = RESOURCES["WebHeaders"]["Properties"]["ResponseHeadersPolicyConfig"]


def test_nothing_of_it_is_there_unless_asked_for() -> None:
    assert {one["Condition"] for one in [*RESOURCES.values(), *FILE["Outputs"].values()]} == {"HasWeb"}
    params = template.read("serverless.yml")["params"]
    assert params["default"]["web"] == "${env:WEB, 'false'}"
    assert params["local"]["web"] == "false"


def test_the_bucket_is_closed_to_everybody_but_the_distribution() -> None:
    bucket = RESOURCES["WebBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    allowed, denied = RESOURCES["WebBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Action"] == ["s3:GetObject", "s3:ListBucket"]
    source = allowed["Condition"]["StringEquals"]["aws:SourceArn"]["Fn::Sub"]
    assert source.endswith("::${AWS::AccountId}:distribution/${WebDistribution}")
    assert (denied["Effect"], denied["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": False}})
    (origin,) = DISTRIBUTION["Origins"]
    assert origin["OriginAccessControlId"] == {"Fn::GetAtt": ["WebAccess", "Id"]}
    assert RESOURCES["WebAccess"]["Properties"]["OriginAccessControlConfig"]["SigningBehavior"] == "always"


def test_it_is_served_by_https_alone_and_asks_for_nothing_else() -> None:
    assert DISTRIBUTION["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert DISTRIBUTION["DefaultCacheBehavior"]["AllowedMethods"] == ["GET", "HEAD"]
    assert HEADERS["SecurityHeadersConfig"]["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000


def test_what_the_page_may_ask_the_device_for_is_the_same_too() -> None:
    others = {item["Header"]: item["Value"] for item in HEADERS["CustomHeadersConfig"]["Items"]}
    assert others["Permissions-Policy"] == web.PERMISSIONS


def test_the_policy_is_the_one_that_the_page_is_tested_with() -> None:
    policy = HEADERS["SecurityHeadersConfig"]["ContentSecurityPolicy"]
    assert policy == {"ContentSecurityPolicy": web.POLICY, "Override": True}
    start = (site.PAGES / site.START).read_text()
    for text in (web.POLICY, start):
        assert "unsafe" not in text
        assert "require-trusted-types-for 'script'; trusted-types kaiwa" in text
    assert "default-src 'self';" in start
    assert "<style" not in start
    assert "onclick" not in start
    assert start.count("<script") == start.count('<script type="module" src=')


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/", "/index.html"),
        ("/chats/abc", "/index.html"),
        ("/a.b/c", "/index.html"),
        ("/app.js", "/app.js"),
        ("/strings/ja.js", "/strings/ja.js"),
        ("/missing.js", "/missing.js"),
    ],
)
def test_an_address_that_names_no_file_is_the_page(asked: str, given: str) -> None:
    code = RESOURCES["WebStart"]["Properties"]["FunctionCode"]
    event = json.dumps({"request": {"uri": asked}})
    script = f"{code}\nconsole.log(handler({event}).uri)"
    answer = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == given


def test_every_file_has_a_type_that_browsers_take() -> None:
    for address in site.files():
        assert site.type_of(address)
