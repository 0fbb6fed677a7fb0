"""adapters.package_index against a real HTTP server that answers as PyPI does."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from adapters import package_index
from adapters.package_index import Vulnerability
from core.settings import settings
from deploy import package
from tests.endpoint import Endpoint, Told

# What PyPI answered for a version with a known vulnerability, less what nobody here reads.
ANSWER = {
    "info": {"author": None, "name": "urllib3", "version": "1.26.17", "yanked": False},
    "last_serial": 1,
    "urls": [],
    "vulnerabilities": [
        {
            "aliases": ["CVE-2023-45803", "GHSA-g4mx-q9vg-27p4"],
            "details": "urllib3 previously would not remove the HTTP request body ...",
            "fixed_in": ["1.26.18", "2.0.7"],
            "id": "PYSEC-2023-212",
            "link": "https://osv.dev/vulnerability/PYSEC-2023-212",
            "source": "osv",
            "summary": None,
            "withdrawn": None,
        },
        {"aliases": [], "fixed_in": [], "id": "PYSEC-0000-1", "withdrawn": "2024-01-01T00:00:00Z"},
    ],
}


@pytest.fixture(autouse=True)
def _index(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKAGE_INDEX_URL", endpoint.url)
    settings.cache_clear()
    endpoint.answer(Told(200, json.dumps(ANSWER).encode()))


def test_the_newest_version_is_asked_for_by_name(endpoint: Endpoint) -> None:
    assert package_index.latest("urllib3") == "1.26.17"
    assert [post.path for post in endpoint.posts] == ["/test/pypi/urllib3/json"]


def test_what_is_known_against_a_version_is_told_unless_it_was_withdrawn(endpoint: Endpoint) -> None:
    found = package_index.vulnerabilities("urllib3", "1.26.17")
    assert [post.path for post in endpoint.posts] == ["/test/pypi/urllib3/1.26.17/json"]
    assert found == [
        Vulnerability("PYSEC-2023-212", ("CVE-2023-45803", "GHSA-g4mx-q9vg-27p4"), ("1.26.18", "2.0.7")),
    ]


@pytest.mark.parametrize("status", [404, 500, 503])
def test_no_answer_is_an_error(status: int, endpoint: Endpoint) -> None:
    endpoint.answer(status)
    with pytest.raises(OSError, match=str(status)):
        package_index.latest("urllib3")


def test_the_package_itself_says_what_is_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(package.build("host", "pictures")) as archive:
        archive.extractall(tmp_path)
    monkeypatch.setattr(package_index, "PACKAGE", tmp_path)
    pinned = {name: version for name, _, version in (pin.partition("==") for pin in package.pins("pictures"))}
    found = {name.lower().replace("_", "-"): version for name, version in package_index.bundled().items()}
    assert found == pinned
    shutil.rmtree(tmp_path)
