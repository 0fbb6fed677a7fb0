"""How many bytes the page is: what its first load takes, and what comes later when it is wanted."""

import gzip
import re
from pathlib import PurePosixPath
from typing import NamedTuple

from deploy import site

LINKED = re.compile(r'<link rel="(?:stylesheet|icon)"[^>]* href="([^"]+)"')
# What the entrance shows, by a script and by a style sheet.
SHOWN = ("images/logo-light.svg", "images/waves.svg")

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
    page = site.files()[site.START].read_text()
    return sorted({site.START, *LINKED.findall(page), *site.scripts(page), *SHOWN})


def weigh(addresses: list[str]) -> Weight:
    """Return what some files weigh; compressed as CloudFront compresses each of them."""
    contents = site.contents({}, [])
    chosen = [contents[address] for address in addresses]
    return Weight(len(chosen), sum(map(len, chosen)), sum(len(gzip.compress(each, 6)) for each in chosen))


def by_kind(addresses: list[str]) -> dict[str, Weight]:
    """Return what they weigh by their kind."""
    kinds = {kind: [each for each in addresses if KINDS[PurePosixPath(each).suffix] == kind] for kind in KINDS.values()}
    return {kind: weigh(each) for kind, each in kinds.items() if each}
