"""PyPI: what it knows of the libraries that we bring along."""

from importlib.metadata import distributions
from pathlib import Path
from urllib.request import urlopen

import msgspec

from core.settings import settings

PATIENCE_SECONDS = 10.0

PACKAGE = Path(__file__).resolve().parent.parent
"""Where the zip is unpacked: our sources, and beside them the libraries with what they say of themselves."""


class Vulnerability(msgspec.Struct, frozen=True):
    """A known vulnerability of a version (PyPI's documentation, "JSON API", "Known vulnerabilities").

    Attributes:
        id: Its name in PyPI's database, for example ``PYSEC-2026-1``.
        aliases: Its names in others, for example ``CVE-2026-1234``.
        fixed_in: The versions without it.
        withdrawn: When it turned out to be none; None if it is one.
    """

    id: str
    aliases: tuple[str, ...] = ()
    fixed_in: tuple[str, ...] = ()
    withdrawn: str | None = None


class _About(msgspec.Struct, frozen=True):
    version: str


class _Answer(msgspec.Struct, frozen=True):
    info: _About
    vulnerabilities: tuple[Vulnerability, ...] = ()


def bundled() -> dict[str, str]:
    """Return the version of each library in the deployed package, by its name."""
    return {one.metadata["Name"]: one.version for one in distributions(path=[str(PACKAGE)])}


def latest(library: str) -> str:
    """Return the newest version of a library.

    Raises:
        OSError: PyPI did not answer, or knows no such library.
    """
    return _ask(library).info.version


def vulnerabilities(library: str, version: str) -> list[Vulnerability]:
    """Return what is known against a version of a library.

    Raises:
        OSError: PyPI did not answer, or knows no such version.
    """
    return [one for one in _ask(f"{library}/{version}").vulnerabilities if not one.withdrawn]


def _ask(what: str) -> _Answer:
    url = f"{settings().package_index_url}/pypi/{what}/json"
    with urlopen(url, timeout=PATIENCE_SECONDS) as response:  # noqa: S310 - an address of the template's.
        return msgspec.json.decode(response.read(), type=_Answer)
