"""What runs on GitHub and what is not asked of the checks: pinned, with as few rights as will do, and explained."""

import json
import re
from itertools import pairwise
from typing import Any

import pytest
import yaml

from tests import template

WORKFLOWS = sorted((template.ROOT / ".github" / "workflows").glob("*.yml"))
NAMES = [file.name for file in WORKFLOWS]


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((template.ROOT / ".github" / "workflows" / name).read_text())


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in read(name)["jobs"].values() for step in job["steps"]]


def test_there_is_one_for_ci_and_one_for_deployments() -> None:
    assert NAMES == ["ci.yml", "deploy.yml"]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_pinned_to_a_commit(name: str) -> None:
    used = [step["uses"] for step in steps(name) if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", one)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_job_has_the_rights_it_names_and_no_key_is_kept(name: str) -> None:
    workflow = read(name)
    assert workflow["permissions"] == {}
    allowed = {"contents": "read"} | ({"id-token": "write"} if name == "deploy.yml" else {})
    assert [job["permissions"] for job in workflow["jobs"].values()] == [allowed] * len(workflow["jobs"])
    assert "secrets." not in (template.ROOT / ".github" / "workflows" / name).read_text()
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_somebody_typed_stands_in_a_script(name: str) -> None:
    assert [step["run"] for step in steps(name) if "${{" in step.get("run", "")] == []


def test_ci_is_what_developers_run() -> None:
    runs = [step["run"] for step in steps("ci.yml") if "run" in step]
    assert {".ci/run", "make audit"} <= set(runs)


def test_the_library_is_tested_in_the_oldest_node_that_it_asks_for() -> None:
    oldest = json.loads((template.ROOT / "clients" / "js" / "package.json").read_text())["engines"]["node"]
    (node,) = (
        step["with"]["node-version"]
        for step in read("ci.yml")["jobs"]["library"]["steps"]
        if step.get("uses", "").startswith("actions/setup-node@")
    )
    assert oldest == f">={node}"
    runs = [step.get("run") for step in read("ci.yml")["jobs"]["library"]["steps"]]
    assert {"node --test clients/js/test/*.test.js", "make test TESTS=tests/e2e/test_javascript.py"} < {*runs}


def test_a_deployment_is_one_stage_s_own() -> None:
    (job,) = read("deploy.yml")["jobs"].values()
    assert job["environment"] == "${{ inputs.stage }}"
    file = template.read("deploy/github.yml")["Resources"]
    (statement,) = file["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement["Condition"] == {
        "StringEquals": {
            f"{issuer}:aud": "sts.amazonaws.com",
            f"{issuer}:sub": {"Fn::Sub": "repo:${Repository}:environment:${Stage}"},
        }
    }


def test_a_deployment_is_told_every_setting_or_what_serverless_yml_says_without_it() -> None:
    """A setting that is forgotten here is taken away from a stage that has it."""
    written = (template.ROOT / "serverless.yml").read_text().partition("\n  local:\n")[0]
    settings = re.findall(r"\$\{env:(\w+), (?:'(.*?)'|([^}]+))\}", written)
    # A variable that is not there is empty on GitHub, and what is empty is no default for osls.
    given = {name: f"${{{{ vars.{name} || '{text or other}' }}}}" for name, text, other in settings if text or other}
    given |= {name: f"${{{{ vars.{name} }}}}" for name, text, other in settings if not text + other}
    given["MAIL_IDENTITY"] = f"${{{{ vars.MAIL_IDENTITY || {given['MAIL_FROM'][4:-3]} }}}}"
    assert {"WEB", "TURN_URLS", "MEMORY", "ALARM_MAIL"} < given.keys()
    (deploying,) = (step for step in steps("deploy.yml") if step.get("name") == "Deploy")
    others = {"STAGE", "REGION", "DEPLOYMENT_ROLE", "WEB_ORIGINS"}
    assert deploying["env"].keys() - given.keys() == others
    assert {name: value for name, value in deploying["env"].items() if name not in others} == given


def test_the_settings_of_an_environment_are_named_where_one_looks_for_them() -> None:
    text = (template.ROOT / ".github" / "workflows" / "deploy.yml").read_text()
    used = set(re.findall(r"vars\.(\w+)", text))
    explained = " ".join(line for line in text.splitlines() if line.startswith("#"))
    assert [name for name in sorted(used) if not re.search(rf"\b{name}\b", explained)] == []


def test_every_check_that_is_not_asked_has_a_reason() -> None:
    lines = (template.ROOT / ".checkov.yml").read_text().splitlines()
    listed = lines[lines.index("skip-check:") :]
    is_check = re.compile(r"  - CKV2?_AWS_\d+$")
    assert sum(bool(is_check.match(line)) for line in listed) == len(listed) - 1 - sum("#" in one for one in listed)
    for before, line in pairwise(listed):
        if is_check.match(line):
            assert before.startswith("  # ") or is_check.match(before)
    ignored = re.search(r"ignore_checks: \[(.+)\]", (template.ROOT / ".cfnlintrc").read_text())
    assert ignored
    for check in ignored[1].split(", "):
        assert f"# {check}: " in (template.ROOT / ".cfnlintrc").read_text()
