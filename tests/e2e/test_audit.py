"""The weekly audit, as the deployed function makes it of its own package; PyPI is a server of this test."""

import json
from typing import Any

from deploy import package
from local.stack import Stack
from tests.endpoint import Told, serving

FUNCTION = "kaiwa-local-AuditStack"

VULNERABLE = json.dumps(
    {
        "info": {"version": "99.0"},
        "vulnerabilities": [{"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fixed_in": ["99.0"]}],
    }
).encode()


def audit(stack: Stack, published: bytes) -> dict[str, Any]:
    """Invoke the function while PyPI tells this of every library and version; nothing at all if empty."""
    functions = stack.client("lambda")
    variables = functions.get_function_configuration(FunctionName=FUNCTION)["Environment"]["Variables"]
    with serving() as index:
        index.answer(Told(200, published) if published else 503)
        changed = {**variables, "PACKAGE_INDEX_URL": index.url}
        functions.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": changed})
        try:
            answer = functions.invoke(FunctionName=FUNCTION, Payload=b"{}")
        finally:
            functions.update_function_configuration(FunctionName=FUNCTION, Environment={"Variables": variables})
    return json.load(answer["Payload"])


def test_what_is_wrong_becomes_an_ops_item_once(stack: Stack) -> None:
    bundled = {name.partition("==")[0] for name in package.pins("pictures")}
    reports = [audit(stack, VULNERABLE) for _ in range(2)]
    for report in reports:
        assert report["failed"] == []
        assert report["found"] == {"scanned": 0, "vulnerable": len(bundled), "outdated": len(bundled), "ending": 0}
    # Other tests may have had it opened before; nobody has it opened twice.
    assert reports[1]["opened"] == 0
    items = stack.client("ssm").describe_ops_items()["OpsItemSummaries"]
    titles = [item["Title"] for item in items if item["Title"].startswith("kaiwa-local: ")]
    assert len([title for title in titles if title.endswith("is outdated")]) == len(bundled)
    # All libraries have the same vulnerability here, which is one thing to do.
    assert len([title for title in titles if "PYSEC-2026-1 in " in title]) == 1


def test_what_cannot_be_checked_is_told(stack: Stack) -> None:
    assert audit(stack, b"")["failed"] == ["vulnerable", "outdated"]
