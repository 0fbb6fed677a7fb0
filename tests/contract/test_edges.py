"""What stands before the functions of a production stage: throttles, names with TLS, and who may call."""

from typing import Any

import pytest

from core.operations import EDGE_HEADER
from tests import compiled, template

QUOTA = 10_000
"""Requests a second, of all APIs of an account and region (API Gateway's quota page)."""

NEW_SOCKETS = 500
"""A second, of an account and region (API Gateway's quota page)."""


def stage(name: str) -> dict[str, Any]:
    return compiled.of_type("AWS::ApiGatewayV2::Stage")[name]


def rate(settings: dict[str, Any]) -> int:
    assert set(settings) - {"DetailedMetricsEnabled"} == {"ThrottlingRateLimit", "ThrottlingBurstLimit"}
    return settings["ThrottlingRateLimit"]


@pytest.mark.parametrize("name", ["HttpApiStage", "WebsocketsDeploymentStage"])
def test_no_route_can_take_the_whole_quota(name: str) -> None:
    usual = rate(stage(name)["DefaultRouteSettings"])
    assert usual < QUOTA / 2
    assert all(rate(one) < usual for one in stage(name)["RouteSettings"].values())


def test_what_is_open_to_anybody_is_throttled_by_itself() -> None:
    routes = compiled.of_type("AWS::ApiGatewayV2::Route").values()
    http = [one for one in routes if one["ApiId"] == {"Ref": "HttpApi"}]
    public = {one["RouteKey"] for one in http if one.get("AuthorizationType", "NONE") == "NONE"}
    assert public >= {"POST /users", "POST /sessions", "POST /sessions/refresh", "POST /passwords/forgot"}
    assert stage("HttpApiStage")["RouteSettings"].keys() >= public
    assert rate(stage("WebsocketsDeploymentStage")["RouteSettings"]["$connect"]) <= NEW_SOCKETS
    assert rate(stage("HttpApiStage")["RouteSettings"]["POST /tickets"]) <= NEW_SOCKETS


@pytest.mark.parametrize("name", ["HttpApiStage", "WebsocketsDeploymentStage"])
def test_a_stage_waits_for_the_routes_that_it_throttles(name: str) -> None:
    resources = compiled.template()["Resources"]
    waits_for = {resources[one]["Properties"].get("RouteKey") for one in resources[name]["DependsOn"]}
    assert set(stage(name)["RouteSettings"]) <= waits_for


@pytest.mark.parametrize(
    ("name", "address"), [("ApiDomain", "api.example.com"), ("SocketDomain", "socket.example.com")]
)
def test_our_own_names_take_tls_1_2_and_newer(name: str, address: str) -> None:
    domain = compiled.of_type("AWS::ApiGatewayV2::DomainName")[name]
    (configuration,) = domain["DomainNameConfigurations"]
    assert domain["DomainName"] == address
    assert configuration["SecurityPolicy"] == "TLS_1_2"
    assert configuration["CertificateArn"] == compiled.EVERYTHING["CERTIFICATE"]
    mapping = compiled.of_type("AWS::ApiGatewayV2::ApiMapping")[f"{name}Mapping"]
    assert mapping["DomainName"] == {"Ref": name}
    assert "ApiMappingKey" not in mapping


def test_clients_are_told_our_own_names_where_there_are_any() -> None:
    variables = compiled.of_type("AWS::Lambda::Function")["CreateTicketLambdaFunction"]["Environment"]["Variables"]
    for name, condition, address in (
        ("API_URL", "HasApiDomain", "https://api.example.com"),
        ("SOCKET_URL", "HasSocketDomain", "wss://socket.example.com"),
    ):
        wanted, chosen, other = variables[name]["Fn::If"]
        assert (wanted, chosen) == (condition, address)
        assert ".execute-api." in other["Fn::Sub"]
    assert compiled.template()["Outputs"]["ApiUrl"]["Value"] == variables["API_URL"]
    # The server's own way to the sockets goes by no name of ours.
    assert ".execute-api." in variables["CONNECTIONS_URL"]["Fn::Sub"]


def test_the_pages_that_may_call_are_those_that_may_open_a_socket() -> None:
    cors = compiled.of_type("AWS::ApiGatewayV2::Api")["HttpApi"]["CorsConfiguration"]
    variables = compiled.of_type("AWS::Lambda::Function")["AuthorizeLambdaFunction"]["Environment"]["Variables"]
    assert cors["AllowOrigins"] == ["https://chat.example.com", "https://example.org"]
    assert variables["WEB_ORIGINS"] == {"Fn::Join": [",", cors["AllowOrigins"]]}
    assert not cors.get("AllowCredentials")


def test_aws_patches_the_runtime_beneath_every_function() -> None:
    """Which it does unless told otherwise (Lambda's guide, "How Lambda manages runtime version updates")."""
    assert template.read("serverless.yml")["provider"]["runtimeManagement"] == "auto"
    for function in compiled.of_type("AWS::Lambda::Function").values():
        assert function.get("RuntimeManagementConfig", {"UpdateRuntimeOn": "Auto"}) == {"UpdateRuntimeOn": "Auto"}


def test_a_firewall_stands_before_the_http_api_and_nothing_comes_around_it() -> None:
    distribution = compiled.of_type("AWS::CloudFront::Distribution")["Edge"]["DistributionConfig"]
    assert distribution["WebACLId"] == compiled.EVERYTHING["WEB_ACL"]
    assert distribution["Aliases"] == ["api.example.com"]
    assert distribution["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert distribution["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "https-only"
    (origin,) = distribution["Origins"]
    (header,) = origin["OriginCustomHeaders"]
    secret = {"Fn::Sub": "{{resolve:secretsmanager:${EdgeSecret}:SecretString}}"}
    assert (header["HeaderName"], header["HeaderValue"]) == (EDGE_HEADER, secret)
    for function in compiled.of_type("AWS::Lambda::Function").values():
        assert function["Environment"]["Variables"]["EDGE_SECRET"] == {"Fn::If": ["HasFirewall", secret, ""]}


def test_the_firewall_counts_and_looks_but_reads_no_messages() -> None:
    acl = template.read("deploy/firewall.yml")["Resources"]["WebAcl"]["Properties"]
    groups = [one["Statement"].get("ManagedRuleGroupStatement", {}).get("Name") for one in acl["Rules"]]
    assert groups == [None, "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet"]
    assert (acl["Scope"], acl["DefaultAction"]) == ("CLOUDFRONT", {"Allow": {}})
