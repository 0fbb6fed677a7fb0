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

# Libraries the Lambda runtime brings; a copy of ours would only slow down every cold start.
RUNTIME_LIBRARIES = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")

HANDLERS = sorted(path.stem for path in (package.ROOT / "handlers").glob("*.py") if path.stem != "__init__")

Imported = dict[str, str]
"""Where each module was found that a function imports before its first event, by its name."""

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
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(package.build("host")) as archive:
        archive.extractall(folder)
    return folder


def template_environment() -> dict[str, str]:
    """The variables serverless.yml gives every function, with values of no meaning, and what Lambda itself sets."""
    template = (package.ROOT / "serverless.yml").read_text()
    names = re.findall(r"^    ([A-Z][A-Z_]+):", template, flags=re.MULTILINE)
    meant = {"POWERTOOLS_LOG_LEVEL": "INFO", "LIMITS": "{}", "DYNAMODB_URL": "https://dynamodb"}
    return {name: meant.get(name, "1") for name in names} | {"AWS_REGION": "us-east-1"}


@pytest.fixture(scope="session")
def run(unpacked: Path, runtime: Path) -> Callable[[str, str], str]:
    """Run a program as Lambda starts a function, and return what it prints."""

    def run(program: str, argument: str) -> str:
        # Without site-packages (-S) and the environment (-I), whatever the zip lacks is missing here too.
        result = subprocess.run(
            [sys.executable, "-I", "-S", "-B", "-c", program, argument, str(unpacked), str(runtime)],
            env=template_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return result.stdout

    return run


@pytest.fixture(scope="session")
def imported(run: Callable[[str, str], str]) -> Callable[[str], Imported]:
    """What a function imports, by the name of its file."""

    @cache
    def imported(handler: str) -> Imported:
        return dict(json.loads(run(IMPORT, f"handlers.{handler}")))

    return imported
