"""Fixtures: the functions as Lambda starts them, each in an interpreter of its own."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from deploy import package
from deploy.package import NAMES, Name
from tests import template
from tests.contract.test_routes import snake

# Libraries the Lambda runtime brings; a copy of ours would only slow down every cold start.
RUNTIME_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")

Imported = dict[str, str]
"""Where each module was found that a function imports before its first event, by its name."""

Run = Callable[[str, str], str]
"""Runs a program as Lambda starts a function, given the program and the function. Returns what it prints."""

IMPORT = """
import json, sys
sys.path[:0] = sys.argv[2:]
module = __import__(sys.argv[1], fromlist=["handler"])
assert callable(module.handler)
print(json.dumps({name: getattr(loaded, "__file__", None) or "" for name, loaded in sys.modules.items()}))
"""


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the libraries the Lambda runtime brings."""
    import boto3  # noqa: PLC0415

    installed = Path(boto3.__file__).parent.parent
    folder = tmp_path_factory.mktemp("runtime")
    for library in RUNTIME_LIBRARIES:
        entry = installed / library
        (folder / library if entry.exists() else folder / f"{library}.py").symlink_to(
            entry if entry.exists() else installed / f"{library}.py"
        )
    return folder


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> dict[Name, Path]:
    folders = {name: tmp_path_factory.mktemp(name) for name in NAMES}
    for name, folder in folders.items():
        with zipfile.ZipFile(package.build("host", name)) as archive:
            archive.extractall(folder)
    return folders


def zip_of(function: str) -> Name:
    """Return which zip serverless.yml makes a function of."""
    artifact = template.functions()[function].get("package", template.read("serverless.yml")["package"])["artifact"]
    (name,) = (one for one in NAMES if package.artifact("arm64", one) == package.ROOT / artifact)
    return name


def template_environment() -> dict[str, str]:
    """The variables serverless.yml gives every function, with values of no meaning, and what Lambda itself sets."""
    template = (package.ROOT / "serverless.yml").read_text()
    names = re.findall(r"^    ([A-Z][A-Z_]+):", template, flags=re.MULTILINE)
    meant = {"POWERTOOLS_LOG_LEVEL": "INFO", "LIMITS": "{}", "DYNAMODB_URL": "https://dynamodb"}
    return {name: meant.get(name, "1") for name in names} | {"AWS_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def run(unpacked: dict[Name, Path], runtime: Path) -> Run:
    def run(program: str, function: str) -> str:
        folders = [str(unpacked[zip_of(function)]), str(runtime)]
        # Without site-packages (-S) and the environment (-I), whatever the zip lacks is missing here too.
        result = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", program, f"handlers.{snake(function)}", *folders],
            env=template_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture(scope="session")
def imported(run: Run) -> Callable[[str], Imported]:
    """What a function imports, by its name."""

    @cache
    def imported(function: str) -> Imported:
        return dict(json.loads(run(IMPORT, function)))

    return imported
