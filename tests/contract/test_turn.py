"""The optional fleet of TURN servers: a stack of its own, closed to the inside, patched, with no secret in it."""

import ipaddress
import json
import re
from typing import Any

import pytest

from tests import compiled, template

FILE = template.read("deploy/turn.yml", placeholder="${Stage}")
RESOURCES = FILE["Resources"]
DATA = RESOURCES["TurnTemplate"]["Properties"]["LaunchTemplateData"]
SCRIPT = DATA["UserData"]["Fn::Base64"]["Fn::Sub"]
CONFIGURATION = SCRIPT.partition("cat > /etc/turnserver.conf <<END\n")[2].partition("\nEND\n")[0].splitlines()


def denied(address: str) -> bool:
    wanted = ipaddress.ip_address(address)
    ranges = [line.removeprefix("denied-peer-ip=").split("-") for line in CONFIGURATION if "denied-peer-ip" in line]
    bounds = [[ipaddress.ip_address(bound) for bound in one] for one in ranges]
    return any(one[0] <= wanted <= one[-1] for one in bounds if one[0].version == wanted.version)


def test_nothing_of_it_is_in_a_stage_s_own_stack() -> None:
    assert not [name for name in compiled.template()["Resources"] if name.startswith("Turn")]
    assert {one.get("Condition") for one in RESOURCES.values()} == {None, "HasTls"}


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "127.0.0.1", "0.0.0.0", "100.64.0.1"),
        *("169.254.169.254", "169.254.170.2", "198.18.0.1", "255.255.255.255", "192.0.0.8"),
        *("::1", "::ffff:10.0.0.1", "fd00:ec2::254", "fe80::1", "fc00::1", "64:ff9b::a00:1", "2002:a00:1::1"),
    ],
)
def test_no_peer_inside_is_relayed_to(address: str) -> None:
    assert denied(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2600::1"])
def test_a_peer_outside_is_relayed_to(address: str) -> None:
    assert not denied(address)


def test_no_range_of_ipv6_begins_where_coturn_takes_it_for_one_of_ipv4() -> None:
    """coturn compares across families: a range from ``::`` on holds every IPv4 address, so nobody would get through."""
    assert not [line for line in CONFIGURATION if line.startswith("denied-peer-ip=::-")]


def test_it_takes_credentials_alone_and_keeps_to_media() -> None:
    wanted = {"use-auth-secret", "no-cli", "no-multicast-peers", "no-tcp-relay"}
    assert wanted <= set(CONFIGURATION)
    assert "no-auth" not in CONFIGURATION
    assert [line for line in CONFIGURATION if line.startswith("allowed-peer-ip")] == ["allowed-peer-ip=$private"]


def test_no_secret_stands_in_the_template() -> None:
    assert "static-auth-secret" not in SCRIPT
    assert not re.search(r"resolve:ssm-secure|turn-secret[^\"s.]*:\d", json.dumps(FILE))


def test_an_instance_reads_the_stage_s_secret() -> None:
    assert '"/kaiwa/test/turn-secret"' in SCRIPT


def test_an_instance_is_closed_but_for_turn_and_kept_by_systems_manager() -> None:
    rules = RESOURCES["TurnSecurityGroup"]["Properties"]["SecurityGroupIngress"]
    assert {(one["IpProtocol"], one["FromPort"], one["ToPort"]) for one in rules} == {
        ("udp", 3478, 3478),
        ("tcp", 3478, 3478),
        ("udp", 49152, 65535),
    }
    assert {"min-port=49152", "max-port=65535", "listening-port=3478"} <= set(CONFIGURATION)
    assert DATA["MetadataOptions"]["HttpTokens"] == "required"
    assert all(one["Ebs"]["Encrypted"] for one in DATA["BlockDeviceMappings"])
    assert "AmazonSSMManagedInstanceCore" in str(RESOURCES["TurnRole"]["Properties"]["ManagedPolicyArns"])


def only(kind: str) -> dict[str, Any]:
    (properties,) = (one["Properties"] for one in RESOURCES.values() if one["Type"] == kind)
    return properties


def test_instances_are_patched_one_after_the_other_with_a_baseline_of_their_own() -> None:
    task = only("AWS::SSM::MaintenanceWindowTask")
    assert (task["TaskType"], task["TaskArn"], task["MaxConcurrency"]) == ("RUN_COMMAND", "AWS-RunPatchBaseline", "1")
    parameters = task["TaskInvocationParameters"]["MaintenanceWindowRunCommandParameters"]["Parameters"]
    assert parameters == {"Operation": ["Install"], "RebootOption": ["RebootIfNeeded"]}
    assert task["Targets"] == [{"Key": "WindowTargetIds", "Values": [{"Ref": "TurnPatchTarget"}]}]
    group = {tag["Key"]: tag["Value"] for tag in RESOURCES["TurnFleet"]["Properties"]["Tags"]}["PatchGroup"]
    assert group == {"Fn::Sub": "kaiwa-test-turn"}
    assert only("AWS::SSM::PatchBaseline")["PatchGroups"] == [group]
    assert only("AWS::SSM::MaintenanceWindowTarget")["Targets"] == [{"Key": "tag:PatchGroup", "Values": [group]}]
    assert (only("AWS::SSM::PatchBaseline")["OperatingSystem"], "/ubuntu/" in DATA["ImageId"]) == ("UBUNTU", True)
