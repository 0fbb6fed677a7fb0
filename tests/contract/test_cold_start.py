"""What a function does before its first event, and what it must leave undone. Counts, which no other work disturbs."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import package
from tests import template
from tests.contract.conftest import Imported, Run

HOT = {
    "Authorize": 300,
    "Connect": 320,
    "Default": 320,
    "DeliverEvents": 320,
    "Disconnect": 320,
    "SendMessage": 320,
    "StartCall": 330,
    "SendSignal": 330,
}
"""How many modules the functions may import that people wait for. ``import boto3`` and a client of DynamoDB are 430."""

MOST = 340
"""The same for all others."""

HEAVY = {
    "boto3": "a tenth of a second",
    "botocore.client": "PynamoDB asks for it, and gets a stand-in (models/imports.py)",
    "botocore.credentials": "Lambda puts credentials into the environment",
    "botocore.session": "the same",
    "cryptography": "nothing here needs it",
    "multiprocessing": "one process is enough",
    "s3transfer": "files go through adapters/storage.py",
    "urllib3": "core/aws.py has the standard library's HTTP",
    "websockets": "the canary alone speaks as a client does, once it has been asked to",
}
"""What no function imports before its first event, and why not."""

NOBODY_WAITS = {"AuditStack"}
"""It runs once a week, and has clients for half a dozen services."""

OFTEN = sorted(template.functions().keys() - NOBODY_WAITS)


@pytest.mark.parametrize("function", OFTEN)
def test_a_function_imports_no_more_than_its_budget(function: str, imported: Callable[[str], Imported]) -> None:
    assert len(imported(function)) <= HOT.get(function, MOST)


@pytest.mark.parametrize("function", OFTEN)
def test_a_function_imports_nothing_heavy(function: str, imported: Callable[[str], Imported]) -> None:
    assert HEAVY.keys() & imported(function).keys() == set()


def test_the_budgets_are_of_functions_that_exist() -> None:
    assert template.functions().keys() >= HOT.keys()


RESTORED = """
import sys
sys.path[:0] = sys.argv[2:]
import os
made = []
true = os.urandom

def urandom(size):
    # Only who asks through Python is seen here; what chance the interpreter takes for itself, Lambda renews.
    made.append("chance")
    return true(size)

os.urandom = urandom
WATCHED = {"socket.__new__", "socket.getaddrinfo", "_thread.start_new_thread", "subprocess.Popen"}
sys.addaudithook(lambda event, _: made.append(event) if event in WATCHED else None)
module = __import__(sys.argv[1], fromlist=["handler"])
from core import aws, parallel
kept = [one for one in (aws._credentials, aws._pool, parallel._threads) if one.cache_info().currsize]
print(made, kept)
"""


@pytest.mark.parametrize("function", OFTEN)
def test_nothing_is_made_that_restored_processes_would_share(function: str, run: Run) -> None:
    """SnapStart starts many processes from one that was prepared: none of its ids, secrets or sockets may be theirs.

    Where a stage does not use it, all of this is merely not done too early.
    """
    assert run(RESTORED, function) == "[] []\n"


def test_chance_is_asked_of_the_system_alone() -> None:
    """A generator that was seeded before the snapshot gives every restored process the same."""
    for folder in package.SOURCES:
        for path in (package.ROOT / folder).rglob("*.py"):
            assert _seeded(path) == [], path


def _seeded(path: Path) -> list[str]:
    used = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    own = [node.attr for node in used if isinstance(node.value, ast.Name) and node.value.id == "random"]
    return [name for name in own if name != "SystemRandom"]
