"""The guides name what there is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kaiwa import Client

ROOT = Path(__file__).resolve().parents[2]
GUIDES = sorted((ROOT / "docs" / "guides").glob("*.md"))
LANGUAGES = ["JavaScript", "Python"]
METHOD = re.compile(r"`(client|account)\.(\w+)\(")


def cells(text: str) -> Iterator[tuple[str, str]]:
    """Give each cell of a table that compares the libraries, with its language."""
    heads: list[str] = []
    for line in text.splitlines():
        row = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        heads = row if set(LANGUAGES) <= set(row) else heads if row else []
        yield from ((head, cell) for head, cell in zip(heads, row, strict=False) if head in LANGUAGES)


def has(language: str, owner: str, method: str) -> bool:
    if language == "Python":
        return owner == "client" and callable(getattr(Client, method, None))
    source = (ROOT / "clients" / "js" / f"{owner}.js").read_text()
    return re.search(rf"^  (async )?{method}\(", source, re.MULTILINE) is not None


def named(guide: Path) -> list[tuple[str, str, str]]:
    found = [(language, cell) for language, cell in cells(guide.read_text())]
    return [(language, *name) for language, cell in found for name in METHOD.findall(cell)]


def test_the_libraries_have_the_methods_that_are_compared() -> None:
    compared = [name for guide in GUIDES for name in named(guide)]
    assert [name for name in compared if not has(*name)] == []
    assert {language for language, *_ in compared} == set(LANGUAGES)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.stem)
def test_methods_are_named_beside_their_language(guide: Path) -> None:
    """A library's method stands in a table that compares them: elsewhere nobody knows whose it is."""
    assert len(METHOD.findall(guide.read_text())) == len(named(guide))
