"""How many bytes the page is: what its first load takes, and what comes later when it is wanted."""

import gzip
import re
from pathlib import PurePosixPath
from typing import NamedTuple

from deploy import site

LINKED = re.compile(r'<(?:link rel="(?:stylesheet|icon)"[^>]* href|script[^>]* src)="([^"]+)"')
IMPORTED = re.compile(r'^(?:import|export)\b[^;"]*"(\.[^"]+)";', re.MULTILINE)
# What the first load may weigh, compressed: a second on a slow phone's line of 1.6 Mbit/s.
BUDGET = 200_000

KINDS = {".html": "page", ".js": "scripts", ".css": "styles", ".svg": "pictures", ".png": "pictures"}


class Weight(NamedTuple):
    """Some files: how many, how many bytes, and how many of them cross the line compressed."""

    files: int
    raw: int
    compressed: int


def first_load() -> list[str]:
    """Return the addresses of what the page loads before anyone has done anything, config.json aside."""
    found = site.files()
    start = found[site.START].read_text()
    wanted = [site.START, *LINKED.findall(start), "images/logo-light.svg", "images/waves.svg"]
    seen: dict[str, None] = {}
    while wanted:
        address = wanted.pop(0)
        if address in seen:
            continue
        seen[address] = None
        if address.endswith(".js"):
            folder = PurePosixPath(address).parent
            wanted += [_normal(folder / other) for other in IMPORTED.findall(found[address].read_text())]
    return sorted(seen)


def weigh(addresses: list[str]) -> Weight:
    """Return what some files weigh; compressed as CloudFront compresses each of them."""
    contents = site.contents({}, [])
    chosen = [contents[address] for address in addresses]
    return Weight(len(chosen), sum(map(len, chosen)), sum(len(gzip.compress(each, 6)) for each in chosen))


def by_kind(addresses: list[str]) -> dict[str, Weight]:
    """Return what they weigh by their kind."""
    kinds = {kind: [each for each in addresses if KINDS[PurePosixPath(each).suffix] == kind] for kind in KINDS.values()}
    return {kind: weigh(each) for kind, each in kinds.items() if each}


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
