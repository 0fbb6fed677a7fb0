"""What is an emoji, and what is none."""

import re
from pathlib import Path

import pytest

from core.errors import InvalidRequest
from domain import emoji

CHOICE = Path(__file__).resolve().parents[3] / "web" / "emoji" / "characters.js"


def test_every_emoji_that_the_page_offers_is_one() -> None:
    offered = [one for group in re.findall(r'^  "(.+)",$', CHOICE.read_text(), re.MULTILINE) for one in group.split()]
    assert len(offered) > 1_800
    assert [emoji.check(one) for one in offered] == offered


@pytest.mark.parametrize("text", ["\ufffd", "\ufffc", "´", "¨", "゛", "ℹa", "i", "ⅰ", ""])
def test_what_only_looks_like_a_symbol_is_none(text: str) -> None:
    with pytest.raises(InvalidRequest):
        emoji.check(text)
