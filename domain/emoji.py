"""What may be reacted with: one emoji, not a word and not a sentence."""

import unicodedata

from core.errors import InvalidRequest

MOST_BYTES = 40
"""The longest emoji in use, two people of different skin kissing, has 35 bytes (Unicode's emoji-zwj-sequences.txt)."""

JOINER = "\u200d"
KEYCAP = "\u20e3"
PRESENTATIONS = frozenset("\ufe0e\ufe0f")
SKINS = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
TAGS = frozenset(map(chr, range(0xE0020, 0xE0080)))
FLAG_LETTERS = frozenset(map(chr, range(0x1F1E6, 0x1F200)))
MODIFIERS = PRESENTATIONS | SKINS | TAGS | {KEYCAP}

SYMBOLS = frozenset({"So", "Sm"})
PLACEHOLDERS = frozenset("\ufffc\ufffd")
"""What stands for something that could not be shown; Unicode counts it among symbols."""

NO_SYMBOLS = frozenset("‼⁉〰〽ℹ")
"""Emoji that Unicode counts among punctuation and letters."""

NEWEST = range(0x1F300, 0x1FB00)
"""Where Unicode keeps emoji: those of years after this Python's own tables are among them."""


def check(text: str) -> str:
    """Return the text if it is one emoji.

    Raises:
        InvalidRequest: It is not.
    """
    if len(text.encode(errors="replace")) > MOST_BYTES or not all(map(_is_element, text.split(JOINER))):
        raise InvalidRequest.field("emoji", "Expected one emoji.")
    return text


def _is_element(text: str) -> bool:
    """Say whether a text is what emoji are joined of: a symbol with its modifiers, a flag or a keycap."""
    if not text:
        return False
    if text[0] in FLAG_LETTERS:
        return len(text) == 2 and text[1] in FLAG_LETTERS  # noqa: PLR2004 - a country's code has two letters.
    if text[0] in "0123456789#*":
        return text[1:] in {KEYCAP, "\ufe0f" + KEYCAP}
    return _is_symbol(text[0]) and all(character in MODIFIERS for character in text[1:])


def _is_symbol(character: str) -> bool:
    return (
        ord(character) in NEWEST
        or (unicodedata.category(character) in SYMBOLS and not character.isascii() and character not in PLACEHOLDERS)
        or character in NO_SYMBOLS
    )
